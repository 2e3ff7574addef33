// From routes to an OpenAPI 3.1 document. HEAD is served wherever GET is, and is not listed.
#include "apps/coordinator/openapi.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "adapters/json/writer.hpp"
#include "apps/api/views.hpp"
#include "apps/coordinator/openapi_problems.hpp"
#include "apps/coordinator/schemas.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Operation;
using http::Permission;
using http::Route;
using json::Writer;

constexpr std::string_view about =
    "People and other systems ask the coordinator of an Antiphon cluster. Units stand in names: *_ns are nanoseconds, "
    "*_frames are at 48 kHz, *_s are seconds. Errors are application/problem+json (RFC 9457). HEAD is served wherever "
    "GET is; another method that a path has not is a 405, a path that is not there a 404. x-permission is what the "
    "bearer token must have; a path parameter with x-rest takes the rest of the path.";

void member(std::string_view key, std::string_view text, Writer& writer) {
    writer.key(key);
    writer.string(text);
}

void raw_member(std::string_view key, std::string_view json, Writer& writer) {
    writer.key(key);
    writer.raw(json);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
    return out;
}

// "/v1/why/{object...}" is "/v1/why/{object}" in OpenAPI.
std::string path_of(const Route& route) {
    auto path = route.pattern;
    if (const auto dots = path.find("...}"); dots != std::string::npos) path.erase(dots, 3);
    return path;
}

// "post_sessions_id_stop": what generated clients call it.
std::string operation_id(const Route& route) {
    auto name = lower(to_string(route.method));
    auto path = path_of(route);
    if (path.starts_with("/v1/")) path.erase(0, 3);
    for (const char c : path) {
        if (c == '{' || c == '}') continue;
        name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    }
    return name;
}

void write_content(const std::vector<http::Content>& contents, Writer& writer) {
    writer.key("content");
    writer.begin_object();
    for (const auto& content : contents) {
        writer.key(content.type);
        writer.begin_object();
        if (!content.schema.empty()) raw_member("schema", content.schema, writer);
        writer.end_object();
    }
    writer.end_object();
}

struct NamedParameter {
    std::string_view place, name, what;
    bool required = false;
    bool rest = false;
};

void write_parameter(const NamedParameter& parameter, Writer& writer) {
    writer.begin_object();
    member("name", parameter.name, writer);
    member("in", parameter.place, writer);
    if (!parameter.what.empty()) member("description", parameter.what, writer);
    writer.key("required");
    writer.boolean(parameter.required);
    raw_member("schema", R"({"type":"string"})", writer);
    if (parameter.rest) raw_member("x-rest", "true", writer);
    writer.end_object();
}

void write_path_parameters(std::string_view pattern, Writer& writer) {
    for (auto open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
        auto name = pattern.substr(open + 1, pattern.find('}', open) - open - 1);
        const bool rest = name.ends_with("...");
        if (rest) name.remove_suffix(3);
        write_parameter({"path", name, "", true, rest}, writer);
    }
}

void write_parameters(const Route& route, Writer& writer) {
    writer.key("parameters");
    writer.begin_array();
    write_path_parameters(route.pattern, writer);
    for (const auto& [place, name, what, required] : route.options.operation.parameters)
        write_parameter({place, name, what, required}, writer);
    writer.end_array();
}

void write_request_body(const Route& route, Writer& writer) {
    const auto& operation = route.options.operation;
    if (operation.takes.empty()) return;
    writer.key("requestBody");
    writer.begin_object();
    writer.key("required");
    writer.boolean(operation.takes_must_be);
    write_content(operation.takes, writer);
    writer.key("x-bytes-max");
    writer.unsigned_integer(route.options.body_bytes_max);
    writer.end_object();
}

void write_answer(const http::OperationAnswer& answer, Writer& writer) {
    writer.key(std::to_string(answer.status));
    writer.begin_object();
    member("description", reason_of(answer.status), writer);
    write_headers(answer.headers, writer);
    if (!answer.content.empty()) write_content(answer.content, writer);
    writer.end_object();
}

void write_answers(const Route& route, Writer& writer) {
    writer.key("responses");
    writer.begin_object();
    for (const auto& answer : route.options.operation.answers) write_answer(answer, writer);
    for (const auto status : refusals_of(route)) {
        writer.key(std::to_string(status));
        writer.begin_object();
        member("$ref", "#/components/responses/" + problem_name(status), writer);
        writer.end_object();
    }
    writer.end_object();
}

void write_security(const Route& route, Writer& writer) {
    const auto permission = to_string(route.permission);
    writer.key("security");
    writer.begin_array();
    if (route.permission != Permission::none) {
        writer.begin_object();
        writer.key("bearer");
        writer.begin_array();
        writer.string(permission);
        writer.end_array();
        writer.end_object();
    }
    writer.end_array();
    member("x-permission", permission, writer);
}

void write_operation(const Route& route, Writer& writer) {
    const auto& operation = route.options.operation;
    writer.key(lower(to_string(route.method)));
    writer.begin_object();
    member("operationId", operation_id(route), writer);
    member("summary", operation.summary, writer);
    write_security(route, writer);
    write_parameters(route, writer);
    write_request_body(route, writer);
    write_answers(route, writer);
    if (route.is_websocket()) {
        writer.key("x-websocket");
        writer.begin_object();
        raw_member("message", operation.message, writer);
        writer.end_object();
    }
    writer.end_object();
}

// In the order in which the paths were first named.
void write_paths(const http::Router& router, Writer& writer) {
    std::vector<std::string> order;
    std::map<std::string, std::vector<const Route*>> operations;
    for (const auto& route : router.routes()) {
        auto& those = operations[path_of(route)];
        if (those.empty()) order.push_back(path_of(route));
        those.push_back(&route);
    }
    writer.key("paths");
    writer.begin_object();
    for (const auto& path : order) {
        writer.key(path);
        writer.begin_object();
        for (const auto* route : operations[path]) write_operation(*route, writer);
        writer.end_object();
    }
    writer.end_object();
}

void write_components(const http::Router& router, Writer& writer) {
    std::set<int> problems;
    for (const auto& route : router.routes()) problems.merge(refusals_of(route));
    writer.key("components");
    writer.begin_object();
    writer.key("schemas");
    writer.begin_object();
    const auto schemas = api_schemas();
    for (const auto& [name, schema] : schemas.all()) raw_member(name, schema, writer);
    writer.end_object();
    write_problems(problems, writer);
    raw_member("securitySchemes", R"({"bearer":{"type":"http","scheme":"bearer"}})", writer);
    writer.end_object();
}

}  // namespace

std::string openapi(const http::Router& router) {
    Writer writer;
    writer.begin_object();
    member("openapi", "3.1.0", writer);
    writer.key("info");
    writer.begin_object();
    member("title", "Antiphon", writer);
    member("version", "1", writer);  // of the protocol; the program's is told to who may look
    member("description", about, writer);
    writer.end_object();
    write_paths(router, writer);
    write_components(router, writer);
    writer.end_object();
    return writer.take();
}

}  // namespace antiphon::coordinator
