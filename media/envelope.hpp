// Lower envelopes of delay measurements: what lies under all points is the truth, what lies above it is waiting time.
//
// A measured delay is never shorter than the path's floor, so the line that fits is the one *under* the points, and its
// error falls with 1/n where averages give 1/sqrt(n). Two directions of a path share one slope (the drift between the
// clocks), as in Huygens (Geng et al., NSDI 2018), which uses support vector machines; here the slope is the most
// probable one for exponential waiting times and a normal prior, found on the convex hulls.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace antiphon::media {

struct EnvelopePoint {
    double x = 0;
    double y = 0;
};

// Sums over points, x counted from a reference: what a regression needs.
struct LineSums {
    double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;

    double mean_x() const noexcept { return x / n; }
    double mean_y() const noexcept { return y / n; }
    double spread_xx() const noexcept { return xx - x * x / n; }
    double spread_xy() const noexcept { return xy - x * y / n; }
    // Of the points about the line of this slope through their mean; 0 or more.
    double variance(double slope) const noexcept;
};

// The lower convex hull of the points of a sliding window. The window is a ring of blocks, each of which keeps the hull
// of its own points only; the oldest block is dropped as a whole. Points may come in any order within the window.
// Not thread-safe. All methods but the constructor are real-time-safe: no allocation, work bounded by the sizes.
class LowerEnvelope {
  public:
    // A window of `block_count` blocks of `block_span` (in units of x), each of at most `block_points` hull points.
    LowerEnvelope(double block_span, int block_count, int block_points = 32);

    // False (and nothing happens) when x is older than the window.
    bool add(double x, double y) noexcept;
    // The window has only the newest blocks from now on, as many, 1 to all; what is older is left out, until it is kept
    // again or has left the longest window.
    void keep(int blocks) noexcept;
    void clear() noexcept;
    // The window reaches to x at least, with or without points there: what is too old for that is left out.
    void advance(double x) noexcept;

    // Left to right; valid until the next add or clear. Empty without points.
    std::span<const EnvelopePoint> hull() noexcept;

    // All points of the window, not only those on the hull.
    std::int64_t count() const noexcept;
    double mean_x() const noexcept;
    // Newest x minus the start of the window's oldest point.
    double span() const noexcept;
    // Typical height of a point above the floor, from the differences of successive points; outliers count little.
    double spread() const noexcept;
    // All points of the window, x counted from `reference`.
    LineSums sums(double reference) const noexcept;
    // How high above the line (at x = 0 it is at `floor`) the lowest points of `merged` neighbouring blocks lie: the
    // median, so that blocks in which all was late count little; groups with an empty block do not count. Nothing
    // without a group.
    std::optional<double> median_height(double slope, double floor, int merged) noexcept;
    // Blocks with points.
    int blocks() const noexcept;
    // Hull points given up because a block was full.
    std::int64_t dropped() const noexcept { return dropped_; }

  private:
    struct Block {
        std::int64_t index = 0;
        std::int64_t count = 0;
        double sum_x = 0;                                      // from the block's start
        double sum_roots = 0;                                  // of the differences of y
        double sum_y = 0, sum_xx = 0, sum_xy = 0, sum_yy = 0;  // x from the block's start
        std::vector<EnvelopePoint> hull;
    };

    bool in_window(const Block& block) const noexcept;
    Block& block_of(std::int64_t index) noexcept;
    void insert(Block& block, EnvelopePoint point) noexcept;
    void make_room(Block& block) noexcept;

    double block_span_;
    int block_points_;
    std::int64_t kept_;  // blocks
    std::int64_t newest_ = 0;
    std::int64_t dropped_ = 0;
    bool empty_ = true;
    bool merged_valid_ = false;
    double newest_x_ = 0;
    double last_y_ = 0;
    std::vector<Block> blocks_;
    std::vector<EnvelopePoint> merged_;
    std::vector<double> heights_;
};

// One direction of a path in a common fit. A line under it has the slope `sign` * s.
struct EnvelopeSide {
    std::span<const EnvelopePoint> hull;
    double mean_x = 0;
    double weight = 0;  // points per unit of spread
    double sign = 1;
};

struct SlopePrior {
    double sigma = 100e-6;  // of a crystal's rate error
    double limit = 300e-6;
};

// The most probable common slope; without points or with few of them it stays near 0. Real-time-safe.
double common_slope(std::span<const EnvelopeSide> sides, const SlopePrior& prior) noexcept;

// The highest value at x = 0 of a line of slope `slope` under the hull, which must not be empty. Real-time-safe.
double floor_under(std::span<const EnvelopePoint> hull, double slope) noexcept;

}  // namespace antiphon::media
