// The listening side of a room: the sound of its speakers as it really left them. For microphones, and for the ruler
// that checks the nodes from outside; a node has no business here.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "adapters/virtual_audio/device_string.hpp"
#include "adapters/virtual_audio/sound_page.hpp"
#include "adapters/virtual_audio/timeline.hpp"
#include "core/result.hpp"

namespace antiphon::virtual_audio {

// One run of a speaker (from its start to its stop), as true time sees it.
struct SpeakerRun {
    std::uint64_t id = 0;  // another one after each start
    std::string label;     // "worker/name"
    std::int64_t pid = 0;
    Position at;
    core::Duration late{};  // frame i leaves the speaker this much after its time on `timeline`
    DeviceTimeline timeline;
};

// Follows one speaker. Safe against a writer at work, restarted or killed at any moment. Used by one thread.
class SoundReader {
  public:
    // `not_found` when there is no such file, `corrupt` when it is not one of this version.
    static core::Result<SoundReader> open(const std::filesystem::path& file);

    const std::string& label() const { return label_; }

    // The run that is on now; nothing before the speaker's first start, or when its process was gone at the first look.
    // To be asked regularly: a process that is killed takes its converter along, so what it had rendered for later than
    // the last time it was seen alive is silence. A run is given for another 6 s after that.
    std::optional<SpeakerRun> run(TrueTime now);

    // Fills `frames` with frames [first, first + size) of `run`, silence where nothing was played. False, with all of
    // them silent, when `run` is over or part of them is already overwritten (5 s after they were played).
    bool read(const SpeakerRun& run, core::FrameCount first, std::span<float> frames) const;

  private:
    SoundReader(Descriptor descriptor, HeaderMap header);

    bool writer_alive() const;
    std::optional<SpeakerRun> current_run() const;
    bool read_ring(core::FrameCount first, std::span<float> frames) const;

    Descriptor descriptor_;
    HeaderMap header_;
    std::string label_;
    core::SampleRate rate_ = 0;
    std::optional<TrueTime> seen_alive_at_;
    bool gone_ = false;
};

}  // namespace antiphon::virtual_audio
