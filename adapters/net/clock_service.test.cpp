// Laws of the clock service: exchanges are in order and tight, and nobody but the server we asked can take part.
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <ctime>
#include <random>
#include <vector>

#include "adapters/net/clock_client.hpp"
#include "adapters/net/clock_packet.hpp"
#include "adapters/net/clock_server.hpp"
#include "tests/support/run_until.hpp"

namespace antiphon::net {
namespace {

using boost::asio::ip::udp;
using std::chrono::milliseconds;
using tests::run_until;

// The machine's clocks, read as the adapter under test expects them from a ports::Clock; `offset` makes another node.
class OffsetClock : public ports::Clock {
  public:
    explicit OffsetClock(core::Duration offset = {}) : offset_(offset) {}
    core::LocalTime now() const noexcept override { return core::LocalTime{read(CLOCK_MONOTONIC)} + offset_; }
    core::WallTime wall() const noexcept override { return {read(CLOCK_REALTIME)}; }
    core::LocalTime from_steady(std::chrono::steady_clock::time_point) const noexcept override { return now(); }
    core::LocalTime from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept override {
        const auto here = now();
        return here - (core::Duration{read(CLOCK_REALTIME)} - realtime);
    }
    std::chrono::steady_clock::duration wait_for(core::LocalTime until) const noexcept override {
        return std::max(until - now(), core::Duration::zero());
    }

  private:
    static std::int64_t read(clockid_t clock) noexcept {
        timespec time{};
        ::clock_gettime(clock, &time);
        return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
    }
    core::Duration offset_;
};

class ClockServiceTest : public testing::Test {
  protected:
    const udp::endpoint loopback{boost::asio::ip::address_v4::loopback(), 0};

    void SetUp() override { ASSERT_TRUE(server.listen(loopback)); }

    std::uint16_t port() { return server.local_endpoint().port(); }
    bool gets(std::size_t count) {
        return run_until(io, [&] { return exchanges.size() >= count; });
    }

