// Laws of the sources themselves: a tone is a tone, and a pipe plays whatever programs write to it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "adapters/system/clock.hpp"
#include "adapters/system/random.hpp"
#include "apps/live/source.hpp"

namespace antiphon::live {
namespace {

using std::chrono::milliseconds;

TEST(ToneSource, IsTheSameToneWhereverItBegins) {
    boost::asio::io_context io;
    system::SystemClock clock;
    auto tone = *open_source(io, clock, {}, ToneSpec{440});
    std::vector<float> whole(4800), part(480);
    tone->produce(1'000'000'000'000, whole, {});
    tone->produce(1'000'000'000'000 + 1000, part, {});
    for (std::size_t i = 0; i < part.size(); ++i) ASSERT_EQ(part[i], whole[2000 + i]) << i;
    float peak = 0;
    for (const auto value : whole) peak = std::max(peak, std::abs(value));
    EXPECT_NEAR(peak, 0.25, 0.001);
    EXPECT_TRUE(tone->view().flows);
}

class PipeTest : public ::testing::Test {
  protected:
    PipeTest() {
        std::filesystem::create_directories(folder);
        EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    }
    ~PipeTest() override {
        end_writer();
        std::filesystem::remove_all(folder);
    }
    void open() {
        auto opened = open_source(io, clock, {}, PipeSpec{path, {}});
        ASSERT_TRUE(opened) << opened.error().what;
        source = std::move(*opened);
    }
    void begin_writer() {
        writer = ::open(path.c_str(), O_WRONLY | O_NONBLOCK);
        ASSERT_GE(writer, 0);
    }
    void end_writer() {
        if (writer >= 0) ::close(writer);
        writer = -1;
    }
    // Frames of this level; how many the pipe took.
    std::size_t write(float level, std::size_t frames) {
        const auto value = static_cast<std::int16_t>(level * 32768);
        const std::vector<std::int16_t> samples(frames * 2, value);
        const auto taken = ::write(writer, samples.data(), samples.size() * 2);
        return taken < 0 ? 0 : static_cast<std::size_t>(taken) / 4;
    }
    // The next packets, as a sender makes them, until this holds of the last one.
    template <class Wanted>
    bool play_until(const Wanted& wanted) {
        const auto deadline = clock.now() + std::chrono::seconds(20);
        while (clock.now() < deadline) {
            io.run_for(milliseconds(5));
            source->produce(next, packet, clock.now());
            next += 240;
            if (wanted()) return true;
        }
        return false;
    }
    bool plays(float level) const {
        return std::all_of(packet.begin(), packet.end(), [&](float x) { return std::abs(x - level) < 1e-3F; });
    }

    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("antiphon-pipe-" + system::random_hex(6));
    const std::string path = folder / "radio";
    boost::asio::io_context io;
    system::SystemClock clock;
    std::unique_ptr<Source> source;
    std::vector<float> packet = std::vector<float>(480);
    core::FrameCount next = 0;
    int writer = -1;
};

TEST_F(PipeTest, IsHeardOnceSomebodyWritesToIt) {
    open();
    EXPECT_TRUE(play_until([&] { return !source->view().reason.empty(); }));
    EXPECT_EQ(source->view().reason, "no program writes to " + path + " yet");
    begin_writer();
    EXPECT_TRUE(play_until([&] { return write(0.25F, 480), plays(0.25F); }));
    EXPECT_TRUE(source->view().flows);
}

TEST_F(PipeTest, OneWriterMayFollowAnother) {
    open();
    begin_writer();
    EXPECT_TRUE(play_until([&] { return write(0.25F, 480), plays(0.25F); }));
    EXPECT_EQ(::write(writer, "x", 1), 1) << "and it stops in the middle of a frame";
    end_writer();
    EXPECT_TRUE(play_until([&] { return !source->view().flows; }));
    EXPECT_EQ(source->view().reason, "the program that wrote to " + path + " has gone");
    begin_writer();
    EXPECT_TRUE(play_until([&] { return write(-0.5F, 480), plays(-0.5F); }));
}

TEST_F(PipeTest, AWriterThatFallsSilentIsAStateWithAReason) {
    open();
    begin_writer();
    EXPECT_TRUE(play_until([&] { return write(0.25F, 480), plays(0.25F); }));
    EXPECT_TRUE(play_until([&] { return !source->view().flows; }));
    EXPECT_EQ(source->view().reason.find("nothing has come from " + path + " for "), 0U) << source->view().reason;
}

// It writes as fast as it can: its pipe holds it back, and what is read is played at our rate.
TEST_F(PipeTest, AFastWriterIsHeldBack) {
    open();
    begin_writer();
    std::size_t given = 0;
    EXPECT_TRUE(play_until([&] { return given += write(0.25F, 4096), next >= 48'000; }));
    EXPECT_LE(given, 48'000U + 16'384 + 16'384 + 240) << "beside a second that was played: a window and a pipe";
}

TEST_F(PipeTest, WhatIsNoPipeIsNotOpened) {
    std::ofstream(folder / "song.wav") << "RIFF";
    for (const auto& opened : {check_source(PipeSpec{folder / "song.wav", {}}), check_source(PipeSpec{folder, {}})}) {
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, core::ErrorCode::invalid);
    }
    EXPECT_EQ(open_source(io, clock, {}, PipeSpec{folder / "song.wav", {}}).error().code, core::ErrorCode::invalid);
    const auto missing = check_source(PipeSpec{folder / "none", {}});
    EXPECT_EQ(missing.error().code, core::ErrorCode::not_found);
    EXPECT_NE(missing.error().what.find("make it with: mkfifo"), std::string::npos);
    EXPECT_TRUE(check_source(PipeSpec{path, {}}));
}

// Whoever looks whether a pipe is there must not end the program that waits to write to it.
TEST_F(PipeTest, LookingAtAPipeDoesNotOpenIt) {
    EXPECT_TRUE(check_source(PipeSpec{path, {}}));
    EXPECT_EQ(::open(path.c_str(), O_WRONLY | O_NONBLOCK), -1) << "nobody reads";
}

}  // namespace
}  // namespace antiphon::live
