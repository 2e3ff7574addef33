// Makes the devices of a virtual room.
#pragma once

#include <memory>
#include <string_view>

#include "adapters/virtual_audio/device_string.hpp"
#include "adapters/virtual_audio/room.hpp"
#include "adapters/virtual_audio/true_time.hpp"
#include "ports/audio.hpp"
#include "ports/clock.hpp"

namespace antiphon::virtual_audio {

// A speaker: 48 kHz stereo, blocks of 480 frames, rendered as far ahead as its buffer goes (200 ms by default). Its
// readings are stamped by `clock`, the clock of the node that it is plugged into. `device.room` is for the caller, who
// has opened `room`. `invalid` for a microphone's device string or a bad name, `conflict` when a speaker of this name
// is in the room already, `unavailable` when the room's folder refuses. `clock` and `truth` outlive the speaker.
core::Result<std::unique_ptr<ports::AudioSink>> make_speaker(Room& room, const VirtualDevice& device,
                                                             std::string_view worker_name, std::string_view output_name,
                                                             const ports::Clock& clock,
                                                             const TrueClock& truth = machine_true_clock());

// A microphone: 48 kHz mono, blocks of 480 frames, which come 60 ms after the sound. It hears all speakers of the room,
// weaker (1 / distance) and later (343 m/s) with the distance, over a noise floor of -80 dBFS. Readings tell when
// frames were at the membrane. Its thread does I/O between blocks. Errors and lifetimes as above.
core::Result<std::unique_ptr<ports::AudioSource>> make_microphone(Room& room, const VirtualDevice& device,
                                                                  std::string_view worker_name,
                                                                  std::string_view input_name,
                                                                  const ports::Clock& clock,
                                                                  const TrueClock& truth = machine_true_clock());

}  // namespace antiphon::virtual_audio
