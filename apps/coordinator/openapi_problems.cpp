// Errors: what the server gives by itself follows from the route, the rest the route says.
#include "apps/coordinator/openapi_problems.hpp"

#include <array>

#include "adapters/json/schema.hpp"
#include "apps/api/views.hpp"
#include "apps/coordinator/openapi.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

struct StatusRow {
    int status;
    std::string_view reason;
    std::string_view header = {};  // that such an answer always has
};

constexpr std::array<StatusRow, 24> status_rows{{
    {101, "it is a WebSocket from here on"},
    {200, "done"},
    {201, "made"},
    {202, "begun"},
    {204, "done; there is nothing to tell"},
    {206, "the range that was asked for", "Content-Range"},
    {304, "the client has it already"},
    {400, "the request is malformed, or a value in it cannot be"},
    {401, "there is no token, or it is unknown or at its end", "WWW-Authenticate"},
    {403, "the token lacks the permission, or a page of another server asks"},
    {404, "there is no such thing"},
    {409, "it is at odds with how things are; of versions, current_version tells the one that is"},
    {413, "the body is too long"},
    {415, "the body is of another type"},
    {416, "the range lies outside the file", "Content-Range"},
    {417, "the only expectation that is met is 100-continue"},
    {422, "the content is damaged, or not what its hash says"},
    {426, "this is a WebSocket: ask for an upgrade", "Upgrade"},
    {429, "too many wrong tokens or invitations came from this address", "Retry-After"},
    {431, "the request's header is too long"},
    {500, "a fault of the server's own; see its log"},
    {501, "the method or the transfer encoding is not served"},
    {503, "not now: too much to do, or no answer in time; try again"},
    {507, "there is no room for it: a bound of the cluster's, or the disk"},
}};

}  // namespace

std::string_view reason_of(int status) {
    for (const auto& row : status_rows)
        if (row.status == status) return row.reason;
    return "see the description";
}

std::string problem_name(int status) { return "Problem" + std::to_string(status); }

std::set<int> refusals_of(const http::Route& route) {
    std::set<int> statuses{400, 413, 417, 431, 500, 501, 503};
    const bool changes = route.method != Method::get && route.method != Method::head;
    if (!route.options.consumes.empty()) statuses.insert(415);
    if (changes || route.is_websocket()) statuses.insert(403);  // asked by a page of another server
    if (route.permission != Permission::none) statuses.insert({401, 403, 429});
    if (route.options.guarded) statuses.insert(429);
    if (route.is_websocket()) statuses.insert(426);
    const auto& own = route.options.operation.refusals;
    statuses.insert(own.begin(), own.end());
    return statuses;
}

void write_headers(const std::vector<std::string>& names, json::Writer& writer) {
    if (names.empty()) return;
    writer.key("headers");
    writer.begin_object();
    for (const auto& name : names) {
        writer.key(name);
        writer.raw(R"({"required":true,"schema":{"type":"string"}})");
    }
    writer.end_object();
}

void write_problems(const std::set<int>& statuses, json::Writer& writer) {
    writer.key("responses");
    writer.begin_object();
    for (const auto& row : status_rows) {
        if (!statuses.contains(row.status)) continue;
        writer.key(problem_name(row.status));
        writer.begin_object();
        writer.key("description");
        writer.string(row.reason);
        if (!row.header.empty()) write_headers({std::string(row.header)}, writer);
        writer.key("content");
        writer.raw(R"({"application/problem+json":{"schema":)" + json::reference_to<api::ProblemView>() + "}}");
        writer.end_object();
    }
    writer.end_object();
}

}  // namespace antiphon::coordinator
