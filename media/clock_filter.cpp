// Refuses what cannot be, sets aside what contradicts the estimate, and fits what remains.
#include "media/clock_filter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace antiphon::media {
namespace {

constexpr double ns_per_second = 1e9;
constexpr std::int64_t stamp_limit_ns = std::int64_t{1} << 60;  // 36 years; differences cannot overflow
constexpr double contradiction_floor_ns = 250e3;
constexpr std::int64_t contradiction_points_min = 8;
constexpr std::int64_t settled_points_min = 64;

bool in_range(std::int64_t ns) { return ns > -stamp_limit_ns && ns < stamp_limit_ns; }

constexpr int soft_blocks_min =
    40;  // fewer do not tell a soft floor from chance: seven groups of four in half a minute
// Of the offset that a window of the ordinary length would give; between them it stays as it is.
constexpr double long_above_ns = 2e3, short_below_ns = 1e3;

// How the heights of a way's lowest points above the line fall with their number.
struct Softness {
    double one = 0;   // median height of the lowest of one block
    double four = 0;  // of four
    double blocks = 1;

    static Softness of(LowerEnvelope& envelope, double floor, double slope) noexcept {
        return {envelope.median_height(slope, floor, 1).value_or(0),
                envelope.median_height(slope, floor, 4).value_or(0), static_cast<double>(envelope.blocks())};
    }
    // Of n delays the lowest is n^-p above the floor: 1 where it is hard, less where it is soft. `lowest`: how far the
    // floor is below the lowest point of all.
    double power(double lowest) const noexcept {
        if (four + lowest <= 0) return 1;
        return std::clamp(std::log((one + lowest) / (four + lowest)) / std::log(4.0), 0.25, 1.0);
    }
    double lowest(double with_power, double known) const noexcept {
        return (one + known) * std::pow(blocks, -with_power);
    }
};

// The error of an offset between two envelopes: half of what the floors may be below the lowest points. Heights are
// known from those points only, so it takes some rounds; and the softer way speaks for both, which are of one kind.
double envelope_error(const Softness& forward, const Softness& backward) noexcept {
    double forward_lowest = 0, backward_lowest = 0;
    for (int round = 0; round < 5; ++round) {
        const double power = std::min(forward.power(forward_lowest), backward.power(backward_lowest));
        forward_lowest = forward.lowest(power, forward_lowest);
        backward_lowest = backward.lowest(power, backward_lowest);
    }
    return (forward_lowest + backward_lowest) / 2;
}

constexpr double spread_min_ns = 200;  // stamps are not finer

EnvelopeSide side_of(LowerEnvelope& way, double sign) noexcept {
    const auto n = static_cast<double>(way.count());
    return {way.hull(), way.mean_x(), n / std::max(way.spread(), spread_min_ns), sign};
}

int blocks_for(core::Duration window) {
    return static_cast<int>(std::max<std::int64_t>(4, (window.count() + 999'999'999) / 1'000'000'000));
}

}  // namespace

ClockFilter::ClockFilter(core::ClockIncarnation incarnation, const ClockFilterOptions& options)
    : options_(options),
      incarnation_(incarnation),
      forward_(ns_per_second, blocks_for(std::max(options.window, options.window_max))),
      backward_(ns_per_second, blocks_for(std::max(options.window, options.window_max))),
      heard_(ns_per_second, blocks_for(std::max(options.window, options.window_max))) {
    forget();
}

void ClockFilter::restart(core::ClockIncarnation incarnation) noexcept {
    incarnation_ = incarnation;
    suspect_count_ = 0;
    recent_count_ = 0;
    forget();
}

void ClockFilter::forget() noexcept {
    for (auto* way : {&forward_, &backward_, &heard_}) {
        way->clear();
        way->keep(blocks_for(options_.window));
    }
    long_ = soft_ = false;
    sampling_error_ = soft_error_ = 0;
    judged_block_ = -1;
    heard_weight_max_ = 1e9;
    has_origin_ = false;
    map_.reset();
}

bool ClockFilter::settled() const noexcept {
    return forward_.count() >= settled_points_min &&
           2 * forward_.span() >= static_cast<double>(options_.window.count());
}

bool ClockFilter::add(const ClockExchange& exchange) noexcept {
    if (!sane(exchange)) return ++counters_.insane, false;
    if (seen(exchange.t1)) return ++counters_.duplicates, false;
    if (contradicts(exchange)) return suspect(exchange), true;
    settle_suspects();
    if (!take(exchange)) return false;
    fit();
    return true;
}

bool ClockFilter::sane(const ClockExchange& e) const noexcept {
    if (!in_range(e.t1.ns) || !in_range(e.t2) || !in_range(e.t3) || !in_range(e.t4.ns)) return false;
    const std::int64_t away_ns = e.t4.ns - e.t1.ns, answering_ns = e.t3 - e.t2;
    if (answering_ns < 0 || away_ns < 0 || away_ns > options_.round_trip_max.count()) return false;
    // 1 us and the drift of the two clocks are forgiven.
    return away_ns - answering_ns > -1000 - static_cast<std::int64_t>(1e-3 * static_cast<double>(away_ns));
}

bool ClockFilter::seen(core::LocalTime t1) noexcept {
    const auto known = std::min(recent_count_, recent_t1_.size());
    if (std::find(recent_t1_.begin(), recent_t1_.begin() + static_cast<std::ptrdiff_t>(known), t1.ns) !=
        recent_t1_.begin() + static_cast<std::ptrdiff_t>(known))
        return true;
    recent_t1_[recent_count_++ % recent_t1_.size()] = t1.ns;
    return false;
}

double ClockFilter::since_origin(core::LocalTime t) const noexcept {
    return static_cast<double>((t - origin_).count());
}

double ClockFilter::forward_delay(const ClockExchange& e) const noexcept {
    return static_cast<double>(e.t2 - e.t1.ns - offset_ns_);
}

double ClockFilter::backward_delay(const ClockExchange& e) const noexcept {
    return static_cast<double>(e.t4.ns - e.t3 + offset_ns_);
}

// Below a floor by more than its uncertainty: a clock was stepped, or the exchange lies.
bool ClockFilter::contradicts(const ClockExchange& e) const noexcept {
    if (!map_) return false;
    const double x1 = since_origin(e.t1), x4 = since_origin(e.t4);
    const double forward_below = forward_floor_ + slope_ * x1 - forward_delay(e);
    const double backward_below = backward_floor_ - slope_ * x4 - backward_delay(e);
    const double below = std::max(forward_below, backward_below);
    return below > tolerance(e.t4);
}

double ClockFilter::tolerance(core::LocalTime t) const noexcept {
    const bool few = forward_.count() < contradiction_points_min;
    // With few points the floors are not known yet, but the sum of a new delay and an old one is still no less than 0.
    const double gap = few ? forward_floor_ + backward_floor_ : 0;
    return gap + contradiction_floor_ns + 16 * static_cast<double>(map_->error_at(t).count()) * (few ? 0 : 1) +
           options_.drift.limit * std::abs(since_origin(t) - since_origin(newest_));
}

bool ClockFilter::hear(std::int64_t sent_ns, core::LocalTime t) noexcept {
    if (!map_ || !in_range(sent_ns) || !in_range(t.ns)) return false;
    const double x = since_origin(t), delay = static_cast<double>(t.ns - sent_ns + offset_ns_);
    const double above = delay - (backward_floor_ - slope_ * x);
    if (-above > tolerance(t) || above > static_cast<double>(options_.round_trip_max.count()))
        return ++counters_.outliers, false;
    if (!heard_.add(x, delay)) return ++counters_.stale, false;
    return ++counters_.heard, true;
}

void ClockFilter::suspect(const ClockExchange& exchange) noexcept {
    suspects_[suspect_count_++] = exchange;
    if (suspect_count_ < suspects_max) return;
    ++counters_.restarts;
    forget();
    suspect_count_ = 0;
    for (const auto& suspected : suspects_) take(suspected);
    fit();
}

// The suspects were followed by an exchange that fits: they were just quick, unless nothing is that quick.
void ClockFilter::settle_suspects() noexcept {
    for (std::size_t i = 0; i < suspect_count_; ++i) {
        const auto& e = suspects_[i];
        const double forward = forward_delay(e) - slope_ * since_origin(e.t1);
        const double backward = backward_delay(e) + slope_ * since_origin(e.t4);
        const bool impossible = forward + backward_floor_ < 0 || backward + forward_floor_ < 0;
        if (impossible)
            ++counters_.outliers;
        else
            take(e);
    }
    suspect_count_ = 0;
}

bool ClockFilter::take(const ClockExchange& e) noexcept {
    if (!has_origin_) {
        has_origin_ = true;
        origin_ = newest_ = e.t1;
        offset_ns_ = e.t2 - e.t1.ns;
    }
    if (!forward_.add(since_origin(e.t1), forward_delay(e)) || !backward_.add(since_origin(e.t4), backward_delay(e)))
        return ++counters_.stale, false;
    newest_ = std::max(newest_, e.t4);
    ++counters_.accepted;
    return true;
}

void ClockFilter::fit() noexcept {
    heard_.advance(since_origin(newest_));  // a stream that has ended is forgotten in time
    const bool any_heard = heard_.count() > 0;
    std::array<EnvelopeSide, 3> sides{side_of(forward_, 1), side_of(backward_, -1), side_of(heard_, -1)};
    sides[2].weight = std::min(sides[2].weight, heard_weight_max_);
    slope_ = common_slope(std::span(sides).first(any_heard ? 3 : 2), options_.drift);
    forward_floor_ = floor_under(sides[0].hull, slope_);
    const double answers_floor = floor_under(sides[1].hull, -slope_);
    const double heard_floor = any_heard ? floor_under(sides[2].hull, -slope_) : answers_floor;
    backward_floor_ = std::min(answers_floor, heard_floor);

    const double x = since_origin(newest_), span = std::max(forward_.span(), 1.0);
    const double half_gap = std::max(0.0, (forward_floor_ + backward_floor_) / 2);
    // Of what was heard nobody knows how long it waited before it left, so it promises nothing.
    const double floor_error = 2.5 * (1 / sides[0].weight + 1 / sides[1].weight);
    const double drift_error = std::min(options_.drift.limit, 4 * floor_error / span);
    judge(x, answers_floor, heard_floor);
    sampling_error_ = std::max(floor_error, soft_error_);
    const double error =
        std::max(floor_error, 2 * soft_error_) + std::min(drift_error, options_.drift.sigma) * span / 2 + spread_min_ns;
    const auto offset = slope_ * x + (forward_floor_ - backward_floor_) / 2;
    const bool few = forward_.count() < 4;  // the spread is not known yet
    map_ = ClockMap{.local = newest_,
                    .cluster_ns = newest_.ns + offset_ns_ + std::llround(offset),
                    .drift = slope_,
                    .error_bound = core::Duration{std::llround(few ? half_gap : std::min(half_gap, error))},
                    .asymmetry_bound = core::Duration{std::llround(half_gap)},
                    .drift_error = few ? options_.drift.limit : drift_error,
                    .incarnation = incarnation_};
    regress(offset, soft_error_);
    choose_window(floor_error * span);
}

// How soft the floors are, once in a block: looking is work, and the answer does not change sooner.
void ClockFilter::judge(double x, double answers_floor, double heard_floor) noexcept {
    const double block = std::floor(x / ns_per_second);
    if (std::exchange(judged_block_, block) == block) return;
    const bool judged = std::min(forward_.blocks(), backward_.blocks()) >= soft_blocks_min;
    soft_error_ = judged ? envelope_error(Softness::of(forward_, forward_floor_, slope_),
                                          Softness::of(backward_, answers_floor, -slope_))
                         : 0;
    // What was heard may have waited before it left: its floor is worth no more than its lowest points show.
    const auto heard = Softness::of(heard_, heard_floor, -slope_);
    const double lowest = heard.blocks < soft_blocks_min ? 0 : heard.lowest(heard.power(0), 0);
    heard_weight_max_ = 1 / std::max(lowest, 1e-9);
}

// For the next exchange. `error_by_time`: the error falls with the time that is looked at, so this is the same for all.
void ClockFilter::choose_window(double error_by_time) noexcept {
    const double error = error_by_time / static_cast<double>(options_.window.count());
    if (std::min(forward_.count(), backward_.count()) < settled_points_min) return;  // they do not tell yet
    const bool wanted = options_.window_max > options_.window && error > (long_ ? short_below_ns : long_above_ns);
    if (std::exchange(long_, wanted) == wanted) return;
    for (auto* way : {&forward_, &backward_, &heard_})
        way->keep(blocks_for(long_ ? options_.window_max : options_.window));
}

// A common slope and a mean for each way, by least squares.
void ClockFilter::regress(double envelope_offset, double envelope_error) noexcept {
    const double x = since_origin(newest_);
    const auto forward = forward_.sums(x), backward = backward_.sums(x);
    const double forward_weight = 1 / std::max(forward.variance(slope_), 1.0);
    const double backward_weight = 1 / std::max(backward.variance(-slope_), 1.0);
    const double information = forward_weight * forward.spread_xx() + backward_weight * backward.spread_xx() +
                               1 / (options_.drift.sigma * options_.drift.sigma);
    const double slope = (forward_weight * forward.spread_xy() - backward_weight * backward.spread_xy()) / information;
    const double away = (forward.mean_x() + backward.mean_x()) / 2;
    const double error = std::sqrt(1 / (forward_weight * forward.n) + 1 / (backward_weight * backward.n)) / 2 +
                         std::abs(away) / std::sqrt(information);
    constexpr double begin_below = 0.9, end_above = 1.3;  // so that it does not change its mind with each exchange
    const double offset =
        (forward.mean_y() - slope * forward.mean_x() - backward.mean_y() - slope * backward.mean_x()) / 2;
    // Nothing was quicker than light: the truth is between the floors, whatever the mean says.
    const bool possible = std::abs(offset - envelope_offset) <= static_cast<double>(map_->asymmetry_bound.count());
    soft_ = possible && error < envelope_error * (soft_ ? end_above : begin_below);
    if (!soft_) return;
    map_->cluster_ns = newest_.ns + offset_ns_ + std::llround(offset);
    map_->drift = slope;
    map_->error_bound = std::min(map_->asymmetry_bound, core::Duration{std::llround(3 * error)});
    map_->drift_error = std::min(options_.drift.limit, 3 / std::sqrt(information));
}

}  // namespace antiphon::media
