// A room on paper: a tune, speakers that play it, and microphones on crystals of their own that record it.
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "adapters/virtual_audio/air.hpp"
#include "apps/ruler/mics/mic_report.hpp"
#include "apps/ruler/mics/moved.hpp"

namespace antiphon::ruler {

// Plucked tones and strokes of noise, 48 kHz, nothing above 12 kHz, so that it can be read between its samples.
inline std::vector<float> tune(double seconds) {
    std::mt19937 random(7);
    std::normal_distribution<float> normal(0, 0.02F);
    const auto count = static_cast<std::size_t>(seconds * core::cluster_rate);
    std::vector<float> samples(count), smooth(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double since = static_cast<double>(i % 9600) / 9600;
        const double pitch_hz = 220 * std::pow(2, static_cast<double>(i / 9600 * 5 % 12) / 12);
        const double angle = 2 * M_PI * pitch_hz * static_cast<double>(i) / core::cluster_rate;
        samples[i] = static_cast<float>(0.3 * std::exp(-4 * since) * std::sin(angle)) + normal(random);
    }
    for (std::size_t i = 32; i + 32 < count; ++i)
        for (int k = -32; k <= 32; ++k) {
            const double x = 0.5 * k, window = 0.5 + 0.5 * std::cos(M_PI * k / 33);
            const double sinc = k == 0 ? 1 : std::sin(M_PI * x) / (M_PI * x);
            smooth[i] +=
                static_cast<float>(0.5 * window * sinc) * samples[static_cast<std::size_t>(static_cast<int>(i) + k)];
        }
    return smooth;
}

struct Playing {
    PlacedSpeaker speaker;
    double gain = 1;
    double late_s = 0;
};

struct Microphone {
    std::string name;
    virtual_audio::Position at;
    double ppm = 0;
};

inline constexpr std::int64_t first_anchor_ns = 7'000'000'123;  // cluster time of a recording's first frame

// What `microphone` records of `melody`, which begins `start_s` after the recording.
inline Recording recorded(const Microphone& microphone, const std::vector<float>& melody, double start_s,
                          const std::vector<Playing>& playing) {
    const double rate = core::cluster_rate * (1 + microphone.ppm / 1e6);
    Recording recording{.name = microphone.name, .at = microphone.at};
    const auto count = static_cast<std::size_t>((start_s + 1) * rate) + melody.size();
    std::mt19937 random(11);
    std::normal_distribution<float> noise(0, 1e-4F);
    for (std::size_t i = 0; i < count; ++i) recording.samples.push_back(noise(random));
    std::vector<float> padded(1000), heard(melody.size() / 2 * 2 - 4800);
    padded.insert(padded.end(), melody.begin(), melody.end());
    padded.resize(padded.size() + 1000);
    for (const auto& one : playing) {
        const double distance = virtual_audio::distance_m(one.speaker.at, microphone.at);
        const double arrives_s = start_s + distance / virtual_audio::sound_speed_m_per_s + one.late_s;
        const auto first = static_cast<std::size_t>(std::ceil(arrives_s * rate));
        const double offset = (static_cast<double>(first) / rate - arrives_s) * core::cluster_rate;
        moved(padded, 1000 + offset, core::cluster_rate / rate, heard);
        const auto gain = static_cast<float>(one.gain * virtual_audio::gain_at(distance));
        for (std::size_t i = 0; i < heard.size(); ++i) recording.samples[first + i] += gain * heard[i];
    }
    for (core::FrameCount frame = 0; frame < static_cast<core::FrameCount>(count); frame += 24000)
        recording.anchors.push_back({frame, first_anchor_ns + std::llround(static_cast<double>(frame) / rate * 1e9)});
    return recording;
}

}  // namespace antiphon::ruler
