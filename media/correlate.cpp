// Correlations by FFT; everything after that happens on the few thousand lags of interest.
#include "media/correlate.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>

#include "media/fft.hpp"
#include "media/windowed_sinc.hpp"

namespace antiphon::media {
namespace {

using core::Error;
using core::ErrorCode;

constexpr int reach = 32;  // of the interpolation, in frames to either side
constexpr int margin = 2 * reach;
constexpr SincKernel kernel{.half_width = reach, .beta = 9};

// A function of the lag, known at whole frames within +/- `most`.
struct Correlation {
    int most = 0;
    std::vector<double> values;

    double operator[](int lag) const {
        return std::abs(lag) <= most ? values[static_cast<std::size_t>(lag + most)] : 0;
    }
};

// A signal as a function of the frame.
struct Samples {
    std::span<const float> values;

    double operator[](int at) const { return static_cast<double>(values[static_cast<std::size_t>(at)]); }
};

// Weights that interpolate at `fraction` after a frame, for the frames [-reach + 1, reach].
std::array<double, 2 * reach> weights(double fraction) {
    std::array<double, 2 * reach> w;
    for (int i = 0; i < 2 * reach; ++i) w[static_cast<std::size_t>(i)] = kernel.at(i - reach + 1 - fraction);
    return w;
}

// `f` at whole frames, seen `shift` frames later.
template <class Function>
class Shifted {
  public:
    Shifted(const Function& f, double shift)
        : f_(f), whole_(static_cast<int>(std::floor(-shift))), weights_(weights(-shift - std::floor(-shift))) {}

    double operator[](int at) const {
        double sum = 0;
        for (int i = 0; i < 2 * reach; ++i)
            sum += weights_[static_cast<std::size_t>(i)] * f_[at + whole_ + i - reach + 1];
        return sum;
    }

  private:
    const Function& f_;
    int whole_;
    std::array<double, 2 * reach> weights_;
};

// The part of the reference that is looked for: all its delayed copies lie within the signal.
double taper(std::size_t i, std::size_t size, std::size_t edge) {
    if (i < edge || i + edge >= size) return 0;
    const double inner = (static_cast<double>(i - edge) + 0.5) / static_cast<double>(size - 2 * edge);
    return 0.5 - 0.5 * std::cos(2 * std::numbers::pi * inner);
}

using Spectrum = std::vector<std::complex<double>>;

Spectrum spectrum(std::span<const float> signal, std::size_t size) {
    Spectrum values(size);
    std::copy(signal.begin(), signal.end(), values.begin());
    fft(values);
    return values;
}

Correlation correlate(const Spectrum& a, const Spectrum& b, int most) {
    Spectrum product(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) product[i] = std::conj(a[i]) * b[i];
    inverse_fft(product);
    Correlation correlation{most, {}};
    for (int lag = -most; lag <= most; ++lag)
        correlation.values.push_back(product[(static_cast<std::size_t>(lag) + a.size()) % a.size()].real());
    return correlation;
}

// The extremum near `lag`: on an eightfold grid, then by a parabola.
template <class Function>
Arrival peak_near(const Function& f, int lag) {
    constexpr int fine = 8;
    std::array<double, 4 * fine + 1> grid;
    for (int i = 0; i <= 4 * fine; ++i)
        grid[static_cast<std::size_t>(i)] = Shifted(f, -(static_cast<double>(i) / fine - 2))[lag];
    auto best = std::max_element(grid.begin() + 1, grid.end() - 1,
                                 [](double a, double b) { return std::abs(a) < std::abs(b); });
    const double before = best[-1], at = best[0], after = best[1];
    const double bend = before - 2 * at + after;
    const double shift = bend == 0 ? 0 : std::clamp((before - after) / (2 * bend), -1.0, 1.0);
    return {lag - 2 + (static_cast<double>(best - grid.begin()) + shift) / fine, at - (before - after) * shift / 4};
}

// Explains `cross` by copies of `own`.
class Explanation {
  public:
    Explanation(const Correlation& own, const Correlation& cross, int lag_max)
        : own_(own), cross_(cross), lag_max_(lag_max), unit_(peak_near(own, 0)) {}

