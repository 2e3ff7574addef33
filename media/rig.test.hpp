// An ideal output for tests of Playout: perfect crystals, a device that is 480 frames ahead, a decoder that is told.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "media/playout.hpp"

namespace antiphon::media::test {

inline constexpr core::ClockIncarnation first_life{1};

// The stream's signal in both channels, known at any place: 200 Hz at half scale.
inline double signal_at(double frame) { return 0.5 * std::sin(2 * std::numbers::pi * 200 / 48000 * frame); }
// Half a fade's steepest step plus the signal's own: what a click exceeds.
inline constexpr float step_max = 0.018F;

struct Rig {
    PcmWindow window{2, 1 << 15};
    Playout playout{window};
    core::FrameCount next = 0;            // device frame
    std::vector<float> left = {};         // all that was rendered so far, first channel
    core::FrameCount frame_of_start = 0;  // device frame of left[0]

    Rig() {
        playout.set_clock({.incarnation = first_life});
        for (int i = 0; i < 8; ++i) render(480);  // the device gets known
        left.clear();
        frame_of_start = next;
    }

    std::uint32_t run = 0;  // of the device

    // Local time = cluster time = the device's frames, exactly.
    static double time_ns(double frame) { return 1e9 + frame * 1e9 / 48000; }

    void decode(core::FrameCount count) {
        std::vector<float> samples;
        for (core::FrameCount i = 0; i < count; ++i) {
            const auto value = static_cast<float>(signal_at(static_cast<double>(window.next_frame() + i)));
            samples.insert(samples.end(), {value, value});
        }
        ASSERT_EQ(window.write(samples), count);
    }

    void render(core::FrameCount count) {
        std::vector<float> block(static_cast<std::size_t>(count) * 2, 9.0F);
        const auto played = next - 480;
        const auto at = static_cast<std::int64_t>(std::ceil(time_ns(static_cast<double>(played))));
        playout.render({{at}, played, next, 2, block, run});
        for (std::size_t i = 0; i < block.size(); i += 2) left.push_back(block[i]);
        next += count;
    }

    // Renders with the decoder well ahead.
    void play(core::FrameCount count) {
        for (; count > 0; count -= 480) {
            if (window.writable() >= 480) decode(480);
            render(std::min<core::FrameCount>(count, 480));
        }
    }

    // Frame `frame` of the stream is to be heard with device frame `device_frame` (may have a fraction).
    void start(double device_frame, core::FrameCount frame = 0, std::uint64_t epoch = 0) {
        playout.set_timeline({.playing = true,
                              .epoch = epoch,
                              .incarnation = first_life,
                              .start_ns = std::llround(time_ns(device_frame)),
                              .start_frame = frame});
    }

    float heard(core::FrameCount device_frame) const {
        return left.at(static_cast<std::size_t>(device_frame - frame_of_start));
    }
    // The largest difference to the stream when its frame 0 is at `device_frame`, over device frames [from, to).
    double difference(double device_frame, core::FrameCount from, core::FrameCount to) const {
        double worst = 0;
        for (auto f = from; f < to; ++f)
            worst = std::max(
                worst, std::abs(static_cast<double>(heard(f)) - signal_at(static_cast<double>(f) - device_frame)));
        return worst;
    }
    float largest_step() const {
        float worst = 0;
        for (std::size_t i = 1; i < left.size(); ++i) worst = std::max(worst, std::abs(left[i] - left[i - 1]));
        return worst;
    }
    core::FrameCount silent_frames(core::FrameCount from, core::FrameCount to) const {
        core::FrameCount count = 0;
        for (auto f = from; f < to; ++f) count += heard(f) == 0.0F;
        return count;
    }
};

}  // namespace antiphon::media::test
