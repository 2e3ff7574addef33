// One look at all speakers at the same true time: which of them sound, and how far apart.
#pragma once

#include <functional>
#include <span>
#include <vector>

namespace antiphon::ruler {

inline constexpr std::size_t window_frames = 4096;  // of the reference, 85 ms
inline constexpr std::size_t narrow_search_frames = 2048;
inline constexpr std::size_t wide_search_frames = 30720;  // 640 ms, when nothing fits nearer
// Points of a speaker's sound that the searches need, the window in the middle.
inline constexpr std::size_t narrow_points = window_frames + 2 * narrow_search_frames;
inline constexpr std::size_t wide_points = window_frames + 2 * wide_search_frames;

enum class Match {
    silent,     // below -70 dBFS
    unheard,    // the ruler came too late for it: nothing is known
    matched,    // `lag_us` holds
    unmatched,  // sounds, but nothing like the reference
    ambiguous,  // the sound repeats itself so closely that its lag cannot be told
};

struct SpeakerWindow {
    Match match = Match::silent;
    double lag_us = 0;         // behind the window's reference, which is one of the speakers; differences count
    double level_dbfs = -200;  // RMS
};

// The `wide_points` of one speaker: asked for only where the narrow search fails, for they cost time.
using WideSound = std::function<std::vector<float>(std::size_t speaker)>;

// `sounds`: of each speaker `narrow_points` points of true time, around the same moment as those of `wide`. The
// reference is the speaker that most others can be matched with. Pure.
std::vector<SpeakerWindow> compare(std::span<const std::span<const float>> sounds, const WideSound& wide);

}  // namespace antiphon::ruler
