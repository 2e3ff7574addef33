// Whether a sweep has exercised enough to mean anything.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace antiphon::sim {

// Per 10 runs, so that small sweeps are judged too.
struct Exercise {
    const char* what;
    std::uint64_t count;
    std::uint64_t wanted_in_10;
};

// The first that came too seldom; nothing: all came often enough.
inline std::optional<std::string> too_seldom(std::span<const Exercise> exercises, std::uint64_t runs) {
    for (const auto& one : exercises)
        if (one.count * 10 < one.wanted_in_10 * runs)
            return std::string("too few ") + one.what + ": " + std::to_string(one.count) + " in " +
                   std::to_string(runs) + " runs";
    return std::nullopt;
}

}  // namespace antiphon::sim
