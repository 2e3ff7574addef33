// When each frame of a recorded track was captured, on the cluster's clock, as well as its anchors tell afterwards.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::media {

// What was known while it was recorded: this frame reached the device then, give or take.
struct TimeAnchor {
    core::FrameCount frame = 0;
    std::int64_t cluster_ns = 0;
    std::int64_t error_ns = 0;  // bound, 0 or more
};

struct TrackTimeOptions {
    core::SampleRate rate = core::cluster_rate;
    // Of what the anchors say beside the truth, for those whose bound is smaller: a share of the bound, and at least so
    // much.
    double noise_share = 1.0 / 3;
    double noise_min_ns = 300;
    // How a crystal's rate walks: standard deviation after one second, as a share of the rate. 1e-9 is 0.06 ppm in an
    // hour's sixtieth, about what a board does while it warms.
    double rate_walk = 1e-9;
    double rate_sigma = 100e-6;  // of the rate at first
};

// The anchors, smoothed over the whole recording in both directions: a Kalman filter whose state is time and rate, and
// the smoother of Rauch, Tung and Striebel (AIAA Journal 3(8), 1965). Anchors are believed by their bounds, and by how
// far those around them lie from the line. Between anchors a cubic of their times and rates,
// outside them a line. Immutable: thread-safe. Allocates while it is made only.
class TrackTime {
  public:
    // Anchors that contradict most others, for no crystal runs like that (more than 1000 ppm wrong), are left out.
    // `invalid` without an anchor, or where their frames do not rise.
    static core::Result<TrackTime> of(std::span<const TimeAnchor> anchors, const TrackTimeOptions& options = {});

    // Cluster time of a place in the track, in ns after origin_ns().
    double ns_at(double frame) const noexcept;
    // The place that was captured `ns` after origin_ns().
    double frame_at(double ns) const noexcept;
    // Of the first anchor, so that what is counted from there is exact in doubles for weeks.
    std::int64_t origin_ns() const noexcept { return origin_ns_; }

    // Of a frame: standard deviation of its time, as the model has it.
    double sigma_ns_at(double frame) const noexcept;
    // The device's rate against the cluster clock's, on the whole, as a share: 40e-6 runs 40 ppm fast.
    double drift() const noexcept;
    // How far the anchors lie from the smooth line: the greatest distance.
    double residual_max_ns() const noexcept { return residual_max_ns_; }
    // Anchors that were left out.
    std::size_t left_out() const noexcept { return left_out_; }

  private:
    // At an anchor: its time beside what the nominal rate would give, and how that changes.
    struct Knot {
        double frame = 0;
        double late_ns = 0;
        double rate = 0;  // of late_ns, in ns of it for each ns
        double variance = 0;
    };

    double late_at(double frame) const noexcept;
    std::size_t segment_of(double frame) const noexcept;

    std::int64_t origin_ns_ = 0;
    double first_frame_ = 0;
    double frame_ns_ = 0;
    double residual_max_ns_ = 0;
    std::size_t left_out_ = 0;
    std::vector<Knot> knots_;
};

}  // namespace antiphon::media
