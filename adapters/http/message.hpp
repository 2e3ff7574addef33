// Requests and responses as plain values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/headers.hpp"
#include "adapters/http/permission.hpp"

namespace antiphon::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options };

// "GET", ...
std::string_view to_string(Method method) noexcept;
// Nothing for a method that we do not serve.
std::optional<Method> parse_method(std::string_view text) noexcept;

using TextMap = std::map<std::string, std::string, std::less<>>;

struct Request {
    Method method = Method::get;
    std::string path = "/";  // percent-decoded, no empty or dot segments, no trailing '/'; never holds a decoded '/'
    TextMap query;           // decoded; a name given twice is refused before it comes here
    TextMap params;          // what the {names} of the route's pattern matched
    Headers headers;
    std::string body;                  // empty for uploads, whose sink gets it
    std::string peer;                  // the client's address, for logs: "192.0.2.7:51234"
    std::string instance;              // the target as sent, without its query (and so without a token)
    std::optional<Identity> identity;  // set when a valid token came with it

    // A route's own {name}; asking for another one is a bug.
    const std::string& param(std::string_view name) const;
    // A query value, or `otherwise`.
    std::string_view query_or(std::string_view name, std::string_view otherwise) const noexcept;
    // The Idempotency-Key header, or nothing.
    std::optional<std::string> idempotency_key() const;
};

// A file as a body: the server opens it when it answers, streams it with 64 KiB of memory, and obeys Range, If-Range
// and If-None-Match. The file may grow meanwhile, but not shrink: then the connection is cut, so that the client
// notices.
struct FileBody {
    std::filesystem::path path;
    std::string etag;  // with its quotes; empty: none, and then If-Range never matches
};

class LiveBody;
class LiveBodyReader;

struct Response {
    int status = 200;
    std::string content_type;  // empty: none is sent
    Headers headers;           // besides Content-Type, Content-Length, Connection, Date
    std::string body;
    std::optional<FileBody> file = std::nullopt;     // instead of `body`, with status 200
    std::shared_ptr<LiveBodyReader> live = nullptr;  // the same: chunked (RFC 9112, 7.1), until it is finished

    static Response json(std::string body, int status = 200);
    static Response text(std::string body, int status = 200);
    static Response html(std::string body);
    static Response empty(int status = 204);
    // Is made from now on; who has HTTP/1.0 gets it as it is, until the connection ends.
    static Response of_live(std::shared_ptr<LiveBody> body, std::string content_type);
    static Response of_file(FileBody file, std::string content_type = "application/octet-stream");
};

}  // namespace antiphon::http
