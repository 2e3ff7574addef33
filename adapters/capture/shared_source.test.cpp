// Laws of a shared microphone: each who listens gets each block, from when it came until it went, and no callback
// reaches who has gone. Method: a device that the test turns by hand, and one with a thread that never rests.
#include "adapters/capture/shared_source.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace antiphon::capture {
namespace {

struct Device final : ports::AudioSource {
    ports::Capturer* to = nullptr;
    int starts = 0;
    core::FrameCount first = 0;
    std::optional<core::Error> broken;

    ports::AudioFormat format() const override { return {48000, 1}; }
    core::Result<void> start(ports::Capturer& capturer) override {
        if (broken) return *broken;
        ++starts;
        first = 0;
        to = &capturer;
        return {};
    }
    void stop() override { to = nullptr; }
    std::string trouble() const override { return broken ? broken->what : ""; }
    ports::SourceCounters counters() const override { return {}; }

    void turn() {
        const std::vector<float> samples(480, 0.5F);
        if (to) to->captured({.first = first, .channels = 1, .samples = samples});
        first += 480;
    }
};

struct Ear final : ports::Capturer {
    std::vector<core::FrameCount> firsts;
    void captured(const ports::CaptureBlock& block) noexcept override { firsts.push_back(block.first); }
};

struct Bench {
    std::unique_ptr<Device> owned = std::make_unique<Device>();
    Device* const device = owned.get();
    SharedSource source{std::move(owned)};
};

TEST(SharedSource, EachGetsEachBlockFromWhenItCameUntilItWent) {
    Bench bench;
    Ear recording, session;
    ASSERT_TRUE(bench.source.start(recording));
    bench.device->turn();
    ASSERT_TRUE(bench.source.start(session));
    bench.device->turn();
    bench.source.stop(recording);
    bench.device->turn();
    EXPECT_EQ(recording.firsts, (std::vector<core::FrameCount>{0, 480}));
    EXPECT_EQ(session.firsts, (std::vector<core::FrameCount>{480, 960}));
    EXPECT_EQ(bench.device->starts, 1);
}

TEST(SharedSource, TheDeviceRunsWhileAnybodyListens) {
    Bench bench;
    Ear one, other;
    bench.source.stop(one);
    EXPECT_FALSE(bench.device->to);
    ASSERT_TRUE(bench.source.start(one));
    ASSERT_TRUE(bench.source.start(other));
    bench.source.stop(one);
    EXPECT_TRUE(bench.device->to);
    bench.source.stop(other);
    EXPECT_FALSE(bench.device->to);
    ASSERT_TRUE(bench.source.start(one));
    EXPECT_EQ(bench.device->starts, 2);
}

TEST(SharedSource, RefusalsSayWhyAndLeaveTheRestAlone) {
    Bench bench;
    std::vector<Ear> ears(Fan::capturers_max + 1);
    bench.device->broken = core::Error{core::ErrorCode::unavailable, "unplugged"};
    EXPECT_EQ(bench.source.start(ears[0]).error().what, "unplugged");
    bench.device->broken.reset();
    for (std::size_t i = 0; i < Fan::capturers_max; ++i) ASSERT_TRUE(bench.source.start(ears[i])) << i;
    EXPECT_EQ(bench.source.start(ears[0]).error().code, core::ErrorCode::conflict);
    EXPECT_EQ(bench.source.start(ears.back()).error().code, core::ErrorCode::exhausted);
    bench.device->turn();
    for (std::size_t i = 0; i < Fan::capturers_max; ++i) EXPECT_EQ(ears[i].firsts.size(), 1U);
    EXPECT_TRUE(ears.back().firsts.empty());
}

// Calls as fast as it can, from a thread of its own.
class Restless final : public ports::AudioSource {
  public:
    ports::AudioFormat format() const override { return {48000, 1}; }
    core::Result<void> start(ports::Capturer& capturer) override {
        thread_ = std::jthread([&capturer](const std::stop_token& stop) {
            const std::vector<float> samples(10, 0.5F);
            for (core::FrameCount first = 0; !stop.stop_requested(); first += 10)
                capturer.captured({.first = first, .channels = 1, .samples = samples});
        });
        return {};
    }
    void stop() override { thread_ = {}; }
    std::string trouble() const override { return {}; }
    ports::SourceCounters counters() const override { return {}; }

  private:
    std::jthread thread_;
};

// Knows whether it may be called: a call after its stop() would be a race, which the thread sanitizer finds.
struct Mortal final : ports::Capturer {
    std::vector<float> heard = std::vector<float>(10);
    std::atomic<int> calls{0};
    void captured(const ports::CaptureBlock& block) noexcept override {
        std::copy(block.samples.begin(), block.samples.end(), heard.begin());
        calls.fetch_add(1, std::memory_order_relaxed);
    }
};

TEST(SharedSource, NoCallbackReachesWhoHasGone) {
    SharedSource source{std::make_unique<Restless>()};
    Mortal listens;
    ASSERT_TRUE(source.start(listens));
    for (int i = 0; i < 2000; ++i) {
        auto mortal = std::make_unique<Mortal>();
        ASSERT_TRUE(source.start(*mortal));
        while (i % 100 == 0 && mortal->calls.load(std::memory_order_relaxed) == 0) std::this_thread::yield();
        source.stop(*mortal);
    }
    source.stop(listens);
    EXPECT_GT(listens.calls.load(), 20);
}

}  // namespace
}  // namespace antiphon::capture
