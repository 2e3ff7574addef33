// A speaker's side of the shared memory: what it plays is written here for the air of the room. Internal.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "adapters/virtual_audio/device_string.hpp"
#include "adapters/virtual_audio/sound_page.hpp"
#include "adapters/virtual_audio/timeline.hpp"
#include "core/result.hpp"

namespace antiphon::virtual_audio {

// What does not follow from the frames: where the sound comes from, and how late.
struct Emission {
    Position at;
    core::Duration late{};
};

class SoundWriter {
  public:
    // Takes `file` for the speaker `label`, new or left behind by a process that is gone. `conflict` when a living
    // speaker has it, `unavailable` when the system refuses (disk full, permissions).
    static core::Result<SoundWriter> open(const std::filesystem::path& file, const std::string& label,
                                          core::SampleRate rate);

    // Begins a run: nothing is published yet. Not real-time-safe.
    void begin_run(const DeviceTimeline& timeline, const Emission& emission);
    // Publishes frames [first, first + frames.size()); frames between the last ones and `first` are silence.
    // `first` never goes back. One system call a block, and it may touch the disk of the room.
    void publish(core::FrameCount first, std::span<const float> frames);
    // The device stopped when it had played `frames`: what was published beyond is not heard.
    void end_run(core::FrameCount frames);

  private:
    SoundWriter(Descriptor descriptor, HeaderMap header)
        : descriptor_(std::move(descriptor)), header_(std::move(header)) {}

    void write_ring(core::FrameCount first, std::span<const float> frames);
    void write_silence(core::FrameCount first, core::FrameCount end);

    Descriptor descriptor_;  // its lock says that the speaker is alive
    HeaderMap header_;
    std::uint64_t last_run_ = 0;
};

}  // namespace antiphon::virtual_audio
