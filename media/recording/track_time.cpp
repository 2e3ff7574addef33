// Two states, so each covariance is three numbers.
#include "media/recording/track_time.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace antiphon::media {
namespace {

constexpr double ns_per_second = 1e9;
constexpr double wrong_max = 1e-3;      // of a rate: no crystal is
constexpr int rounds = 3;               // of judging the anchors by the line, and the line by the anchors
constexpr std::size_t judged_from = 8;  // anchors: of fewer no noise can be told

// Of (lateness in ns, its rate as a share); symmetric.
struct Covariance {
    double tt = 0, tr = 0, rr = 0;
};
struct State {
    double late = 0, rate = 0;
    Covariance p;
};

// After `ns`: the rate walks, and the lateness follows it (van Loan's integral of white noise on the rate).
State after(const State& s, double ns, double walk_per_second) {
    const double q = walk_per_second * walk_per_second / ns_per_second;  // of the rate, per ns
    State next{s.late + s.rate * ns, s.rate, {}};
    next.p.rr = s.p.rr + q * ns;
    next.p.tr = s.p.tr + s.p.rr * ns + q * ns * ns / 2;
    next.p.tt = s.p.tt + 2 * s.p.tr * ns + s.p.rr * ns * ns + q * ns * ns * ns / 3;
    return next;
}

State told(const State& s, double late, double variance) {
    const double k_t = s.p.tt / (s.p.tt + variance), k_r = s.p.tr / (s.p.tt + variance);
    const double surprise = late - s.late;
    return {s.late + k_t * surprise,
            s.rate + k_r * surprise,
            {s.p.tt * (1 - k_t), s.p.tr * (1 - k_t), s.p.rr - k_r * s.p.tr}};
}

// What is known of `now`, given what is known of the next with all that follows; `foreseen` is after(now).
State smoothed(const State& now, const State& foreseen, const State& next, double ns) {
    // Gain = P F' foreseen^-1, with F = [1 ns; 0 1].
    const double pf_tt = now.p.tt + now.p.tr * ns, pf_tr = now.p.tr;
    const double pf_rt = now.p.tr + now.p.rr * ns, pf_rr = now.p.rr;
    const auto& f = foreseen.p;
    const double determinant = f.tt * f.rr - f.tr * f.tr;
    if (determinant <= 0) return now;
    const double g_tt = (pf_tt * f.rr - pf_tr * f.tr) / determinant, g_tr = (pf_tr * f.tt - pf_tt * f.tr) / determinant;
    const double g_rt = (pf_rt * f.rr - pf_rr * f.tr) / determinant, g_rr = (pf_rr * f.tt - pf_rt * f.tr) / determinant;
    const double late = next.late - foreseen.late, rate = next.rate - foreseen.rate;
    const double d_tt = next.p.tt - f.tt, d_tr = next.p.tr - f.tr, d_rr = next.p.rr - f.rr;
    return {now.late + g_tt * late + g_tr * rate,
            now.rate + g_rt * late + g_rr * rate,
            {now.p.tt + g_tt * (g_tt * d_tt + g_tr * d_tr) + g_tr * (g_tt * d_tr + g_tr * d_rr),
             now.p.tr + g_tt * (g_rt * d_tt + g_rr * d_tr) + g_tr * (g_rt * d_tr + g_rr * d_rr),
             now.p.rr + g_rt * (g_rt * d_tt + g_rr * d_tr) + g_rr * (g_rt * d_tr + g_rr * d_rr)}};
}

// How late the second is after the first, beside the nominal rate.
double late_after(const TimeAnchor& a, const TimeAnchor& b, double frame_ns) {
    return static_cast<double>(b.cluster_ns - a.cluster_ns) - static_cast<double>(b.frame - a.frame) * frame_ns;
}

bool agree(const TimeAnchor& a, const TimeAnchor& b, double frame_ns) {
    const double step = static_cast<double>(b.frame - a.frame) * frame_ns;
    const auto bounds = static_cast<double>(a.error_ns) + static_cast<double>(b.error_ns);
    return std::abs(late_after(a, b, frame_ns)) <= wrong_max * step + bounds;
}

// The most that agree, each with the one before.
std::vector<TimeAnchor> agreeing(std::span<const TimeAnchor> anchors, double frame_ns) {
    constexpr std::size_t chains_max = 16;  // beyond that nobody is right
    std::vector<std::vector<TimeAnchor>> chains;
    for (const auto& anchor : anchors) {
        const auto chain =
            std::ranges::find_if(chains, [&](const auto& known) { return agree(known.back(), anchor, frame_ns); });
        if (chain != chains.end())
            chain->push_back(anchor);
        else if (chains.size() < chains_max)
            chains.push_back({anchor});
    }
    return *std::ranges::max_element(chains, {}, [](const auto& chain) { return chain.size(); });
}

// What is measured, along the track: how late each anchor is, and how far from the one before.
struct Series {
    std::vector<double> late;
    std::vector<double> steps;      // ns; of the first: 0
    std::vector<double> variances;  // of what the anchor says beside the truth