    std::mt19937_64 random{1};
    boost::asio::io_context io;
    const OffsetClock local;
    const OffsetClock cluster{std::chrono::hours{3}};
    ClockServer server{io, cluster, core::ClockIncarnation{7}};
    std::vector<ClockExchange> exchanges;
    ClockClient client{io,
                       local,
                       [this](std::span<std::byte> out) {
                           for (auto& byte : out) byte = static_cast<std::byte>(random());
                       },
                       [this](const ClockExchange& exchange) { exchanges.push_back(exchange); },
                       {.rhythm = {.burst_interval = milliseconds{1}, .steady_interval = milliseconds{2}}}};
};

TEST_F(ClockServiceTest, DeliversStampsInOrderOnBothClocks) {
    client.ask("127.0.0.1", port());
    ASSERT_TRUE(gets(50));
    std::int64_t best_error_ns = INT64_MAX;
    for (const auto& e : exchanges) {
        EXPECT_EQ(e.incarnation.value, 7U);
        // Kernel stamps are converted between clocks, so allow what a preemption there costs.
        EXPECT_LE(e.t1, e.t4 + milliseconds{1});
        EXPECT_LE(e.t2_ns, e.t3_ns + 1'000'000);
        const auto offset_ns = ((e.t2_ns - e.t1.ns) + (e.t3_ns - e.t4.ns)) / 2;
        best_error_ns = std::min(best_error_ns, std::abs(offset_ns - 3 * 3'600'000'000'000));
    }
    EXPECT_LT(best_error_ns, 200'000);
    EXPECT_GE(client.counters().departures, 50U);
    EXPECT_EQ(server.counters().malformed, 0U);
    EXPECT_EQ(client.counters().strangers, 0U);
    RecordProperty("best_error_ns", std::to_string(best_error_ns));
}

TEST_F(ClockServiceTest, IgnoresAndCountsWhatIsNoProbe) {
    udp::socket stranger(io, udp::endpoint{udp::v4(), 0});
    std::vector<std::vector<std::byte>> packets{{}, std::vector<std::byte>(48), std::vector<std::byte>(1400)};
    const auto reply = encode({ClockPacketKind::answer, 1, 2, 3, 4, 5});
    packets.emplace_back(reply.begin(), reply.end());
    auto padded = packets.back();
    padded.resize(60);
    packets.push_back(padded);
    for (const auto& packet : packets) stranger.send_to(boost::asio::buffer(packet), server.local_endpoint());
    ASSERT_TRUE(run_until(io, [&] { return server.counters().malformed == packets.size(); }));
    EXPECT_EQ(stranger.available(), 0U);
    client.ask("127.0.0.1", port());
    EXPECT_TRUE(gets(1));
}

// Goal: only the asked server's answer to an open question counts. Method: a server of our own that cheats.
class CheatingServerTest : public ClockServiceTest {
  protected:
    // Waits for a probe and returns its answer, to be spoiled.
    ClockPacket next_answer() {
        ClockPacketBytes bytes;
        EXPECT_TRUE(run_until(io, [&] { return cheat.available() > 0; }));
        cheat.receive_from(boost::asio::buffer(bytes), asker);
        auto packet = decode_clock_packet(bytes).value_or(ClockPacket{});
        packet.kind = ClockPacketKind::answer;
        packet.incarnation = 8;
        return packet;
    }
    void send(udp::socket& from, const ClockPacket& packet) {
        from.send_to(boost::asio::buffer(encode(packet)), asker);
    }
    bool counts(std::uint64_t ClockClientCounters::* counter, std::uint64_t value) {
        return run_until(io, [&] { return client.counters().*counter == value; });
    }

    udp::socket cheat{io, loopback};
    udp::socket stranger{io, loopback};
    udp::endpoint asker;
};

TEST_F(CheatingServerTest, CountsDuplicatesStrangersAndNoise) {
    client.ask("127.0.0.1", cheat.local_endpoint().port());
    auto answer = next_answer();
    send(stranger, answer);
    EXPECT_TRUE(counts(&ClockClientCounters::strangers, 1));
    for (const int i : {1, 2}) {
        auto forged = answer;
        ++(i == 1 ? forged.nonce : reinterpret_cast<std::uint64_t&>(forged.t1_ns));
        send(cheat, forged);
    }
    EXPECT_TRUE(counts(&ClockClientCounters::strangers, 3));
    EXPECT_TRUE(exchanges.empty());
    for (int i = 0; i < 3; ++i) send(cheat, answer);
    EXPECT_TRUE(counts(&ClockClientCounters::duplicates, 2));
    EXPECT_EQ(exchanges.size(), 1U);
    EXPECT_EQ(exchanges[0].incarnation.value, 8U);
    cheat.send_to(boost::asio::buffer("noise", 5), asker);
    EXPECT_TRUE(counts(&ClockClientCounters::malformed, 1));
}

TEST_F(CheatingServerTest, ForgetsAnswersThatComeTooLate) {
    ClockClient impatient{io,
                          local,
                          [this](std::span<std::byte> out) { out[0] = static_cast<std::byte>(1 + random()); },
                          [this](const ClockExchange& exchange) { exchanges.push_back(exchange); },
                          {.answer_within = core::Duration{1}}};
    impatient.ask("127.0.0.1", cheat.local_endpoint().port());
    send(cheat, next_answer());
    EXPECT_TRUE(run_until(io, [&] { return impatient.counters().late == 1; }));
    EXPECT_TRUE(exchanges.empty());
}

// Goal: an exchange begins when its probe leaves, not when it was written. Method: a clock that says what
// it was a while ago, while the kernel's stamps are true.
TEST_F(ClockServiceTest, WhatAProbeWaitsForBeforeItLeavesIsNoPartOfItsWay) {
    class SlowClock final : public OffsetClock {
      public:
        core::LocalTime now() const noexcept override { return OffsetClock::now() - milliseconds{5}; }
        core::LocalTime from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept override {
            return OffsetClock::from_kernel_stamp(realtime) + milliseconds{5};
        }
    };
    const SlowClock slow;
    std::vector<ClockExchange> seen;
    ClockClient asking{io, slow,
                       [this](std::span<std::byte> out) { out[0] = static_cast<std::byte>(1 + random() % 255); },
                       [&](const ClockExchange& exchange) { seen.push_back(exchange); }};
    asking.ask("127.0.0.1", port());
    ASSERT_TRUE(run_until(io, [&] { return seen.size() >= 10; }));
    auto round_trip = core::Duration::max();
    for (const auto& e : seen) round_trip = std::min(round_trip, (e.t4 - e.t1) - core::Duration{e.t3_ns - e.t2_ns});
    EXPECT_LT(round_trip, milliseconds{4}) << "the clock's five milliseconds are in it";
}

TEST_F(ClockServiceTest, MovesToAnotherServer) {
    client.ask("127.0.0.1", port());
    ASSERT_TRUE(gets(5));
    ClockServer other{io, cluster, core::ClockIncarnation{9}};
    ASSERT_TRUE(other.listen(loopback));
    client.ask("127.0.0.1", other.local_endpoint().port());
    ASSERT_TRUE(run_until(io, [&] { return exchanges.back().incarnation.value == 9; }));
}

TEST_F(ClockServiceTest, FindsTheServerBehindEachAddressOfAName) {
    client.ask("localhost", port());
    EXPECT_TRUE(gets(1));
}

TEST_F(ClockServiceTest, MayBeDestroyedByItsHandler) {
    std::unique_ptr<ClockClient> own;
    int seen = 0;
    own = std::make_unique<ClockClient>(
        io, local, [](std::span<std::byte> out) { out[0] = std::byte{1}; },
        [&](const ClockExchange&) { ++seen, own.reset(); });
    own->ask("127.0.0.1", port());
    EXPECT_TRUE(run_until(io, [&] { return seen == 1 && !own; }));
}

TEST_F(ClockServiceTest, AnswersAFloodInBoundedSteps) {
    udp::socket asker(io, loopback);
    const auto probe = encode({ClockPacketKind::probe, 1, 0, 1, 0, 0});
    for (int i = 0; i < 200; ++i) asker.send_to(boost::asio::buffer(probe), server.local_endpoint());
    bool in_between = false;
    std::uint64_t answered_before = 0;
    io.restart();
    io.run_one_for(std::chrono::seconds{5});
    boost::asio::post(io, [&] { in_between = true, answered_before = server.counters().answered; });
    ASSERT_TRUE(run_until(io, [&] { return server.counters().answered + server.counters().unsent == 200; }));
    EXPECT_TRUE(in_between);
    EXPECT_LE(answered_before, static_cast<std::uint64_t>(ClockServer::batches_max) * StampedSocket::batch_max);
}

TEST_F(ClockServiceTest, SaysThatAPortIsTaken) {
    ClockServer second{io, cluster, core::ClockIncarnation{1}};
    const auto refused = second.listen(server.local_endpoint());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, core::ErrorCode::unavailable);
}

}  // namespace
}  // namespace antiphon::net
