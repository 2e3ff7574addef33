// Looking up a straight line, and resampling along it.
#include "apps/ruler/mics/recorded_time.hpp"

#include <algorithm>
#include <cmath>

#include "apps/ruler/mics/moved.hpp"

namespace antiphon::ruler {
namespace {

constexpr std::size_t stretch_points = 480;  // along which the rate counts as constant

double slope_frames_per_ns(const Anchor& a, const Anchor& b) {
    return static_cast<double>(b.frame - a.frame) / static_cast<double>(b.cluster_ns - a.cluster_ns);
}

// The samples that values at [start, start + length) need, silence where there are none.
std::vector<float> surroundings(std::span<const float> recording, std::int64_t first, std::size_t count) {
    std::vector<float> samples(count);
    const auto size = static_cast<std::int64_t>(recording.size());
    const auto from = std::max<std::int64_t>(first, 0), to = std::min(first + static_cast<std::int64_t>(count), size);
    if (from < to) std::copy(&recording[0] + from, &recording[0] + to, samples.begin() + (from - first));
    return samples;
}

void resample(std::span<const float> recording, double start, double step, std::span<float> out) {
    const auto first = static_cast<std::int64_t>(std::floor(start)) - reach;
    const double length = std::ceil(step * static_cast<double>(out.size())) + 2 * reach + 2;
    const auto samples = surroundings(recording, first, static_cast<std::size_t>(length));
    moved(samples, start - static_cast<double>(first), step, out);
}

}  // namespace

bool usable(std::span<const Anchor> anchors) {
    const auto falls = [](const Anchor& a, const Anchor& b) {
        return b.frame <= a.frame || b.cluster_ns <= a.cluster_ns;
    };
    return anchors.size() >= 2 && std::adjacent_find(anchors.begin(), anchors.end(), falls) == anchors.end();
}

double RecordedTime::frame_at(double cluster_ns) const {
    const auto last = std::find_if(anchors_.begin() + 1, anchors_.end() - 1, [&](const Anchor& anchor) {
        return static_cast<double>(anchor.cluster_ns) >= cluster_ns;
    });
    const Anchor& from = last[-1];
    return static_cast<double>(from.frame) +
           (cluster_ns - static_cast<double>(from.cluster_ns)) * slope_frames_per_ns(from, *last);
}

double RecordedTime::time_of(double frame) const {
    const auto last = std::find_if(anchors_.begin() + 1, anchors_.end() - 1,
                                   [&](const Anchor& anchor) { return static_cast<double>(anchor.frame) >= frame; });
    const Anchor& from = last[-1];
    return static_cast<double>(from.cluster_ns) +
           (frame - static_cast<double>(from.frame)) / slope_frames_per_ns(from, *last);
}

void on_cluster_time(std::span<const float> recording, const RecordedTime& time, double start_ns,
                     std::span<float> out) {
    for (std::size_t from = 0; from < out.size(); from += stretch_points) {
        const auto points = out.subspan(from, std::min(stretch_points, out.size() - from));
        const double begin = time.frame_at(start_ns + cluster_frame_ns * static_cast<double>(from));
        const double end = time.frame_at(start_ns + cluster_frame_ns * static_cast<double>(from + points.size()));
        resample(recording, begin, (end - begin) / static_cast<double>(points.size()), points);
    }
}

}  // namespace antiphon::ruler
