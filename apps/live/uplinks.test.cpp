// Laws of an input on its way: what a board's microphone captures is what the coordinator's source gives, in time.
// Method: both ends over real sockets, and a device that the test turns.
#include "apps/live/uplinks.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "adapters/system/clock.hpp"
#include "apps/live/input_source.hpp"

namespace antiphon::live {
namespace {

using std::chrono::milliseconds;

constexpr core::ClockIncarnation life{7};
const core::SessionId session{"s1"};

// Captures this level, in blocks of 10 ms, as long as it is on.
class Microphone final : public ports::AudioSource {
  public:
    Microphone(const ports::Clock& clock, float level) : clock_(clock), level_(level) {}
    ~Microphone() override { stop(); }

    ports::AudioFormat format() const override { return {48'000, 1}; }
    core::Result<void> start(ports::Capturer& capturer) override {
        capturer_ = &capturer;
        return {};
    }
    void stop() override { capturer_ = nullptr; }
    std::string trouble() const override { return {}; }
    ports::SourceCounters counters() const override { return {}; }

    bool runs() const { return capturer_ != nullptr; }
    void turn(core::LocalTime now) {
        if (!begun_) begun_ = now;
        for (; *begun_ + core::Duration{first_ * 125'000 / 6} < now; first_ += 480)  // a frame takes 125/6 us
            if (capturer_) capturer_->captured({{clock_.now(), first_ + 480}, first_, 1, block_});
    }

  private:
    const ports::Clock& clock_;
    const float level_;
    const std::vector<float> block_ = std::vector<float>(480, level_);
    std::optional<core::LocalTime> begun_;
    core::FrameCount first_ = 0;
    ports::Capturer* capturer_ = nullptr;
};

struct Desk {
    boost::asio::io_context io;
    system::SystemClock clock;
    std::unique_ptr<Source> source;
    std::unique_ptr<Microphone> owned = std::make_unique<Microphone>(clock, 0.25F);
    Microphone* const microphone = owned.get();
    capture::SharedSource input{std::move(owned)};
    std::unique_ptr<Uplinks> uplinks = std::make_unique<Uplinks>(io, clock, "127.0.0.1");
    core::ClusterTime begins{life, clock.now().ns};
    core::FrameCount produced = 0;
    bool microphone_on = true;
    std::vector<float> packet = std::vector<float>(480);

    Desk() {
        auto opened = InputSource::open(io, clock, {"hall/mic"}, {boost::asio::ip::make_address("127.0.0.1"), 0});
        EXPECT_TRUE(opened);
        source = std::move(*opened);
        source->begins_at(begins);
    }
    core::DesiredUplink desired() const {
        return {session, "mic", *source->uplink(), {life, begins.ns - core::uplink_lead.count()}};
    }
    void know_the_time(core::ClockIncarnation incarnation = life) {
        const auto now = clock.now();
        uplinks->set_clock({.local = now, .cluster_ns = now.ns, .incarnation = incarnation});
    }
    // Turns the microphone, and asks the source for each packet when it is due.
    template <class Done>
    bool run_until(const Done& done, milliseconds within = std::chrono::seconds(20)) {
        const auto deadline = clock.now() + within;
        while (clock.now() < deadline) {
            if (microphone_on) microphone->turn(clock.now());
            const auto due = (clock.now().ns - begins.ns) / 5'000'000 * 240;
            for (; produced < due; produced += 240) source->produce(produced, packet, clock.now());
            if (done()) return true;
            io.restart();
            io.run_one_for(milliseconds(2));
        }
        return false;
    }
    bool hears(float level) const {
        return std::ranges::all_of(packet, [&](float frame) { return std::abs(frame - level) < 1e-3F; });
    }
};

TEST(Uplinks, WhatTheMicrophoneCapturesIsWhatTheSourceGives) {
    Desk desk;
    ASSERT_TRUE(desk.uplinks->send(desk.desired(), desk.input));
    EXPECT_TRUE(desk.microphone->runs());
    EXPECT_FALSE(desk.run_until([&] { return desk.source->view().flows; }, milliseconds(300)))
        << "who knows no time sends nothing";
    desk.know_the_time();
    EXPECT_TRUE(desk.run_until([&] { return desk.hears(0.25F); }));
    EXPECT_TRUE(desk.source->view().flows);
    desk.uplinks->stop(session);
    EXPECT_FALSE(desk.microphone->runs());
    EXPECT_TRUE(desk.run_until([&] { return !desk.source->view().flows && desk.hears(0); }));
    EXPECT_TRUE(desk.run_until([&] { return !desk.source->view().reason.empty(); }));
    EXPECT_EQ(desk.source->view().reason, "nothing comes from the input hall/mic");
    EXPECT_GT(desk.source->lost_frames(), 0U);
}

TEST(Uplinks, AMicrophoneThatGivesNothingIsNotSent) {
    Desk desk;
    desk.know_the_time();
    ASSERT_TRUE(desk.uplinks->send(desk.desired(), desk.input));
    ASSERT_TRUE(desk.run_until([&] { return desk.hears(0.25F); }));
    desk.microphone_on = false;
    EXPECT_TRUE(desk.run_until([&] { return !desk.source->view().flows; }));
    desk.microphone_on = true;
    EXPECT_TRUE(desk.run_until([&] { return desk.source->view().flows && desk.hears(0.25F); }));
}

TEST(Uplinks, ANewSenderIsHeardInThePlaceOfOneThatDied) {
    Desk desk;
    desk.know_the_time();
    ASSERT_TRUE(desk.uplinks->send(desk.desired(), desk.input));
    ASSERT_TRUE(desk.run_until([&] { return desk.hears(0.25F); }));
    desk.uplinks = std::make_unique<Uplinks>(desk.io, desk.clock, "127.0.0.1");
    EXPECT_FALSE(desk.microphone->runs());
    desk.know_the_time();
    ASSERT_TRUE(desk.uplinks->send(desk.desired(), desk.input));
    EXPECT_TRUE(desk.run_until([&] { return desk.source->lost_frames() > 0; })) << "there is a gap";
    EXPECT_TRUE(desk.run_until([&] { return desk.hears(0.25F); }));
}

TEST(Uplinks, TheClockOfAnotherLifeSendsNothing) {
    Desk desk;
    desk.know_the_time({8});
    ASSERT_TRUE(desk.uplinks->send(desk.desired(), desk.input));
    EXPECT_FALSE(desk.run_until([&] { return desk.source->view().flows; }, milliseconds(300)));
}

TEST(Uplinks, ADoorThatNobodyCanGoThroughIsRefused) {
    Desk desk;
    auto wrong = desk.desired();
    wrong.door.key = "none";
    EXPECT_EQ(desk.uplinks->send(wrong, desk.input).error().code, core::ErrorCode::invalid);
    EXPECT_FALSE(desk.microphone->runs());
}

}  // namespace
}  // namespace antiphon::live
