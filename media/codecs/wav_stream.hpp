// A WAV file that has no end: for players, and for programs that read sound from a pipe.
#pragma once

#include <span>
#include <string>

#include "core/units.hpp"
#include "media/codecs/little_endian.hpp"
#include "media/codecs/quantise.hpp"

namespace antiphon::media {

// Of 16 bit at the cluster's rate. Its sizes are the largest there are, which readers take for "until the end".
inline std::string wav_stream_head(int channels) {
    std::string head;
    const auto number = [&](std::uint32_t value, int bytes) { append_little_endian(head, value, bytes); };
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
    for (const float sample : samples)
        append_little_endian(bytes, static_cast<std::uint32_t>(quantised(sample, 16)), 2);
    return bytes;
}

}  // namespace antiphon::media
