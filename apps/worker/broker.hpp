// Which broker a worker speaks through, and as whom.
#pragma once

#include "adapters/mqtt/mqtt_bus.hpp"
#include "apps/node/options.hpp"
#include "apps/worker/enrolment.hpp"

namespace antiphon::worker {

// Address, login and trust; the rest is as by default. A broker of somebody else gets the login of --broker-login or
// none, and never the worker's credential, which opens the coordinator's HTTP door. `invalid` or the file's error names
// the file and never its content. Blocks: it may read a file.
core::Result<mqtt::MqttSettings> broker_settings(const Identity& identity, const node::WorkerOptions& options);

// What its operator has to be told about how this worker logs in there; empty: nothing.
std::string login_warning(const Identity& identity, const mqtt::MqttSettings& broker);

}  // namespace antiphon::worker
