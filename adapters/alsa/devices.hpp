// Makes sinks and sources of ALSA's devices.
#pragma once

#include <memory>

#include "adapters/alsa/device_string.hpp"
#include "ports/audio.hpp"
#include "ports/clock.hpp"

namespace antiphon::alsa {

// They never fail to be made: a device that is not there, or is in use, is trouble() and is tried each second while it
// is started. A source is looked at once when it is made, and does not start without its device. Their thread runs with
// real-time priority where it may. `clock`, the clock of the node, outlives them.
std::unique_ptr<ports::AudioSink> make_sink(const AlsaDevice& device, const ports::Clock& clock);
// Its first channel counts.
std::unique_ptr<ports::AudioSource> make_source(const AlsaDevice& device, const ports::Clock& clock);

}  // namespace antiphon::alsa
