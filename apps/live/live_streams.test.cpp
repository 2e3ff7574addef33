// Laws of listening: each session's windows are filled by its own stream, for as long as it is listened to.
#include "apps/live/live_streams.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "adapters/system/clock.hpp"
#include "apps/live/door.hpp"
#include "apps/live/outgoing.hpp"

namespace antiphon::live {
namespace {

using std::chrono::milliseconds;

constexpr core::ClockIncarnation life{7};
const core::SessionId session{"s1"};

struct Board {
    boost::asio::io_context io;
    system::SystemClock clock;
    std::size_t probes = 0;
    media::PcmWindow window{2, 1 << 14};
    std::unique_ptr<LiveStreams> streams = std::make_unique<LiveStreams>(
        io, clock, [this](const std::vector<LiveStreams::Probe>& heard) { probes += heard.size(); });
    std::uint64_t epoch = 0;

    void listen(const Stream& stream, std::uint16_t port, const std::string& host = "127.0.0.1") {
        streams->listen(session, stream, host, port, milliseconds(20), {{&window, ++epoch}});
    }
    void know_the_time() {
        const auto now = clock.now();
        streams->set_clock({.local = now, .cluster_ns = now.ns, .incarnation = life});
    }
    template <class Done>
    bool run_until(const Done& done) {
        const auto deadline = clock.now() + std::chrono::seconds(20);
        while (clock.now() < deadline) {
            if (done()) return true;
            io.restart();
            io.run_one_for(milliseconds(10));
        }
        return false;
    }
    // Frames of this level have come, of the newest epoch.
    bool hears(float level) {
        window.refresh();
        if (window.restart_pending()) window.adopt();
        const bool heard = window.epoch() == epoch && window.end() > window.begin() &&
                           std::abs(*window.view(window.end() - 1) - level) < 1e-3F;
        window.release(window.end());
        return heard;
    }
};

struct Sender {
    Stream stream;
    std::unique_ptr<Outgoing> outgoing;

    Sender(Board& board, float level)
        : stream(*stream_of(new_door(core::LiveCodec::flac, 2, 240), {life, board.clock.now().ns})) {
        auto opened = Outgoing::open(board.io, board.clock, stream, {boost::asio::ip::make_address("127.0.0.1"), 0},
                                     [level](core::FrameCount, std::span<float> frames) {
                                         std::fill(frames.begin(), frames.end(), level);
                                         return true;
                                     });
        EXPECT_TRUE(opened);
        outgoing = std::move(*opened);
        outgoing->begin(stream.start);
    }
    std::uint16_t port() const { return outgoing->local_endpoint().port(); }
};

TEST(LiveStreams, FillTheWindowsAndTellTheClock) {
    Board board;
    Sender sender(board, 0.25F);
    board.listen(sender.stream, sender.port());
    EXPECT_TRUE(board.run_until([&] { return sender.outgoing->counters().sender.packets > 10; }));
    EXPECT_EQ(sender.outgoing->counters().listeners, 1U) << "it greets without the time";
    EXPECT_FALSE(board.streams->view(session)->came()) << "of what comes nothing can be told yet";
    board.know_the_time();
    EXPECT_TRUE(board.run_until([&] { return board.hears(0.25F); }));
    EXPECT_TRUE(board.run_until([&] { return board.streams->view(session)->came(); }));
    EXPECT_TRUE(board.run_until([&] { return board.probes > 0; }));
    EXPECT_EQ(board.streams->view(session)->failure, "");
}

TEST(LiveStreams, AnotherStreamOfTheSessionTakesTheWindowsOver) {
    Board board;
    board.know_the_time();
    Sender one(board, 0.25F), other(board, -0.5F);
    board.listen(one.stream, one.port());
    EXPECT_TRUE(board.run_until([&] { return board.hears(0.25F); }));
    board.listen(other.stream, other.port());
    EXPECT_TRUE(board.run_until([&] { return board.hears(-0.5F); }));
    EXPECT_TRUE(board.run_until([&] { return one.outgoing->counters().listeners == 0; })) << "it says goodbye";
}

TEST(LiveStreams, WhoLeavesIsSentNothing) {
    Board board;
    board.know_the_time();
    Sender sender(board, 0.25F);
    board.listen(sender.stream, sender.port());
    EXPECT_TRUE(board.run_until([&] { return sender.outgoing->counters().listeners == 1; }));
    board.streams->leave(session);
    EXPECT_FALSE(board.streams->view(session));
    EXPECT_TRUE(board.run_until([&] { return sender.outgoing->counters().listeners == 0; }));
}

TEST(LiveStreams, ASenderThatCannotBeFoundIsAReasonAndNoEnd) {
    Board board;
    Sender sender(board, 0.25F);
    board.know_the_time();
    board.listen(sender.stream, sender.port(), "nobody.invalid");
    EXPECT_TRUE(board.run_until([&] { return !board.streams->view(session)->failure.empty(); }));
    EXPECT_EQ(board.streams->view(session)->failure.find("cannot find nobody.invalid"), 0U);
    board.listen(sender.stream, sender.port());
    EXPECT_TRUE(board.run_until([&] { return board.streams->view(session)->flows; }));
}

TEST(LiveStreams, CanEndWhileItListens) {
    Board board;
    board.know_the_time();
    Sender sender(board, 0.25F);
    board.listen(sender.stream, sender.port());
    EXPECT_TRUE(board.run_until([&] { return board.streams->view(session)->flows; }));
    board.streams.reset();
    EXPECT_TRUE(board.run_until([&] { return sender.outgoing->counters().listeners == 0; }));
}

}  // namespace
}  // namespace antiphon::live
