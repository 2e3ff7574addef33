// Distance, delay and sum.
#include "adapters/virtual_audio/air.hpp"

#include <algorithm>
#include <cmath>

namespace antiphon::virtual_audio {
namespace {

constexpr double nearest_m = 0.5;

// What a speaker played, as the resampler looks at it.
struct Frames {
    std::span<const float> frames;
    core::FrameCount first;

    const float* window(core::FrameCount at) const { return frames.data() + (at - first); }
};

core::Duration travel_time(double distance) {
    return core::Duration{std::llround(distance / sound_speed_m_per_s * 1e9)};
}

}  // namespace

double gain_at(double distance_m) { return 1.0 / std::max(distance_m, nearest_m); }

double distance_m(Position a, Position b) { return std::hypot(a.x_m - b.x_m, a.y_m - b.y_m); }

void Air::add(const DeviceTimeline& listening, core::FrameCount first, TrueTime now, std::span<float> out) {
    for (auto& [name, reader] : scan_.readers()) add_speaker(reader, listening, first, now, out);
}

void Air::add_speaker(SoundReader& reader, const DeviceTimeline& listening, core::FrameCount first, TrueTime now,
                      std::span<float> out) {
    const auto run = reader.run(now);
    if (!run) return;
    const double distance = distance_m(run->at, listener_);
    const auto delay = travel_time(distance) + run->late;
    const double start = run->timeline.frames_at(listening, static_cast<double>(first), delay);
    const double step = run->timeline.frames_per_ns() / listening.frames_per_ns();
    const auto from = static_cast<core::FrameCount>(std::floor(start)) - media::Resampler::before;
    const double length = std::ceil(step * static_cast<double>(out.size())) + media::Resampler::taps;
    heard_.resize(static_cast<std::size_t>(length));
    if (!reader.read(*run, from, heard_)) return;
    moved_.resize(out.size());
    auto position = media::MediaPosition::at(start);
    resampler_.render(Frames{heard_, from}, position, step, 1, moved_);
    const auto gain = static_cast<float>(gain_at(distance));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += gain * moved_[i];
}

}  // namespace antiphon::virtual_audio
