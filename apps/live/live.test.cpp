// A live stream over real sockets, through a relay that loses: what was sung is heard, to the frame, by each who
// listens.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <random>

#include "adapters/net/stamped_socket.hpp"
#include "adapters/system/clock.hpp"
#include "adapters/system/random.hpp"
#include "apps/live/incoming.hpp"
#include "apps/live/outgoing.hpp"

namespace antiphon::live {
namespace {

using boost::asio::ip::udp;
using std::chrono::milliseconds;

constexpr core::ClockIncarnation life{7};
const udp::endpoint loopback{boost::asio::ip::make_address("127.0.0.1"), 0};

float tone(core::FrameCount frame) {
    return static_cast<float>(
        std::nearbyint(16'000 * std::sin(2 * std::numbers::pi * 440 / 48000 * static_cast<double>(frame))) / 32768);
}

srtp::Key some_key() { return *srtp::Key::from_hex(system::random_hex(srtp::Key::bytes)); }

// Everything that comes is passed on, but one of `loses` at random, both ways; one listener.
class Relay {
  public:
    Relay(boost::asio::io_context& io, udp::endpoint sender, unsigned loses)
        : sender_(std::move(sender)), loses_(loses), socket_(io, net::StampedSocket::audio_bytes) {
        EXPECT_TRUE(socket_.open(loopback));
        wait();
    }
    ~Relay() { socket_.close(); }
    udp::endpoint endpoint() const { return socket_.local_endpoint(); }
    void block(bool blocked) { blocked_ = blocked; }
    std::uint64_t lost() const { return lost_; }

  private:
    void wait() {
        socket_.async_wait([this](const boost::system::error_code& error) {
            if (error) return;
            for (const auto& datagram : socket_.receive()) pass(datagram);
            wait();
        });
    }
    void pass(const net::Datagram& datagram) {
        const bool down = datagram.from == sender_;
        if (!down) listener_ = datagram.from;
        if (blocked_ || (loses_ > 0 && random_() % loses_ == 0)) return void(++lost_);
        socket_.send(datagram.bytes, down ? listener_ : sender_);
    }

    udp::endpoint sender_, listener_;
    unsigned loses_;
    bool blocked_ = false;
    std::uint64_t lost_ = 0;
    std::mt19937 random_{1};
    net::StampedSocket socket_;
};

struct Room {
    boost::asio::io_context io;
    system::SystemClock clock;
    Stream stream;
    std::unique_ptr<Outgoing> outgoing;
    bool sings = true;

    explicit Room(int channels = 1, Codec codec = Codec::flac)
        : stream{.identity = {.ssrc = 0x1111, .repair_ssrc = 0x2222, .first_sequence = 65'400, .first_timestamp = 99},
                 .key = some_key(),
                 .codec = codec,
                 .channels = channels,
                 .start = {life, clock.now().ns}} {
        auto opened =
            Outgoing::open(io, clock, stream, loopback, [this](core::FrameCount first, std::span<float> frames) {
                const auto width = static_cast<std::size_t>(stream.channels);
                for (std::size_t i = 0; i < frames.size(); ++i)
                    frames[i] = tone(first + static_cast<core::FrameCount>(i / width));
                return sings;
            });
        EXPECT_TRUE(opened);
        outgoing = std::move(*opened);
        outgoing->begin(stream.start);
    }

    // The cluster's clock and ours are one here.
    media::ClockMap map() const {
        const auto now = clock.now();
        return {.local = now, .cluster_ns = now.ns, .incarnation = life};
    }
    template <class Done>
    bool run_until(const Done& done) {
        const auto deadline = clock.now() + std::chrono::seconds(20);
        while (!done() && clock.now() < deadline) io.run_one_for(milliseconds(50));
        return done();
    }
};

struct Listener {
    media::PcmWindow window;
    std::uint64_t probes = 0;
    std::map<core::FrameCount, float> heard = {};
    std::unique_ptr<Incoming> incoming;

    Listener(Room& room, const udp::endpoint& from, std::uint32_t ssrc) : window(room.stream.channels, 1 << 17) {
        auto opened =
            Incoming::open(room.io, room.clock, room.stream, from, {.latency = std::chrono::seconds(1), .ssrc = ssrc},
                           [this](std::int64_t departure_ns, core::LocalTime at) { probes += at.ns >= departure_ns; });
        EXPECT_TRUE(opened);
        incoming = std::move(*opened);
        incoming->add(window, 1);
        incoming->set_clock(room.map());
    }
    void listen() {
        window.refresh();
        if (window.restart_pending()) window.adopt();
        for (auto frame = window.begin(); frame < window.end(); ++frame) heard[frame] = *window.view(frame);
        window.release(window.end());
    }
    // The frames that are not as they were sung, once it is `frames` into it, fades of the beginning aside.
    core::FrameCount wrong() const {
        core::FrameCount count = 0;
        const auto begun = heard.begin()->first;
        for (const auto& [frame, value] : heard) count += frame > begun + 4000 && value != tone(frame);
        return count;
    }
};

TEST(Live, IsHeardToTheFrameByAllWhoListenWhateverIsLostOnTheWay) {
    Room room;
    Relay lossy(room.io, room.outgoing->local_endpoint(), 10), clean(room.io, room.outgoing->local_endpoint(), 0);
    std::vector<std::unique_ptr<Listener>> listeners;
    for (const auto& from : {room.outgoing->local_endpoint(), lossy.endpoint(), clean.endpoint()})
        listeners.push_back(
            std::make_unique<Listener>(room, from, 0x9000 + static_cast<std::uint32_t>(listeners.size())));
    ASSERT_TRUE(room.run_until([&] {
        for (auto& listener : listeners) listener->listen();
        return std::ranges::all_of(listeners,
                                   [](const auto& listener) { return listener->heard.size() > 48'000 * 3 / 2; });
    }));
    EXPECT_GT(lossy.lost(), 20U);
    EXPECT_EQ(room.outgoing->counters().listeners, 3U);
    EXPECT_GT(room.outgoing->counters().sender.again.resent, 10U);
    for (const auto& listener : listeners) {
        const auto counters = listener->incoming->counters();
        EXPECT_EQ(listener->wrong(), 0) << "lost " << counters.receiver.repair.lost;
        EXPECT_GT(listener->probes, 200U);
        EXPECT_TRUE(listener->incoming->flows());
        EXPECT_EQ(counters.opened.forged, 0U);
    }
    listeners.pop_back();
    EXPECT_TRUE(room.run_until([&] { return room.outgoing->counters().listeners == 2; })) << "it has said goodbye";
}

// Within a key's life the 16 bits of a number come again every five and a half minutes.
TEST(Live, WhoComesWhenTheNumbersHaveWrappedHearsIt) {
    Room room;
    Listener early(room, room.outgoing->local_endpoint(), 0x9000);
    ASSERT_TRUE(room.run_until([&] { return early.listen(), room.outgoing->counters().sender.packets > 150; }));
    Relay lossy(room.io, room.outgoing->local_endpoint(), 10);
    Listener late(room, lossy.endpoint(), 0x9001);
    ASSERT_TRUE(room.run_until([&] { return early.listen(), late.listen(), late.heard.size() > 48'000; }));
    EXPECT_EQ(early.wrong(), 0);
    EXPECT_EQ(late.wrong(), 0) << "nor what was sent again";
    EXPECT_GT(late.incoming->counters().receiver.repair.repaired, 5U);
    EXPECT_EQ(late.incoming->counters().opened.forged, 0U);
}

TEST(Live, WhoHasNotTheKeyHearsNothingSaysNothingAndIsNotSentTo) {
    Room room;
    Room other;  // another stream, of another key
    auto stranger_stream = room.stream;
    stranger_stream.key = some_key();
    Listener right(room, room.outgoing->local_endpoint(), 0x9000);
    auto stranger =
        *Incoming::open(room.io, room.clock, stranger_stream, room.outgoing->local_endpoint(), {.ssrc = 0x9001});
    stranger->set_clock(room.map());
    ASSERT_TRUE(room.run_until([&] { return right.listen(), right.heard.size() > 24'000; }));
    EXPECT_EQ(room.outgoing->counters().listeners, 1U);
    EXPECT_GT(room.outgoing->counters().opened.forged, 3U);
    EXPECT_FALSE(stranger->flows());
    EXPECT_EQ(right.wrong(), 0);
}

TEST(Live, ASenderThatIsGoneIsSilenceAndWhenItIsBackItIsHeardAtItsPlace) {
    Room room;
    auto relay = std::make_unique<Relay>(room.io, room.outgoing->local_endpoint(), 0);
    Listener listener(room, relay->endpoint(), 0x9000);
    ASSERT_TRUE(room.run_until([&] { return listener.listen(), listener.heard.size() > 24'000; }));
    EXPECT_EQ(listener.wrong(), 0);
    relay->block(true);
    ASSERT_TRUE(room.run_until([&] { return listener.listen(), listener.heard.size() > 100'000; }));
    EXPECT_FALSE(listener.incoming->flows());
    EXPECT_EQ(listener.heard.rbegin()->second, 0.0F);
    EXPECT_GT(listener.incoming->counters().receiver.concealed.frames_missing, 20'000U);
    EXPECT_EQ(listener.incoming->counters().receiver.concealed.gaps, 1U);
    relay->block(false);
    const auto back = listener.heard.rbegin()->first + 72'000;
    ASSERT_TRUE(room.run_until([&] { return listener.listen(), listener.heard.rbegin()->first > back; }));
    EXPECT_TRUE(listener.incoming->flows());
    for (auto it = listener.heard.lower_bound(back - 12'000); it != listener.heard.end(); ++it)
        ASSERT_EQ(it->second, tone(it->first)) << it->first - back;
}

TEST(Live, ASourceThatHasNothingIsNotSentAndIsHeardAtItsPlaceWhenItHas) {
    Room room;
    Listener listener(room, room.outgoing->local_endpoint(), 0x9000);
    ASSERT_TRUE(room.run_until([&] { return listener.listen(), listener.heard.size() > 24'000; }));
    room.sings = false;
    ASSERT_TRUE(room.run_until([&] { return !listener.incoming->flows(); }));
    const auto sent = room.outgoing->counters().sender.packets;
    ASSERT_TRUE(room.run_until([&] {
        listener.listen();
        return listener.incoming->counters().receiver.lost_frames() > 0 && listener.heard.rbegin()->second == 0;
    }));
    EXPECT_EQ(room.outgoing->counters().sender.packets, sent);
    room.sings = true;
    const auto back = listener.heard.rbegin()->first + 72'000;
    ASSERT_TRUE(room.run_until([&] { return listener.listen(), listener.heard.rbegin()->first > back; }));
    for (auto it = listener.heard.lower_bound(back - 4'000); it != listener.heard.end(); ++it)
        ASSERT_EQ(it->second, tone(it->first)) << it->first - back;
}

TEST(Live, AStreamThatItsCodecDoesNotHaveIsRefusedByName) {
    Room room;
    auto stream = room.stream;
    stream.channels = 7;
    const auto refused = Outgoing::open(room.io, room.clock, stream, loopback, [](auto, auto) { return true; });
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().what.find("7 channels"), std::string::npos);
    stream = room.stream;
    stream.codec = Codec::opus;
    stream.identity.packet_frames = 100;
    EXPECT_NE(Incoming::open(room.io, room.clock, stream, loopback, {}).error().what.find("100 frames"),
              std::string::npos);
    EXPECT_NE(Outgoing::open(room.io, room.clock, room.stream, room.outgoing->local_endpoint(),
                             [](auto, auto) { return true; })
                  .error()
                  .what.find("in use"),
              std::string::npos);
}

}  // namespace
}  // namespace antiphon::live
