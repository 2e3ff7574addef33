// -12 dB of full scale: a tone is louder than it looks.
#include "apps/live/tone_source.hpp"

#include <cmath>
#include <numbers>

namespace antiphon::live {
namespace {
constexpr double amplitude = 0.25;
}

void ToneSource::produce(core::FrameCount first, std::span<float> frames, core::LocalTime) {
    for (std::size_t i = 0; i + channels <= frames.size(); i += channels) {
        const auto frame = static_cast<double>(first + static_cast<core::FrameCount>(i / channels));
        const double turns = std::fmod(hertz_ * frame, core::cluster_rate) / core::cluster_rate;
        const auto value = static_cast<float>(amplitude * std::sin(2 * std::numbers::pi * turns));
        for (int channel = 0; channel < channels; ++channel) frames[i + static_cast<std::size_t>(channel)] = value;
    }
}

}  // namespace antiphon::live
