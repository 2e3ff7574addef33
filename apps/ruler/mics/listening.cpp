// Window by window: copies found in sound made sharp, then fitted to the sound as it is.
#include "apps/ruler/mics/listening.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

#include "apps/ruler/mics/copies.hpp"
#include "apps/ruler/mics/whitening.hpp"
#include "media/fft.hpp"

namespace antiphon::ruler {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t window_frames = 2 * core::cluster_rate;
constexpr int lag_max_frames = core::cluster_rate / 10;
constexpr std::size_t edge_frames = lag_max_frames + 64;
constexpr std::size_t template_frames = 8 * core::cluster_rate;  // looked for when nobody knows the start
constexpr double quiet_power = 1e-6;                             // mean square; quieter windows tell nothing

double mean_power(std::span<const float> samples) {
    double sum = 0;
    for (const float x : samples) sum += static_cast<double>(x) * static_cast<double>(x);
    return sum / static_cast<double>(std::max<std::size_t>(samples.size(), 1));
}

bool covers(const Recording& recording, const RecordedTime& time, double from_ns, double to_ns) {
    const double first = time.frame_at(from_ns), last = time.frame_at(to_ns);
    if (first < 0 || last > static_cast<double>(recording.samples.size())) return false;
    return std::none_of(recording.gaps.begin(), recording.gaps.end(), [&](const Stretch& gap) {
        return static_cast<double>(gap.first)<last&& static_cast<double>(gap.first + gap.count)> first;
    });
}

// One window of the melody against the same time of a recording.
class Listener {
  public:
    Listener(std::span<const float> melody, const Whitening& whitening, const ListenOptions& options)
        : melody_(melody), sharp_melody_(whitening.of(melody)), whitening_(whitening), options_(options) {}

    WindowHeard hear(const Recording& recording, const RecordedTime& time, double start_ns, std::size_t first) const {
        const double from_ns = start_ns + cluster_frame_ns * (static_cast<double>(first) + options_.travel_frames);
        const auto sound = melody_.subspan(first, window_frames);
        if (!covers(recording, time, from_ns, from_ns + cluster_frame_ns * window_frames)) return {};
        if (mean_power(sound) < quiet_power) return {};
        std::vector<float> recorded(window_frames);
        on_cluster_time(recording.samples, time, from_ns, recorded);
        return explained(std::span(sharp_melody_).subspan(first, window_frames), sound, recorded);
    }

  private:
    WindowHeard explained(std::span<const float> sharp, std::span<const float> sound,
                          std::span<const float> recorded) const {
        const auto sharp_recorded = whitening_.of(recorded);
        auto found = media::find_arrivals(sharp, sharp_recorded, lag_max_frames, options_.copies);
        if (!found) return {};
        refine_copies(sharp, sharp_recorded, *found, edge_frames);
        std::vector<double> delays;
        for (const auto& arrival : *found) delays.push_back(arrival.delay_frames);
        const auto fit = fit_copies(sound, recorded, delays, edge_frames);
        WindowHeard heard{std::move(*found), fit.power, fit.rest};
        for (auto& arrival : heard.arrivals) arrival.delay_frames += options_.travel_frames;
        return heard;
    }

    std::span<const float> melody_;
    std::vector<float> sharp_melody_;
    const Whitening& whitening_;
    const ListenOptions& options_;
};

std::vector<std::complex<double>> spectrum(std::span<const float> samples, std::size_t size) {
    std::vector<std::complex<double>> values(size);
    std::copy(samples.begin(), samples.end(), values.begin());
    media::fft(values);
    return values;
}

// Index in `whole` at which `part` begins.
std::size_t place_of(std::span<const float> part, std::span<const float> whole) {
    std::size_t size = 1;
    while (size < whole.size() + part.size()) size *= 2;
    auto product = spectrum(whole, size);
    const auto wanted = spectrum(part, size);
    for (std::size_t i = 0; i < size; ++i) product[i] *= std::conj(wanted[i]);
    media::inverse_fft(product);
    const auto end = product.begin() + static_cast<std::ptrdiff_t>(whole.size());
    return static_cast<std::size_t>(
        std::max_element(product.begin(), end, [](auto a, auto b) { return a.real() < b.real(); }) - product.begin());
}

// The cluster time of the melody's first frame, by the strongest copy of its middle.
double find_start_ns(std::span<const float> melody, const Recording& recording, const Whitening& whitening,
                     double travel_frames) {
    const RecordedTime time(recording.anchors);
    std::vector<float> recorded(recording.samples.size());
    on_cluster_time(recording.samples, time, time.time_of(0), recorded);
    const std::size_t count = std::min(template_frames, melody.size());
    const std::size_t first = (melody.size() - count) / 2;
    const auto place = place_of(whitening.of(melody.subspan(first, count)), whitening.of(recorded));
    return time.time_of(0) +
           cluster_frame_ns * (static_cast<double>(place) - static_cast<double>(first) - travel_frames);
}

bool heard_anything(const Heard& heard) {
    return std::any_of(heard.windows.begin(), heard.windows.end(), [](const auto& windows) {
        return std::any_of(windows.begin(), windows.end(), [](const auto& w) { return !w.arrivals.empty(); });
    });
}

}  // namespace

core::Result<Heard> listen(std::span<const float> melody, std::span<const Recording> recordings,
                           const ListenOptions& options) {
    if (melody.size() < window_frames || mean_power(melody) == 0)
        return Error{ErrorCode::invalid, "the melody is shorter than 2 s, or silent; give the one that was played"};
    for (const auto& recording : recordings)
        if (!usable(recording.anchors))
            return Error{ErrorCode::invalid, "the recording of " + recording.name +
                                                 " does not tell its times: it needs two anchors that rise"};
    const Whitening whitening(melody);
    Heard heard;
    heard.start_ns = options.start_ns ? static_cast<double>(*options.start_ns)
                                      : find_start_ns(melody, recordings.front(), whitening, options.travel_frames);
    const Listener listener(melody, whitening, options);
    for (const auto& recording : recordings) {
        const RecordedTime time(recording.anchors);
        auto& windows = heard.windows.emplace_back();
        for (std::size_t first = 0; first + window_frames <= melody.size(); first += window_frames)
            windows.push_back(listener.hear(recording, time, heard.start_ns, first));
    }
    if (!heard_anything(heard))
        return Error{ErrorCode::invalid, "no whole window of the melody lies in the recordings; record all of it"};
    return heard;
}

}  // namespace antiphon::ruler
