// How a worker reaches its coordinator and its broker.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "adapters/http/client.hpp"
#include "adapters/http/url.hpp"
#include "adapters/mqtt/mqtt_bus.hpp"
#include "adapters/system/random.hpp"
#include "adapters/tls/trust.hpp"
#include "apps/node/options.hpp"
#include "apps/worker/enrolment.hpp"

namespace antiphon::worker {

// `settings` have the address, the login and the trust.
inline mqtt::MqttSettings bus_settings(mqtt::MqttSettings settings, std::string client_id,
                                       std::function<ports::BusMessage()> will) {
    settings.will = std::move(will);
    settings.client_id = std::move(client_id);
    settings.seed = system::random_u64();
    return settings;
}

// `paced_bytes_per_s`: 0 as fast as it goes.
inline http::Client client_of(boost::asio::io_context& io, const Identity& identity, const node::WorkerOptions& options,
                              std::uint32_t paced_bytes_per_s = 0) {
    return {io,
            *http::parse_url(identity.server),
            identity.joined.credential,
            {.paced_bytes_per_s = paced_bytes_per_s, .trust = std::make_shared<tls::AuthorityTrust>(options.tls_ca)}};
}

}  // namespace antiphon::worker