    std::size_t size() const { return late.size(); }
};

std::vector<State> smooth(const Series& series, const TrackTimeOptions& options) {
    std::vector<State> states{
        {series.late.front(), 0, {series.variances.front(), 0, options.rate_sigma * options.rate_sigma}}};
    for (std::size_t i = 1; i < series.size(); ++i)
        states.push_back(
            told(after(states.back(), series.steps[i], options.rate_walk), series.late[i], series.variances[i]));
    for (auto i = states.size() - 1; i-- > 0;) {
        const double step = series.steps[i + 1];
        states[i] = smoothed(states[i], after(states[i], step, options.rate_walk), states[i + 1], step);
    }
    return states;
}

// The noise of the anchors around this one, as a standard deviation: robust against what lies far off.
double noise_around(const std::vector<double>& distances, std::size_t index) {
    constexpr std::size_t reach = 30;
    constexpr double sigmas_in_median = 1.4826;
    const auto first = index - std::min(index, reach);
    const auto last = std::min(distances.size(), index + reach + 1);
    std::vector<double> near(distances.begin() + static_cast<std::ptrdiff_t>(first),
                             distances.begin() + static_cast<std::ptrdiff_t>(last));
    const auto middle = near.begin() + static_cast<std::ptrdiff_t>(near.size() / 2);
    std::ranges::nth_element(near, middle);
    return sigmas_in_median * *middle;
}

// Bounds are what a board believed at the time, and on a busy machine that is too little: how far anchors lie from a
// smooth line tells better, and what lies farther than most counts less (Huber's weights).
std::vector<double> judged(const Series& series, const std::vector<double>& believed,
                           const std::vector<State>& states) {
    constexpr double usual_sigmas = 2;
    std::vector<double> distances, variances;
    for (std::size_t i = 0; i < series.size(); ++i) distances.push_back(std::abs(series.late[i] - states[i].late));
    for (std::size_t i = 0; i < series.size(); ++i) {
        const double noise = noise_around(distances, i);
        const double far = noise > 0 ? std::max(1.0, distances[i] / (usual_sigmas * noise)) : 1.0;
        variances.push_back(std::max(believed[i], noise * noise * far));
    }
    return variances;
}

}  // namespace

