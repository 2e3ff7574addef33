// One look at all speakers at the same true time: which of them sound, and how far apart.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace antiphon::ruler {

inline constexpr std::size_t window_frames = 4096;  // of the reference, 85 ms
inline constexpr std::size_t narrow_search_frames = 4096;
inline constexpr std::size_t wide_search_frames = 24000;  // 500 ms, when nothing fits nearer
// Points that each speaker's sound needs around the window.
inline constexpr std::size_t grid_points = window_frames + 2 * wide_search_frames;

enum class Match {
    silent,     // below -70 dBFS
    matched,    // `lag_us` holds
    unmatched,  // sounds, but nothing like the reference
    ambiguous,  // the sound repeats itself so closely that its lag cannot be told
};

struct SpeakerWindow {
    Match match = Match::silent;
    double lag_us = 0;         // behind the window's reference, which is one of the speakers; differences count
    double level_dbfs = -200;  // RMS
};

// `sounds`: of each speaker `grid_points` points of true time, the window in the middle. The reference is the speaker
// that most others can be matched with. Pure.
std::vector<SpeakerWindow> compare(std::span<const std::span<const float>> sounds);

}  // namespace antiphon::ruler
