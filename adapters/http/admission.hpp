// What is checked of a request before its body is read. Internal.
#pragma once

#include <optional>

#include "adapters/http/beast.hpp"
#include "adapters/http/server_core.hpp"

namespace antiphon::http {

// One request and what is known of it.
struct Exchange {
    RequestParser parser;
    Request request;
    const Route* route = nullptr;
    bool keep_alive = false;
    std::chrono::steady_clock::time_point begun{};
};

// Fills the exchange from the parsed header; a response when the request ends here: 400, 401, 403, 404, 405, 413, 415,
// 417, 426, 501.
std::optional<Response> admit(const ServerCore& core, Exchange& exchange);

}  // namespace antiphon::http