core::Result<TrackTime> TrackTime::of(std::span<const TimeAnchor> given, const TrackTimeOptions& options) {
    if (given.empty()) return core::Error{core::ErrorCode::invalid, "the track has no time anchor"};
    for (std::size_t i = 1; i < given.size(); ++i)
        if (given[i].frame <= given[i - 1].frame)
            return core::Error{core::ErrorCode::invalid, "time anchor " + std::to_string(i) +
                                                             " of the track is of no later frame than the one before"};
    const auto anchors = agreeing(given, ns_per_second / options.rate);
    TrackTime time;
    time.left_out_ = given.size() - anchors.size();
    time.origin_ns_ = anchors.front().cluster_ns;
    time.first_frame_ = static_cast<double>(anchors.front().frame);
    time.frame_ns_ = ns_per_second / options.rate;
    Series series;
    for (std::size_t i = 0; i < anchors.size(); ++i) {
        const auto& anchor = anchors[i];
        const double sigma = std::max(options.noise_min_ns, options.noise_share * static_cast<double>(anchor.error_ns));
        series.late.push_back(late_after(anchors.front(), anchor, time.frame_ns_));
        series.steps.push_back(i == 0 ? 0 : static_cast<double>(anchor.frame - anchors[i - 1].frame) * time.frame_ns_);
        series.variances.push_back(sigma * sigma);
    }
    const auto believed = series.variances;
    auto states = smooth(series, options);
    for (int round = 0; round < rounds && series.size() >= judged_from; ++round) {
        series.variances = judged(series, believed, states);
        states = smooth(series, options);
    }
    for (std::size_t i = 0; i < anchors.size(); ++i) {
        const auto& state = states[i];
        time.knots_.push_back({static_cast<double>(anchors[i].frame), state.late, state.rate, state.p.tt});
        time.residual_max_ns_ = std::max(time.residual_max_ns_, std::abs(series.late[i] - state.late));
    }
    return time;
}

// The segment between knots i and i + 1; the first or last for what is outside.
std::size_t TrackTime::segment_of(double frame) const noexcept {
    const auto after = std::upper_bound(knots_.begin(), knots_.end(), frame,
                                        [](double wanted, const Knot& knot) { return wanted < knot.frame; });
    const auto index = after == knots_.begin() ? 0 : static_cast<std::size_t>(after - knots_.begin()) - 1;
    return knots_.size() < 2 ? 0 : std::min(index, knots_.size() - 2);
}

double TrackTime::late_at(double frame) const noexcept {
    const auto& first = knots_.front();
    const auto& last = knots_.back();
    if (frame <= first.frame) return first.late_ns + first.rate * (frame - first.frame) * frame_ns_;
    if (frame >= last.frame) return last.late_ns + last.rate * (frame - last.frame) * frame_ns_;
    const auto& a = knots_[segment_of(frame)];
    const auto& b = (&a)[1];
    const double step = (b.frame - a.frame) * frame_ns_, u = (frame - a.frame) / (b.frame - a.frame);
    const double u2 = u * u, u3 = u2 * u;
    return (2 * u3 - 3 * u2 + 1) * a.late_ns + (u3 - 2 * u2 + u) * step * a.rate + (3 * u2 - 2 * u3) * b.late_ns +
           (u3 - u2) * step * b.rate;
}

double TrackTime::ns_at(double frame) const noexcept { return (frame - first_frame_) * frame_ns_ + late_at(frame); }

// The lateness changes by a thousandth at most, so each round is a thousand times nearer.
double TrackTime::frame_at(double ns) const noexcept {
    double frame = first_frame_ + ns / frame_ns_;
    for (int round = 0; round < 5; ++round) frame += (ns - ns_at(frame)) / frame_ns_;
    return frame;
}

double TrackTime::sigma_ns_at(double frame) const noexcept {
    const auto& a = knots_[segment_of(frame)];
    const auto& b = knots_.size() < 2 ? a : (&a)[1];
    return std::sqrt(std::max(0.0, std::max(a.variance, b.variance)));
}

double TrackTime::drift() const noexcept {
    const auto& first = knots_.front();
    const auto& last = knots_.back();
    const double length = (last.frame - first.frame) * frame_ns_;
    return length > 0 ? -(last.late_ns - first.late_ns) / length : 0;
}

}  // namespace antiphon::media
