// Sound cards that exist as arithmetic, behind the real ALSA: its configuration, time by hand, and an ear in the room.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "adapters/virtual_audio/fixtures.test.hpp"
#include "adapters/virtual_audio/sound_reader.hpp"
#include "ports/audio.hpp"
#include "ports/clock.hpp"
#include "tests/card/control.hpp"

namespace antiphon::alsa {

// True time, which a test advances: nobody's clock runs wrong here.
class HandClock final : public ports::Clock {
  public:
    explicit HandClock(card::Control& control) : control_(control) {}

    core::LocalTime now() const noexcept override { return {control_.now_ns}; }
    core::WallTime wall() const noexcept override { return {control_.now_ns}; }
    core::LocalTime from_kernel_stamp(std::chrono::nanoseconds) const noexcept override { return now(); }
    core::LocalTime from_steady(std::chrono::steady_clock::time_point) const noexcept override { return now(); }
    std::chrono::steady_clock::duration wait_for(core::LocalTime until) const noexcept override {
        return std::max(until - now(), core::Duration{0});
    }

  private:
    card::Control& control_;
};

// The programme of a card, known at each of its frames.
inline float programme_at(core::FrameCount frame) {
    return 0.5F * std::sin(0.01F * static_cast<float>(frame % 100'000)) + 0.25F;
}

struct Render final : ports::Renderer {
    void render(const ports::RenderBlock& block) noexcept override {
        readings.push_back(block.reading);
        firsts.push_back(block.first);
        const auto channels = static_cast<std::size_t>(block.channels);
        for (std::size_t i = 0; i < block.samples.size(); ++i)
            block.samples[i] = programme_at(block.first + static_cast<core::FrameCount>(i / channels));
    }
    std::vector<ports::DeviceReading> readings;
    std::vector<core::FrameCount> firsts;
};

struct Capture final : ports::Capturer {
    void captured(const ports::CaptureBlock& block) noexcept override {
        readings.push_back(block.reading);
        firsts.push_back(block.first);
        for (std::size_t i = 0; i < block.samples.size(); i += static_cast<std::size_t>(block.channels))
            samples.push_back(block.samples[i]);
    }
    std::vector<ports::DeviceReading> readings;
    std::vector<core::FrameCount> firsts;
    std::vector<float> samples;
};

struct CardWorld : ::testing::Test {
    CardWorld() {
        control.now_ns = 5'000'000'000;
        describe("");
        ::setenv("ALSA_CONFIG_PATH", configuration.c_str(), 1);
    }

    // The cards "out" and "in" of hall, with such options; "soft" converts for "out", as ALSA's plug does.
    void describe(const std::string& options) {
        std::ofstream file(configuration);
        file << "pcm_type.antiphon_card { lib \"" ANTIPHON_CARD "\" }\n";
        for (const std::string name : {"out", "in"})
            file << "pcm." << name << " { type antiphon_card room \"" << room.string() << "\" owner hall name " << name
                 << " control \"" << control_file.string() << "\" " << options << " }\n";
        file << "pcm.soft { type plug slave.pcm out }\n";
    }

    void advance(core::Duration by) { control.now_ns += by.count(); }
    virtual_audio::TrueTime true_now() const { return virtual_audio::TrueTime{control.now_ns}; }

    // What left the speaker "out" in frames of the run that is on.
    std::vector<float> heard(core::FrameCount first, std::size_t count) const {
        auto reader = virtual_audio::SoundReader::open(room / "speakers" / "hall.out.pcm");
        if (!reader) return {};
        const auto run = reader->run(true_now());
        std::vector<float> frames(count);
        if (!run || !reader->read(*run, first, frames)) return {};
        return frames;
    }

    virtual_audio::TemporaryFolder folder;
    const std::filesystem::path room = folder.path() / "room";
    const std::filesystem::path control_file = folder.path() / "control";
    const std::filesystem::path configuration = folder.path() / "asound.conf";
    card::Control& control = *card::map_control(control_file);
    HandClock clock{control};
};

}  // namespace antiphon::alsa
