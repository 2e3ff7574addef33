// Comparing the speakers within one window.
#include "apps/ruler/window.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "apps/ruler/lag.hpp"
#include "apps/ruler/true_grid.hpp"
#include "core/contract.hpp"

namespace antiphon::ruler {
namespace {

using Sounds = std::span<const std::span<const float>>;

constexpr double silent_below_dbfs = -70;
constexpr double certain_correlation = 0.9;
constexpr int references_max = 3;  // tried in one window

double level_dbfs(std::span<const float> frames) {
    double power = 0;
    for (const double frame : frames) power += frame * frame;
    return 10 * std::log10(power / static_cast<double>(frames.size()) + 1e-20);
}

std::span<const float> window_of(std::span<const float> sound) {
    return sound.subspan(narrow_search_frames, window_frames);
}

std::optional<Lag> lag_within(std::span<const float> window, std::span<const float> sound, std::size_t search_frames) {
    auto lag = find_lag(window, sound);
    if (lag) lag->frames -= static_cast<double>(search_frames);
    return lag;
}

// How many points after `window` the same sound is found. A weak likeness nearby is not believed before the wide search
// has found nothing better.
std::optional<Lag> lag_behind(std::span<const float> window, std::span<const float> sound, std::size_t speaker,
                              const WideSound& wide) {
    const auto near = lag_within(window, sound, narrow_search_frames);
    if (near && std::abs(near->correlation) >= certain_correlation) return near;
    const auto far = lag_within(window, wide(speaker), wide_search_frames);
    return !far || (near && std::abs(near->correlation) >= std::abs(far->correlation)) ? near : far;
}

void match(SpeakerWindow& window, const std::optional<Lag>& lag) {
    window.match = !lag ? Match::unmatched : lag->ambiguous ? Match::ambiguous : Match::matched;
    window.lag_us = lag ? lag->frames * 1e6 / grid_rate : 0;
}

std::vector<SpeakerWindow> compare_with(std::size_t reference, Sounds sounds, const WideSound& wide) {
    std::vector<SpeakerWindow> windows(sounds.size());
    for (std::size_t i = 0; i < sounds.size(); ++i) {
        windows[i].level_dbfs = level_dbfs(window_of(sounds[i]));
        if (windows[i].level_dbfs < silent_below_dbfs) continue;
        match(windows[i], lag_behind(window_of(sounds[reference]), sounds[i], i, wide));
    }
    return windows;
}

std::ptrdiff_t likenesses(const std::vector<SpeakerWindow>& windows) {
    return std::count_if(windows.begin(), windows.end(),
                         [](const auto& w) { return w.match == Match::matched || w.match == Match::ambiguous; });
}

}  // namespace

std::vector<SpeakerWindow> compare(Sounds sounds, const WideSound& wide) {
    std::vector<SpeakerWindow> best(sounds.size());
    std::vector<std::size_t> audible;
    for (std::size_t i = 0; i < sounds.size(); ++i) {
        ANTIPHON_ASSERT(sounds[i].size() == narrow_points);
        best[i].level_dbfs = level_dbfs(window_of(sounds[i]));
        if (best[i].level_dbfs >= silent_below_dbfs) audible.push_back(i);
    }
    std::ptrdiff_t most = 0;
    for (std::size_t k = 0; k < std::min<std::size_t>(audible.size(), references_max); ++k) {
        auto windows = compare_with(audible[k], sounds, wide);
        if (likenesses(windows) <= most) continue;
        most = likenesses(windows);
        best = std::move(windows);
        if (2 * most > static_cast<std::ptrdiff_t>(audible.size())) break;
    }
    return best;
}

}  // namespace antiphon::ruler
