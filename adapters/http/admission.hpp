// What is checked of a request before its body is read. Internal.
#pragma once

#include <optional>

#include "adapters/http/beast.hpp"
#include "adapters/http/server_core.hpp"

namespace antiphon::http {

// One request and what is known of it.
struct Exchange {
    std::string client;  // whose failures are counted together
    RequestParser parser;
    std::string trace;  // core::is_trace: the client's X-Request-Id, else the server's own; empty: there is none
    Request request;
    const Route* route = nullptr;
    bool keep_alive = false;
    std::chrono::steady_clock::time_point begun{};
};

// Fills the exchange from the parsed header; a response when the request ends here: 400, 401, 403, 404, 405, 413, 415,
// 417, 426, 429, 501.
std::optional<Response> admit(ServerCore& core, Exchange& exchange);
// A refusal by a route that is guarded is a failure of its client.
void note_refusal(ServerCore& core, const Exchange& exchange, int status);

}  // namespace antiphon::http
