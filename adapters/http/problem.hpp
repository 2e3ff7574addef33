// Errors as problem+json (RFC 9457).
#pragma once

#include <string>
#include <string_view>

#include "adapters/http/message.hpp"
#include "core/result.hpp"

namespace antiphon::http {

// invalid 400, denied 403, not_found 404, conflict 409, corrupt 422, internal 500, unavailable 503, exhausted 507.
// A bound of ours is a storage bound more often than a rate: who means "too many requests" builds a 429 himself.
int status_of(core::ErrorCode code) noexcept;
// The way back, for clients: what an error answer of another node means here.
core::ErrorCode error_code_of(int status) noexcept;
// "not found", "conflict", ...: the word that names the code in the problem's "type", stable for programs.
std::string_view to_string(core::ErrorCode code) noexcept;

struct Problem {
    int status = 500;
    std::string type = "about:blank";
    std::string title;     // empty: the reason phrase of the status
    std::string detail;    // the thing, the value and the way out
    std::string instance;  // the path that was asked for
    // More members, JSON text already: {"expected", "7"}.
    TextMap extra = {};
};

// Content type application/problem+json.
Response to_response(const Problem& problem);
// {"type": "urn:antiphon:error:not-found", "detail": error.what, ...}; a conflict of versions tells the current one, as
// the member "current_version" and as the ETag.
Response problem(const core::Error& error, std::string_view instance = "");
Response problem(int status, std::string detail, std::string_view instance = "");

// A JSON string with its quotes; what is not UTF-8 becomes U+FFFD.
std::string json_quoted(std::string_view text);

// The Error that an answer with status >= 400 tells of: the problem's detail, else the status and the body's start.
core::Error error_of(const Response& response);

}  // namespace antiphon::http
