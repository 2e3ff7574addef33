// Hulls by insertion, merged block by block; the slope by bisection of the log-likelihood's derivative.
#include "media/envelope.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/contract.hpp"

namespace antiphon::media {
namespace {

// Whether `b` lies on or above the line from a to c (a.x < b.x < c.x), so is no vertex of a lower hull.
bool above_chord(const EnvelopePoint& a, const EnvelopePoint& b, const EnvelopePoint& c) {
    return (b.y - a.y) * (c.x - a.x) >= (c.y - a.y) * (b.x - a.x);
}

double height_below_chord(const EnvelopePoint& a, const EnvelopePoint& b, const EnvelopePoint& c) {
    return a.y + (c.y - a.y) * (b.x - a.x) / (c.x - a.x) - b.y;
}

const EnvelopePoint& support(std::span<const EnvelopePoint> hull, double slope) {
    const auto* best = &hull.front();
    double lowest = best->y - slope * best->x;
    for (const auto& point : hull.subspan(1)) {
        const double height = point.y - slope * point.x;
        if (height > lowest) break;  // convex: it only rises from here
        lowest = height;
        best = &point;
    }
    return *best;
}

}  // namespace

LowerEnvelope::LowerEnvelope(double block_span, int block_count, int block_points)
    : block_span_(block_span),
      block_points_(block_points),
      kept_(block_count),
      blocks_(static_cast<std::size_t>(block_count)) {
    ANTIPHON_ASSERT(block_span > 0 && block_count > 0 && block_points > 3);
    for (auto& block : blocks_) block.hull.reserve(static_cast<std::size_t>(block_points) + 1);
    heights_.reserve(blocks_.size());
    merged_.reserve(static_cast<std::size_t>(block_count) * static_cast<std::size_t>(block_points + 1));
}

void LowerEnvelope::clear() noexcept {
    for (auto& block : blocks_) block.count = 0;
    empty_ = true;
    merged_valid_ = false;
}

void LowerEnvelope::advance(double x) noexcept {
    const auto index = static_cast<std::int64_t>(std::floor(x / block_span_));
    if (empty_ || index <= newest_) return;
    newest_ = index;
    merged_valid_ = false;
}

bool LowerEnvelope::in_window(const Block& block) const noexcept {
    return block.count > 0 && block.index > newest_ - kept_;
}

void LowerEnvelope::keep(int blocks) noexcept {
    ANTIPHON_ASSERT(blocks > 0 && static_cast<std::size_t>(blocks) <= blocks_.size());
    if (std::exchange(kept_, blocks) != blocks) merged_valid_ = false;
}

LowerEnvelope::Block& LowerEnvelope::block_of(std::int64_t index) noexcept {
    const auto size = static_cast<std::int64_t>(blocks_.size());
    auto& block = blocks_[static_cast<std::size_t>(((index % size) + size) % size)];
    if (block.count == 0 || block.index != index) {
        block.index = index;
        block.count = 0;
        block.sum_x = block.sum_roots = 0;
        block.sum_y = block.sum_xx = block.sum_xy = block.sum_yy = 0;
        block.hull.clear();
    }
    return block;
}

bool LowerEnvelope::add(double x, double y) noexcept {
    const auto index = static_cast<std::int64_t>(std::floor(x / block_span_));
    if (empty_ || index > newest_) newest_ = index;
    if (index <= newest_ - static_cast<std::int64_t>(blocks_.size())) return false;
    auto& block = block_of(index);
    insert(block, {x, y});
    ++block.count;
    const double inside = x - static_cast<double>(index) * block_span_;
    block.sum_x += inside;
    block.sum_y += y;
    block.sum_xx += inside * inside;
    block.sum_xy += inside * y;
    block.sum_yy += y * y;
    const bool neighbours = !empty_ && std::abs(x - newest_x_) <= block_span_;  // after a pause it has drifted
    if (neighbours) block.sum_roots += std::sqrt(std::abs(y - last_y_));
    last_y_ = y;
    newest_x_ = empty_ ? x : std::max(newest_x_, x);
    empty_ = merged_valid_ = false;
    return true;
}

void LowerEnvelope::insert(Block& block, EnvelopePoint point) noexcept {
    auto& hull = block.hull;
    auto at = std::lower_bound(hull.begin(), hull.end(), point.x, [](auto& p, double x) { return p.x < x; });
    if (at != hull.end() && at->x == point.x) {
        if (at->y <= point.y) return;
        at = hull.erase(at);
    }
    if (at != hull.begin() && at != hull.end() && above_chord(at[-1], point, *at)) return;
    at = hull.insert(at, point);
    while (at - hull.begin() >= 2 && above_chord(at[-2], at[-1], *at)) at = hull.erase(at - 1);
    while (hull.end() - at >= 3 && above_chord(*at, at[1], at[2])) hull.erase(at + 1);
    if (hull.size() > static_cast<std::size_t>(block_points_)) make_room(block);
}

// The inner point that shapes the hull least goes.
void LowerEnvelope::make_room(Block& block) noexcept {
    auto& hull = block.hull;
    auto least = hull.begin() + 1;
    for (auto p = hull.begin() + 1; p + 1 != hull.end(); ++p)
        if (height_below_chord(p[-1], *p, p[1]) < height_below_chord(least[-1], *least, least[1])) least = p;
    hull.erase(least);
    ++dropped_;
}

std::span<const EnvelopePoint> LowerEnvelope::hull() noexcept {
    if (merged_valid_) return merged_;
    merged_.clear();
    const auto size = static_cast<std::int64_t>(blocks_.size());
    for (auto index = newest_ - kept_ + 1; !empty_ && index <= newest_; ++index) {
        const auto& block = blocks_[static_cast<std::size_t>(((index % size) + size) % size)];
        if (!in_window(block)) continue;
        for (const auto& point : block.hull) {
            while (merged_.size() >= 2 && above_chord(merged_[merged_.size() - 2], merged_.back(), point))
                merged_.pop_back();
            merged_.push_back(point);
        }
    }
    merged_valid_ = true;
    return merged_;
}

std::int64_t LowerEnvelope::count() const noexcept {
    std::int64_t count = 0;
    for (const auto& block : blocks_) count += in_window(block) ? block.count : 0;
    return count;
}

double LowerEnvelope::mean_x() const noexcept {
    double sum = 0, count = 0;
    for (const auto& block : blocks_) {
        if (!in_window(block)) continue;
        const auto n = static_cast<double>(block.count);
        sum += static_cast<double>(block.index) * block_span_ * n + block.sum_x;
        count += n;
    }
    return count > 0 ? sum / count : 0;
}

LineSums LowerEnvelope::sums(double reference) const noexcept {
    LineSums sums;
    for (const auto& block : blocks_) {
        if (!in_window(block)) continue;
        const auto n = static_cast<double>(block.count);
        const double away = static_cast<double>(block.index) * block_span_ - reference;
        sums.n += n;
        sums.x += n * away + block.sum_x;
        sums.y += block.sum_y;
        sums.xx += n * away * away + 2 * away * block.sum_x + block.sum_xx;
        sums.xy += away * block.sum_y + block.sum_xy;
        sums.yy += block.sum_yy;
    }
    return sums;
}

double LineSums::variance(double slope) const noexcept {
    const double about_mean = yy - y * y / n - 2 * slope * spread_xy() + slope * slope * spread_xx();
    return std::max(0.0, about_mean / n);
}

std::optional<double> LowerEnvelope::median_height(double slope, double floor, int merged) noexcept {
    const auto size = static_cast<std::int64_t>(blocks_.size());
    double lowest = 0;
    int in_group = 0;
    heights_.clear();
    for (auto index = newest_ - kept_ + 1; index <= newest_; ++index) {
        const auto& block = blocks_[static_cast<std::size_t>(((index % size) + size) % size)];
        const bool there = in_window(block) && block.index == index;
        const double height = there ? floor_under(block.hull, slope) - floor : 0;
        lowest = in_group == 0 ? height : std::min(lowest, height);
        in_group = there ? in_group + 1 : 0;
        if (in_group < merged) continue;
        heights_.push_back(lowest);
        in_group = 0;
    }
    if (heights_.empty()) return std::nullopt;
    const auto middle = heights_.begin() + static_cast<std::ptrdiff_t>(heights_.size() / 2);
    std::nth_element(heights_.begin(), middle, heights_.end());
    return *middle;
}

int LowerEnvelope::blocks() const noexcept {
    return static_cast<int>(std::ranges::count_if(blocks_, [this](const Block& block) { return in_window(block); }));
}

double LowerEnvelope::span() const noexcept {
    double oldest = newest_x_;
    for (const auto& block : blocks_)
        if (in_window(block)) oldest = std::min(oldest, block.hull.front().x);
    return newest_x_ - oldest;
}

double LowerEnvelope::spread() const noexcept {
    double roots = 0;
    std::int64_t count = 0;
    for (const auto& block : blocks_) {
        if (!in_window(block)) continue;
        roots += block.sum_roots;
        count += block.count;
    }
    if (count < 2) return 0;
    // The difference of two exponential waiting times is as long as one of them; E sqrt(x) = sqrt(pi d) / 2.
    const double mean_root = roots / static_cast<double>(count - 1);
    return 4 / std::numbers::pi * mean_root * mean_root;
}

double common_slope(std::span<const EnvelopeSide> sides, const SlopePrior& prior) noexcept {
    double low = -prior.limit, high = prior.limit;
    for (int step = 0; step < 44; ++step) {
        const double slope = (low + high) / 2;
        double rise = -slope / (prior.sigma * prior.sigma);
        for (const auto& side : sides) {
            if (side.hull.empty()) continue;
            rise += side.sign * side.weight * (side.mean_x - support(side.hull, side.sign * slope).x);
        }
        (rise > 0 ? low : high) = slope;
    }
    return (low + high) / 2;
}

double floor_under(std::span<const EnvelopePoint> hull, double slope) noexcept {
    ANTIPHON_ASSERT(!hull.empty());
    const auto& point = support(hull, slope);
    return point.y - slope * point.x;
}

}  // namespace antiphon::media
