// Two states, so each covariance is three numbers.
#include "media/recording/track_time.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace antiphon::media {
namespace {

constexpr double ns_per_second = 1e9;
constexpr double wrong_max = 1e-3;  // of a rate: no crystal is

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
    const auto lateness = [&](const TimeAnchor& a) { return late_after(anchors.front(), a, time.frame_ns_); };
    const auto variance = [&](const TimeAnchor& a) {
        const double sigma = std::max(options.noise_min_ns, options.noise_share * static_cast<double>(a.error_ns));
        return sigma * sigma;
    };
    std::vector<State> filtered{{0, 0, {variance(anchors.front()), 0, options.rate_sigma * options.rate_sigma}}};
    std::vector<double> steps{0};
    for (std::size_t i = 1; i < anchors.size(); ++i) {
        const double step = static_cast<double>(anchors[i].frame - anchors[i - 1].frame) * time.frame_ns_;
        filtered.push_back(
            told(after(filtered.back(), step, options.rate_walk), lateness(anchors[i]), variance(anchors[i])));
        steps.push_back(step);
    }
    for (auto i = filtered.size() - 1; i-- > 0;)
        filtered[i] =
            smoothed(filtered[i], after(filtered[i], steps[i + 1], options.rate_walk), filtered[i + 1], steps[i + 1]);
    for (std::size_t i = 0; i < anchors.size(); ++i) {
        const auto& state = filtered[i];
        time.knots_.push_back({static_cast<double>(anchors[i].frame), state.late, state.rate, state.p.tt});
        time.residual_max_ns_ = std::max(time.residual_max_ns_, std::abs(lateness(anchors[i]) - state.late));
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
