// Numbers and times in the words that people read. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace antiphon::cli {

// At cluster_rate: "3:05", "1:02:03".
std::string duration_text(core::FrameCount frames);
// "50 % (-6.0 dB)"; 0 is "0 % (silent)".
std::string level_text(double volume);
// "50 %"
std::string percent_text(double volume);
// "±12 µs", "±1.5 ms"
std::string clock_error_text(std::int64_t error_ns);
// "+1.2 µs", "-3.4 ms"
std::string deviation_text(std::int64_t ns);
// "-23 dB"
std::string decibel_text(double db);
// "12.3 MB", in powers of ten as players and disks count.
std::string size_text(std::uint64_t bytes);
// "━━━━────", of `cells` characters, `part` (0..1) of them heavy.
std::string bar_text(double part, std::size_t cells);
// "2026-01-31 18:05:09", in the time zone of this machine.
std::string wall_text(core::WallTime time);
// "1 output", "2 outputs"
std::string count_text(std::size_t count, const std::string& noun);
// "a, b and c"; "nothing"
std::string enumerated(const std::vector<std::string>& words);
// "a, b"
std::string listed(const std::vector<std::string>& words);
// An enumerator's name for people: "playing_and_recording" with spaces.
std::string words_of(std::string_view enumerator);

}  // namespace antiphon::cli
