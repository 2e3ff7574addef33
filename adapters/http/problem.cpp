// Errors as problem+json, and back.
#include "adapters/http/problem.hpp"

#include <array>
#include <boost/beast/http/status.hpp>
#include <cstdio>

#include "adapters/http/conditional.hpp"

namespace antiphon::http {
namespace {

using core::ErrorCode;

struct CodeRow {
    ErrorCode code;
    int status;
    std::string_view word;
};

constexpr std::array<CodeRow, 8> code_rows = {{
    {ErrorCode::invalid, 400, "invalid"},
    {ErrorCode::not_found, 404, "not-found"},
    {ErrorCode::conflict, 409, "conflict"},
    {ErrorCode::denied, 403, "denied"},
    {ErrorCode::exhausted, 507, "exhausted"},
    {ErrorCode::unavailable, 503, "unavailable"},
    {ErrorCode::corrupt, 422, "corrupt"},
    {ErrorCode::internal, 500, "internal"},
}};

std::string reason_of(int status) {
    const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
    return {reason.data(), reason.size()};
}

// The length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool outside = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
    return overlong || outside ? 0 : length;
}

void append_escaped(std::string& out, char c) {
    if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
        std::array<char, 8> escape{};
        std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
        out += escape.data();
    } else {
        out += c;
    }
}

void append_member(std::string& out, std::string_view name, std::string_view json_value) {
    out += out.size() > 1 ? "," : "";
    out += json_quoted(name) + ":";
    out += json_value;
}

}  // namespace

int status_of(ErrorCode code) noexcept {
    for (const auto& row : code_rows)
        if (row.code == code) return row.status;
    return 500;
}

ErrorCode error_code_of(int status) noexcept {
    for (const auto& row : code_rows)
        if (row.status == status) return row.code;
    switch (status) {
        case 401:
            return ErrorCode::denied;
        case 405:
            return ErrorCode::not_found;
        case 412:
            return ErrorCode::conflict;
        case 413:
            return ErrorCode::exhausted;
        case 429:
        case 502:
        case 504:
            return ErrorCode::unavailable;
        default:
            return status < 500 ? ErrorCode::invalid : ErrorCode::internal;
    }
}

std::string_view to_string(ErrorCode code) noexcept {
    for (const auto& row : code_rows)
        if (row.code == code) return row.word;
    return "internal";
}

std::string json_quoted(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const auto length = utf8_length(text);
        if (length == 1) append_escaped(out, text[0]);
        if (length > 1) out += text.substr(0, length);
        if (length == 0) out += "\xEF\xBF\xBD";
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out + "\"";
}

Response to_response(const Problem& problem) {
    std::string body = "{";
    append_member(body, "type", json_quoted(problem.type));
    append_member(body, "title", json_quoted(problem.title.empty() ? reason_of(problem.status) : problem.title));
    append_member(body, "status", std::to_string(problem.status));
    append_member(body, "detail", json_quoted(problem.detail));
    if (!problem.instance.empty()) append_member(body, "instance", json_quoted(problem.instance));
    for (const auto& [name, value] : problem.extra) append_member(body, name, value);
    Response response;
    response.status = problem.status;
    response.content_type = "application/problem+json";
    response.body = body + "}";
    return response;
}

Response problem(const core::Error& error, std::string_view instance) {
    Problem told{status_of(error.code), "urn:antiphon:error:" + std::string(to_string(error.code)), "", error.what,
                 std::string(instance)};
    if (!error.current_version) return to_response(told);
    told.extra["current_version"] = std::to_string(*error.current_version);
    auto response = to_response(told);
    response.headers.set("ETag", etag(*error.current_version));
    return response;
}

Response problem(int status, std::string detail, std::string_view instance) {
    return to_response({status, "about:blank", "", std::move(detail), std::string(instance)});
}

}  // namespace antiphon::http
