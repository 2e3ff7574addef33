// What BlueZ's errors mean.
#pragma once

#include <string_view>

#include "core/bluetooth.hpp"

namespace antiphon::bluez {

// `name` is the D-Bus error's, `message` its text: BlueZ 5.66 puts what has happened into either (doc/device-api.txt;
// "br-connection-page-timeout" and its kin are words of src/error.h). Pure; any text is welcome.
core::RadioFailure failure_of(std::string_view name, std::string_view message);

}  // namespace antiphon::bluez
