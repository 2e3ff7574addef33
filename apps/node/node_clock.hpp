// The clock of this node: the machine's, or, in a virtual room, the wrong one that the room gives it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "ports/clock.hpp"

namespace antiphon::node {

// `room`: folder of a virtual room; `name` is the node's name in it.
core::Result<std::unique_ptr<ports::Clock>> make_clock(const std::optional<std::string>& room, const std::string& name);

// The life of this machine's clock, from the kernel's boot id: the same for every process of one boot.
core::Result<core::ClockIncarnation> clock_incarnation();

}  // namespace antiphon::node
