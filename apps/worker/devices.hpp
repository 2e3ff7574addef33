// From a device's name, as people write it, to a device.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "ports/audio.hpp"
#include "ports/clock.hpp"

namespace antiphon::worker {

class BluetoothBoard;

struct DeviceContext {
    std::string worker;               // its name
    std::optional<std::string> room;  // of virtual devices that name none
    const ports::Clock& clock;
    BluetoothBoard* bluetooth = nullptr;  // this board drives none
};

// `alsa:NAME...`, `bluetooth:ADDRESS` or `virtual:speaker...`. Errors name the device and what there is instead.
core::Result<std::unique_ptr<ports::AudioSink>> make_sink(const DeviceContext& context, const std::string& name,
                                                          const std::string& device);
// `alsa:NAME...` or `virtual:microphone...`
core::Result<std::unique_ptr<ports::AudioSource>> make_source(const DeviceContext& context, const std::string& name,
                                                              const std::string& device);

}  // namespace antiphon::worker