    void add_strongest() {
        std::vector<double> rest(static_cast<std::size_t>(2 * lag_max_ + 1));
        for (int lag = -lag_max_; lag <= lag_max_; ++lag) rest[static_cast<std::size_t>(lag + lag_max_)] = cross_[lag];
        for (const auto& arrival : arrivals) {
            const Shifted copy(own_, arrival.delay_frames);
            for (int lag = -lag_max_; lag <= lag_max_; ++lag)
                rest[static_cast<std::size_t>(lag + lag_max_)] -= arrival.gain * copy[lag];
        }
        for (const auto& arrival : arrivals) leave_out(rest, arrival);
        const auto best =
            std::max_element(rest.begin(), rest.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
        arrivals.push_back({static_cast<double>(best - rest.begin() - lag_max_), 0});
        refine(arrivals.size() - 1);
    }

    // The arrival `index` against what the others leave.
    void refine(std::size_t index) {
        const int centre = static_cast<int>(std::lround(arrivals[index].delay_frames));
        Correlation rest{reach + 4, {}};
        for (int lag = -rest.most; lag <= rest.most; ++lag) rest.values.push_back(cross_[centre + lag]);
        for (std::size_t other = 0; other < arrivals.size(); ++other) {
            if (other == index) continue;
            const Shifted copy(own_, arrivals[other].delay_frames);
            for (int lag = -rest.most; lag <= rest.most; ++lag)
                rest.values[static_cast<std::size_t>(lag + rest.most)] -= arrivals[other].gain * copy[centre + lag];
        }
        const auto peak = peak_near(rest, 0);
        const double delay = centre + peak.delay_frames - unit_.delay_frames;
        if (stands_apart(index, delay)) arrivals[index] = {delay, peak.gain / unit_.gain};
    }

    std::vector<Arrival> arrivals;

  private:
    void leave_out(std::vector<double>& rest, const Arrival& arrival) const {
        const int centre = lag_max_ + static_cast<int>(std::lround(arrival.delay_frames));
        const int last = std::min(centre + arrivals_apart_frames, 2 * lag_max_);
        for (int i = std::max(centre - arrivals_apart_frames, 0); i <= last; ++i) rest[static_cast<std::size_t>(i)] = 0;
    }

    bool stands_apart(std::size_t index, double delay) const {
        for (std::size_t other = 0; other < arrivals.size(); ++other)
            if (other != index && std::abs(arrivals[other].delay_frames - delay) < arrivals_apart_frames) return false;
        return true;
    }

    const Correlation& own_;
    const Correlation& cross_;
    int lag_max_;
    Arrival unit_;  // the autocorrelation's own peak
};

bool silent(std::span<const float> signal) {
    return std::all_of(signal.begin(), signal.end(), [](float x) { return x == 0; });
}

}  // namespace

core::Result<std::vector<Arrival>> find_arrivals(std::span<const float> reference, std::span<const float> signal,
                                                 int lag_max_frames, int count) {
    const auto size = std::min(reference.size(), signal.size());
    const auto edge = static_cast<std::size_t>(lag_max_frames + margin);
    if (lag_max_frames < 0 || count < 1 || size < 4 * edge)
        return Error{ErrorCode::invalid, "signals of " + std::to_string(size) + " frames are too short for lags of " +
                                             std::to_string(lag_max_frames) + "; give at least four times as many"};
    if (silent(reference) || silent(signal))
        return Error{ErrorCode::invalid, "a silent signal has no delay; give one that sounds"};
    std::vector<float> looked_for(reference.begin(), reference.begin() + static_cast<std::ptrdiff_t>(size));
    for (std::size_t i = 0; i < size; ++i) looked_for[i] *= static_cast<float>(taper(i, size, edge));

    std::size_t padded = 1;
    while (padded < size + 2 * edge) padded *= 2;
    const auto wanted = spectrum(looked_for, padded);
    const auto own = correlate(wanted, spectrum(reference.first(size), padded), 2 * lag_max_frames + margin);
    const auto cross = correlate(wanted, spectrum(signal.first(size), padded), lag_max_frames + margin);
    Explanation explanation(own, cross, lag_max_frames);
    for (int k = 0; k < count; ++k) {
        explanation.add_strongest();
        constexpr int sweeps = 12;
        for (int sweep = 0; k > 0 && sweep < sweeps; ++sweep)
            for (std::size_t i = 0; i < explanation.arrivals.size(); ++i) explanation.refine(i);
    }
    std::sort(explanation.arrivals.begin(), explanation.arrivals.end(),
              [](const Arrival& a, const Arrival& b) { return a.delay_frames < b.delay_frames; });
    return std::move(explanation.arrivals);
}

core::Result<Alignment> align(std::span<const float> reference, std::span<const float> signal, int lag_max_frames) {
    const auto found = find_arrivals(reference, signal, lag_max_frames, 1);
    if (!found) return found.error();
    const double delay = found->front().delay_frames;
    const auto size = static_cast<int>(std::min(reference.size(), signal.size()));
    const auto edge = lag_max_frames + margin;
    const Samples samples{reference};
    const Shifted copy(samples, delay);
    double product = 0, square = 0, power = 0;
    for (int i = edge; i < size - edge; ++i) {
        const double x = copy[i], y = static_cast<double>(signal[static_cast<std::size_t>(i)]);
        product += x * y;
        square += x * x;
        power += y * y;
    }
    const double gain = square > 0 ? product / square : 0;
    double rest = 0;  // summed anew: the difference of the sums above would lose what is small
    for (int i = edge; i < size - edge; ++i) {
        const double left = static_cast<double>(signal[static_cast<std::size_t>(i)]) - gain * copy[i];
        rest += left * left;
    }
    return Alignment{delay, gain, 10 * std::log10(std::max(power > 0 ? rest / power : 1.0, 1e-30))};
}

}  // namespace antiphon::media
