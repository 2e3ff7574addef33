// When each frame of a recording was heard, and the recording as a function of that time.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace antiphon::ruler {

struct Anchor {
    core::FrameCount frame = 0;
    std::int64_t cluster_ns = 0;  // when it was heard

    friend bool operator==(const Anchor&, const Anchor&) = default;
};

// Straight lines from anchor to anchor, and on beyond the ends: the microphone's crystal may run as it likes. A value;
// all methods are pure.
class RecordedTime {
  public:
    // At least two anchors; both times rise.
    explicit RecordedTime(std::vector<Anchor> anchors) : anchors_(std::move(anchors)) {}

    double frame_at(double cluster_ns) const;
    double time_of(double frame) const;

  private:
    std::vector<Anchor> anchors_;
};

// Are they good for a RecordedTime? Pure.
bool usable(std::span<const Anchor> anchors);

inline constexpr double cluster_frame_ns = 1e9 / core::cluster_rate;

// Fills `out` with what was heard at start_ns + i cluster_frame_ns; silence beyond the recording's ends. Errors below
// -90 dB up to 20 kHz. Pure.
void on_cluster_time(std::span<const float> recording, const RecordedTime& time, double start_ns, std::span<float> out);

}  // namespace antiphon::ruler
