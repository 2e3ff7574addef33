// The crystal's arithmetic.
#include "adapters/virtual_audio/timeline.hpp"

#include <cmath>

namespace antiphon::virtual_audio {

DeviceTimeline::DeviceTimeline(TrueTime t0, core::SampleRate rate, double ppm)
    : t0_(t0), ppm_(ppm), frames_per_ns_(rate * (1.0 + ppm * 1e-6) * 1e-9) {}

double DeviceTimeline::frames_at(TrueTime at) const { return static_cast<double>((at - t0_).count()) * frames_per_ns_; }

core::FrameCount DeviceTimeline::position_at(TrueTime at) const {
    return static_cast<core::FrameCount>(std::floor(frames_at(at)));
}

TrueTime DeviceTimeline::time_of(core::FrameCount frame) const {
    TrueTime at{t0_.ns + static_cast<std::int64_t>(std::ceil(static_cast<double>(frame) / frames_per_ns_))};
    // The division may round to the wrong side of a nanosecond; the definition decides.
    while (position_at(at) < frame) ++at.ns;
    while (position_at(TrueTime{at.ns - 1}) >= frame) --at.ns;
    return at;
}

double DeviceTimeline::frames_at(const DeviceTimeline& other, double frame, core::Duration delay) const {
    const double between_ns = static_cast<double>((other.t0_ - t0_ - delay).count());
    return (between_ns + frame / other.frames_per_ns_) * frames_per_ns_;
}

}  // namespace antiphon::virtual_audio
