// A WAV file that has no end: for players, and for programs that read sound from a pipe.
#pragma once

#include <span>
#include <string>

#include "core/units.hpp"
#include "media/codecs/quantise.hpp"

namespace antiphon::media {

// Of 16 bit at the cluster's rate. Its sizes are the largest there are, which readers take for "until the end".
inline std::string wav_stream_head(int channels) {
    std::string head;
    const auto number = [&](std::uint32_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) head += static_cast<char>(value >> (8 * i) & 0xFF);
    };
    const auto frame_bytes = static_cast<std::uint32_t>(channels) * 2;
    head += "RIFF";
    number(0xFFFF'FFFF, 4);
    head += "WAVEfmt ";
    number(16, 4);
    number(1, 2);  // PCM
    number(static_cast<std::uint32_t>(channels), 2);
    number(core::cluster_rate, 4);
    number(core::cluster_rate * frame_bytes, 4);
    number(frame_bytes, 2);
    number(16, 2);
    head += "data";
    number(0xFFFF'FFFF, 4);
    return head;
}

// Interleaved samples, -1..1.
inline std::string wav_bytes(std::span<const float> samples) {
    std::string bytes;
    bytes.reserve(samples.size() * 2);
    for (const float sample : samples) {
        const auto value = static_cast<std::uint16_t>(quantised(sample, 16));
        bytes += static_cast<char>(value & 0xFF);
        bytes += static_cast<char>(value >> 8);
    }
    return bytes;
}

}  // namespace antiphon::media
