// What a person writes to get a device of the virtual room.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::virtual_audio {

// Metres from a corner of the room.
struct Position {
    double x_m = 0;
    double y_m = 0;

    friend bool operator==(const Position&, const Position&) = default;
};

enum class DeviceKind { speaker, microphone };

struct VirtualDevice {
    DeviceKind kind = DeviceKind::speaker;
    std::optional<double> ppm;        // crystal error, -1000 to 1000; absent: the room draws it from the name
    std::optional<std::string> room;  // folder; absent: the caller's default
    std::optional<Position> at;       // absent: the room draws it from the name
    core::FrameCount granule = 1;     // frames by which the reported position advances, 1 to 4800
    core::Duration buffer = std::chrono::milliseconds{200};  // of a speaker, 20 to 2000 ms
    core::Duration late{};  // speaker: undeclared extra delay of its analogue side, 0 to 1000 ms
    bool mute = false;      // speaker: takes the sound and swallows it

    friend bool operator==(const VirtualDevice&, const VirtualDevice&) = default;
};

// `virtual:speaker|microphone[,ppm=N][,room=DIR][,at=X,Y][,granule=N][,buffer=MS][,late=MS][,mute]`, in any order;
// MS may carry "ms". The error names the option, its value and what is allowed. Pure.
core::Result<VirtualDevice> parse_virtual_device(std::string_view text);

}  // namespace antiphon::virtual_audio
