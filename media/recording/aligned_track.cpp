// Blocks short enough that a crystal keeps its rate within them.
#include "media/recording/aligned_track.hpp"

#include <algorithm>
#include <cmath>

namespace antiphon::media {
namespace {

struct Loaded {
    core::FrameCount first;
    const float* frames;
    const float* window(core::FrameCount from) const { return frames + (from - first); }
};

}  // namespace

AlignedTrack::AlignedTrack(const TrackTime& time, core::SampleRate rate, std::int64_t origin_ns, Source source)
    : time_(time),
      resampler_(std::min(1.0, static_cast<double>(core::cluster_rate) / rate)),
      origin_ns_(static_cast<double>(origin_ns - time.origin_ns())),
      source_(std::move(source)) {}

double AlignedTrack::place_of(core::FrameCount rendered) const noexcept {
    return time_.frame_at(origin_ns_ + static_cast<double>(rendered) * (1e9 / core::cluster_rate));
}

core::Result<void> AlignedTrack::render(std::span<float> out) {
    while (!out.empty()) {
        const auto now = out.first(std::min(out.size(), block));
        const double begin = place_of(rendered_);
        const double end = place_of(rendered_ + static_cast<core::FrameCount>(now.size()));
        const auto first = static_cast<core::FrameCount>(std::floor(begin)) - Resampler::before;
        const auto behind = static_cast<core::FrameCount>(std::floor(end)) + Resampler::after + 2;
        if (auto loaded = load(first, behind); !loaded) return loaded;
        auto position = MediaPosition::at(begin);
        resampler_.render(Loaded{loaded_first_, loaded_.data()}, position,
                          (end - begin) / static_cast<double>(now.size()), 1, now);
        rendered_ += static_cast<core::FrameCount>(now.size());
        out = out.subspan(now.size());
    }
    return {};
}

// Keeps what is needed still, and gets the rest.
core::Result<void> AlignedTrack::load(core::FrameCount first, core::FrameCount end) {
    const auto loaded_end = loaded_first_ + static_cast<core::FrameCount>(loaded_.size());
    if (first >= loaded_end || first < loaded_first_)
        loaded_.clear();
    else
        loaded_.erase(loaded_.begin(), loaded_.begin() + (first - loaded_first_));
    loaded_first_ = first;
    const auto known = loaded_.size();
    loaded_.resize(static_cast<std::size_t>(end - first));
    return source_(first + static_cast<core::FrameCount>(known), std::span(loaded_).subspan(known));
}

}  // namespace antiphon::media
