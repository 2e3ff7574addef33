// Ports to listen on: whether one is free, and what to say when it is not.
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"

namespace antiphon::net {

enum class Transport { tcp, udp };

// Whether we could listen there now. `unavailable`: "TCP port 8740 is in use by another program; choose another with
// --listen"; `denied` for a port below 1024 without the right; `invalid` when `host` is no address of this machine.
// `option` is the command line's name for it. Looks up the name, so it may block: for the start of a program.
core::Result<void> can_bind(Transport transport, const std::string& host, std::uint16_t port,
                            const std::string& option);

// A port that was free a moment ago, for tests and examples; somebody else may take it first. 0 when there is none.
std::uint16_t free_port(Transport transport, const std::string& address = "127.0.0.1");

}  // namespace antiphon::net
