// alignment_lags: where the sound of one track is in another, window by window. bench/alignment/run uses it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>
#include <span>
#include <string>

#include "apps/ruler/lag.hpp"
#include "apps/ruler/mics/mic_files.hpp"

namespace {

using antiphon::core::cluster_rate;

constexpr std::size_t window_frames = 9600;  // 0.2 s
constexpr std::size_t margin_frames = 240;   // how far from what is expected it is looked for

std::span<const float> part_of(const std::vector<float>& samples, std::ptrdiff_t from, std::size_t count) {
    if (from < 0 || static_cast<std::size_t>(from) + count > samples.size()) return {};
    return std::span(samples).subspan(static_cast<std::size_t>(from), count);
}

}  // namespace

int main(int argc, char** argv) {
    std::string first, second;
    std::ptrdiff_t around = 0;
    CLI::App app("prints SECONDS,LAG_US of the second track behind the first, for each fifth of a second");
    app.add_option("FIRST", first, "FLAC")->required();
    app.add_option("SECOND", second, "FLAC")->required();
    app.add_option("--around", around, "frames of lag to look around");
    CLI11_PARSE(app, argc, argv);
    const auto one = antiphon::ruler::read_melody(first);
    const auto other = antiphon::ruler::read_melody(second);
    for (const auto* track : {&one, &other}) {
        if (*track) continue;
        std::fprintf(stderr, "alignment_lags: %s\n", track->error().what.c_str());
        return 1;
    }
    for (std::ptrdiff_t at = 0;; at += window_frames) {
        const auto part = part_of(*one, at, window_frames);
        if (part.empty()) break;
        const auto from = at + around - static_cast<std::ptrdiff_t>(margin_frames);
        const auto whole = part_of(*other, from, window_frames + 2 * margin_frames);
        if (whole.empty()) continue;
        const auto lag = antiphon::ruler::find_lag(part, whole);
        if (!lag || lag->ambiguous) continue;
        const auto frames = lag->frames - static_cast<double>(margin_frames) + static_cast<double>(around);
        std::printf("%.1f,%.4f\n", static_cast<double>(at) / cluster_rate, frames * 1e6 / cluster_rate);
    }
    return 0;
}
