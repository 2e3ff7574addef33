// Numbers and times in words.
#include "apps/cli/wording.hpp"

#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace antiphon::cli {
namespace {

template <class... Values>
std::string formatted(const char* format, Values... values) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), format, values...);
    return text.data();
}

}  // namespace

std::string duration_text(core::FrameCount frames) {
    const long long seconds = std::max<core::FrameCount>(frames, 0) / core::cluster_rate;
    if (seconds < 3600) return formatted("%lld:%02lld", seconds / 60, seconds % 60);
    return formatted("%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string percent_text(double volume) { return formatted("%.0f %%", volume * 100); }

std::string level_text(double volume) {
    if (volume <= 0) return "0 % (silent)";
    return percent_text(volume) + formatted(" (%.1f dB)", 20 * std::log10(volume) + 0.0);
}

std::string clock_error_text(std::int64_t error_ns) {
    const double us = std::abs(static_cast<double>(error_ns)) / 1000;
    if (us < 10) return formatted("±%.1f µs", us);
    if (us < 1000) return formatted("±%.0f µs", us);
    return us < 1e6 ? formatted("±%.1f ms", us / 1000) : formatted("±%.1f s", us / 1e6);
}

std::string deviation_text(std::int64_t ns) {
    const double us = static_cast<double>(ns) / 1000;
    if (std::abs(us) < 1000) return formatted("%+.1f µs", us);
    return std::abs(us) < 1e6 ? formatted("%+.1f ms", us / 1000) : formatted("%+.1f s", us / 1e6);
}

std::string decibel_text(double db) { return formatted("%.0f dB", db); }

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 4> units{"kB", "MB", "GB", "TB"};
    if (bytes < 1000) return std::to_string(bytes) + " B";
    double size = static_cast<double>(bytes) / 1000;
    std::size_t unit = 0;
    while (size >= 999.95 && unit + 1 < units.size()) {
        size /= 1000;
        ++unit;
    }
    return formatted("%.1f ", size) + units[unit];
}

std::string bar_text(double part, std::size_t cells) {
    const double filled = std::clamp(std::isfinite(part) ? part : 0, 0.0, 1.0) * static_cast<double>(cells);
    const auto heavy = static_cast<std::size_t>(std::lround(filled));
    std::string text;
    for (std::size_t i = 0; i < cells; ++i) text += i < heavy ? "━" : "─";
    return text;
}

std::string wall_text(core::WallTime time) {
    const auto seconds = static_cast<time_t>(time.ns / 1'000'000'000);
    tm parts{};
    if (::localtime_r(&seconds, &parts) == nullptr) return "?";
    std::array<char, 32> text{};
    if (std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts) == 0) return "?";
    return text.data();
}

std::string count_text(std::size_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text.append(text.empty() ? "" : ", ").append(word);
    return text;
}

std::string enumerated(const std::vector<std::string>& words) {
    if (words.empty()) return "nothing";
    if (words.size() == 1) return words.front();
    return listed({words.begin(), words.end() - 1}) + " and " + words.back();
}

std::string words_of(std::string_view enumerator) {
    std::string text(enumerator);
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
}

}  // namespace antiphon::cli
