// What a person writes to get a sound card.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::alsa {

struct AlsaDevice {
    std::string pcm;  // as ALSA knows it: "default", "hw:0", "plughw:CARD=Headset,DEV=0", a name of asound.conf
    core::Duration buffer = std::chrono::milliseconds{60};  // 5 to 2000 ms

    friend bool operator==(const AlsaDevice&, const AlsaDevice&) = default;
};

// `alsa:NAME[?buffer=MS]`; MS may carry "ms". Names of ALSA have commas, colons and equals signs of their own. The
// error names what is wrong, its value and what is allowed. Pure.
core::Result<AlsaDevice> parse_alsa_device(std::string_view text);

}  // namespace antiphon::alsa
