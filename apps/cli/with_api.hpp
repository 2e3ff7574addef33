// Verbs that talk to the coordinator: settles where it is, then hands over its API.
#pragma once

#include <utility>

#include "apps/cli/api_client.hpp"
#include "apps/cli/call.hpp"
#include "apps/cli/command.hpp"

namespace antiphon::cli {

// A Verb from `body(Call&, ApiClient&) -> int`.
template <class Body>
Verb with_api(Body body) {
    return [body = std::move(body)](Call& call) {
        auto settings = settle(call.client(), call.outside());
        if (!settings) return call.fail(settings.error());
        ApiClient api(std::move(*settings));
        return body(call, api);
    };
}

}  // namespace antiphon::cli
