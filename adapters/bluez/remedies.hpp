// What helps an adapter that hangs, and BlueZ does not offer.
#pragma once

#include <filesystem>
#include <string>

#include "core/bluetooth.hpp"
#include "core/result.hpp"

namespace antiphon::bluez {

// `unblock` switches the adapter's radio off and on (rfkill), `reset` takes its USB device from the bus and back, after
// which the adapter appears anew. `not_found` where it has no such switch (an adapter on a serial line is on no USB),
// `denied` without root, `invalid` for another kind. Blocks for up to a second: not on a loop. `sys` is where sysfs is.
core::Result<void> help_adapter(core::RadioCallKind kind, const std::string& adapter,
                                const std::filesystem::path& sys = "/sys");

}  // namespace antiphon::bluez
