// What one route takes and gives, for whoever reads the API's description (OpenAPI calls it an operation). The server
// does not look into it: it obeys RouteOptions and the handler.
#pragma once

#include <string>
#include <vector>

namespace antiphon::http {

struct Content {
    std::string type;    // "application/json"
    std::string schema;  // JSON Schema (draft 2020-12) as text; empty: bytes of that type
};

struct Parameter {
    std::string place;  // "query" or "header"
    std::string name;
    std::string what;
    bool required = false;
};

struct OperationAnswer {
    int status = 200;
    std::vector<Content> content;      // one of them; none: no body
    std::vector<std::string> headers;  // that it always has, besides the usual ones
};

struct Operation {
    std::string summary;
    std::vector<Content> takes;  // one of them; none: no body
    bool takes_must_be = true;   // false: the body may be left out
    std::vector<Parameter> parameters;
    std::vector<OperationAnswer> answers;
    std::vector<int> refusals;  // statuses of problems, besides those that any such route may have
    std::string message;        // of a WebSocket: the schema of what the server sends
};

}  // namespace antiphon::http
