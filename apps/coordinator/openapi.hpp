// The description of the HTTP API as OpenAPI 3.1, made of the routes themselves.
#pragma once

#include <set>
#include <string>

#include "adapters/http/router.hpp"

namespace antiphon::coordinator {

// The OpenAPI document as JSON text: each route of `router`, the schemas of what they take and give, the problems.
std::string openapi(const http::Router& router);

// The statuses of problems that a route may answer with: its own, and those that the server itself gives.
std::set<int> refusals_of(const http::Route& route);

}  // namespace antiphon::coordinator
