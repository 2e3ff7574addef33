// What chance has decided in a room: numbers drawn from its seed and a name, the same each time. Internal.
#pragma once

#include <cstdint>
#include <string_view>

#include "adapters/virtual_audio/device_string.hpp"
#include "adapters/virtual_audio/room.hpp"

namespace antiphon::virtual_audio {

// Thorough mixing of 64 bits; equal inputs give equal outputs on every machine. Real-time-safe.
constexpr std::uint64_t mix_bits(std::uint64_t bits) {
    bits += 0x9E3779B97F4A7C15U;
    bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9U;
    bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBU;
    return bits ^ (bits >> 31);
}

// Evenly spread over [-1, 1).
constexpr double to_unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-52 - 1.0; }

class Draw {
  public:
    // `subject` and `what` say which number is drawn: "node hall", "rate".
    static std::uint64_t bits(const Room& room, std::string_view subject, std::string_view what) {
        return mix_bits(hash(hash(room.seed_, subject), what));
    }
    static double unit(const Room& room, std::string_view subject, std::string_view what) {
        return to_unit(bits(room, subject, what));
    }
    static double ppm(const Room& room, std::string_view subject) { return ppm_max * unit(room, subject, "rate"); }
    static Position position(const Room& room, std::string_view subject) {
        return {half_width_m * (1 + unit(room, subject, "x")), half_depth_m * (1 + unit(room, subject, "y"))};
    }

  private:
    static constexpr double ppm_max = 100;
    static constexpr double half_width_m = 4;  // a room of 8 m by 6 m
    static constexpr double half_depth_m = 3;

    static std::uint64_t hash(std::uint64_t state, std::string_view text) {
        for (const unsigned char c : text) state = mix_bits(state ^ c);
        return mix_bits(state ^ text.size() << 8);
    }
};

}  // namespace antiphon::virtual_audio
