// The air of a room: adds up the speakers at one place, with the time and the strength that distance takes. Internal.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "adapters/virtual_audio/speaker_scan.hpp"
#include "media/resampler.hpp"

namespace antiphon::virtual_audio {

inline constexpr double sound_speed_m_per_s = 343.0;

// 1 / distance, and no more than at half a metre.
double gain_at(double distance_m);
double distance_m(Position a, Position b);

// Used by one thread.
class Air {
  public:
    Air(std::filesystem::path speakers, Position listener) : scan_(std::move(speakers)), listener_(listener) {}

    // Looks for speakers that came, and forgets those that went. I/O.
    void rescan(TrueTime now) { scan_.rescan(now); }
    // Adds what the speakers sound like during frames [first, first + out.size()) of `listening`. I/O.
    void add(const DeviceTimeline& listening, core::FrameCount first, TrueTime now, std::span<float> out);

  private:
    void add_speaker(SoundReader& reader, const DeviceTimeline& listening, core::FrameCount first, TrueTime now,
                     std::span<float> out);

    SpeakerScan scan_;
    Position listener_;
    media::Resampler resampler_;
    std::vector<float> heard_;  // of one speaker, its own frames
    std::vector<float> moved_;  // the same on the listener's frames
};

}  // namespace antiphon::virtual_audio
