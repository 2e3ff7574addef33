// Both ends of a live stream over a network that loses, reorders and doubles: real datagrams, a real codec.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>

#include "media/codecs/flac_packets.hpp"
#include "media/live/live_listener.hpp"
#include "media/live/live_sender.hpp"
#include "media/rtp/rtcp.hpp"
#include "media/world.test.hpp"

namespace antiphon::media {
namespace {

using namespace test;

constexpr double ms = 1e6;
constexpr double packet_ns = 5 * ms;
const StreamIdentity identity{
    .ssrc = 0xAAAA0001, .repair_ssrc = 0xAAAA0002, .first_sequence = 65'500, .first_timestamp = 0xfffff000};

using Datagram = std::vector<std::byte>;

core::LocalTime at(double ns) { return {static_cast<std::int64_t>(ns)}; }
float tone(core::FrameCount frame) {
    return frame < 0 ? 0
                     : static_cast<float>(std::nearbyint(16'000 * std::sin(2 * std::numbers::pi * 440 / 48000 *
                                                                           static_cast<double>(frame))) /
                                          32768);
}

struct FlacEncoding final : PacketEncoder {
    FlacPacketEncoder codec = *FlacPacketEncoder::open({1, 240});
    std::span<const std::byte> encode(std::span<const float> frames) override { return codec.encode(frames); }
};
struct FlacDecoding final : PacketDecoder {
    FlacPacketDecoder codec = *FlacPacketDecoder::open({1, 240});
    bool decode(std::span<const std::byte> packet, std::span<float> frames) override {
        return codec.decode(packet, frames);
    }
};

struct Ends {
    Random random{1};
    Path path;
    FlacEncoding encoding;
    FlacDecoding decoding;
    LiveSender sender{identity, encoding};
    PcmWindow window{1, 1 << 13};
    LiveReceiver receiver{decoding, {.channels = 1, .first_frame = FlacPacketEncoder::first_frame}, {}};
    LiveListener listener{identity, receiver, 0xBBBB0001};
    const Departures departures{0, {0}, packet_ns};
    std::multimap<double, Datagram> down, up;
    std::map<core::FrameCount, float> heard;
    std::uint64_t departures_told = 0;

    explicit Ends(Path path_) : path(std::move(path_)) {
        receiver.begin(0, departures);
        receiver.add(window, 1);
    }

    void send(std::multimap<double, Datagram>& way, std::span<const std::byte> datagram, double now) {
        if (datagram.empty()) return;
        const int copies = uniform(random, 0, 1) < 0.1 ? 2 : 1;
        for (int i = 0; i < copies; ++i)
            if (const auto delay = path(random)) way.emplace(now + *delay, Datagram(datagram.begin(), datagram.end()));
    }

    void step(double now) {
        if (static_cast<double>(sender.next_number()) * packet_ns <= now) {
            std::vector<float> frames(240);
            for (std::size_t i = 0; i < frames.size(); ++i)
                frames[i] = tone(sender.next_number() * 240 + static_cast<core::FrameCount>(i));
            sender.load(frames);
            send(down, sender.next(1, static_cast<std::int64_t>(now), at(now)), now);
        }
        for (; !down.empty() && down.begin()->first <= now; down.erase(down.begin())) {
            const auto told = listener.take(down.begin()->second, at(down.begin()->first), departures);
            if (told && told->departure_ns) ++departures_told;
        }
        for (; !up.empty() && up.begin()->first <= now; up.erase(up.begin())) answer(up.begin()->second, now);
        receiver.advance(at(now));
        Datagram question(512);
        question.resize(listener.ask(at(now), question));
        send(up, question, now);
        listen();
    }

    void answer(const Datagram& question, double now) {
        rtp::ControlReader reader(question);
        std::array<std::uint16_t, 64> sequences{};
        while (const auto control = reader.next())
            if (const auto* nack = std::get_if<rtp::Nack>(&*control))
                for (std::size_t i = 0, count = nack->sequences(sequences); i < count; ++i)
                    send(down, sender.again(sequences[i], static_cast<std::int64_t>(now), at(now)), now);
    }

    void listen() {
        window.refresh();
        if (window.restart_pending()) window.adopt();
        for (auto frame = window.begin(); frame < window.end(); ++frame) heard[frame] = *window.view(frame);
        window.release(window.end());
    }
};

TEST(LiveEnds, WhatWasSungIsHeardWhateverTheNetworkLoses) {
    Ends ends(jittery_path(2 * ms, 8 * ms, 0.1));
    for (double now = 0; now < 20e9; now += 0.5 * ms) ends.step(now);
    const auto counters = ends.receiver.counters();
    EXPECT_LE(counters.repair.lost, 2U) << "of 4000: the first is on probation";
    EXPECT_GT(counters.repair.repaired, 200U);
    EXPECT_EQ(counters.corrupt, 0U);
    core::FrameCount wrong = 0, compared = 0;
    for (const auto& [frame, value] : ends.heard) {
        if (frame < 1000 || frame > 940'000) continue;
        ++compared;
        wrong += value != tone(frame);
    }
    EXPECT_GT(compared, 900'000);
    EXPECT_LE(wrong, 2 * (240 + 120));
    EXPECT_GT(ends.departures_told, 3000U);
    EXPECT_EQ(ends.sender.counters().oversized, 0U);
}

std::span<const std::byte> noise_of(LiveSender& sender) {
    sender.load(std::vector<float>(240, 0.9F));
    return sender.next(1, 0, at(1e9));
}

TEST(LiveEnds, StrangersAndGarbageChangeNothing) {
    Ends ends(quiet_path());
    for (double now = 0; now < 1e9; now += 0.5 * ms) ends.step(now);
    const auto before = ends.receiver.counters().repair;
    auto other = identity;
    other.ssrc = 0xCCCC0001;
    FlacEncoding encoding;
    LiveSender stranger(other, encoding);
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(ends.listener.take(noise_of(stranger), at(1e9), ends.departures));
        EXPECT_FALSE(ends.listener.take(Datagram(static_cast<std::size_t>(i)), at(1e9), ends.departures));
    }
    other = identity;
    other.first_sequence = static_cast<std::uint16_t>(identity.first_sequence + 20'000);
    LiveSender far(other, encoding);
    EXPECT_FALSE(ends.listener.take(noise_of(far), at(1e9), ends.departures));
    EXPECT_EQ(ends.listener.counters().strangers, 100U);
    EXPECT_EQ(ends.listener.counters().malformed, 100U);
    EXPECT_EQ(ends.listener.counters().unbelieved, 2U) << "the far one, and the first of all";
    EXPECT_EQ(ends.receiver.counters().repair.arrived, before.arrived);
}

TEST(LiveEnds, EachTellsTheOtherHowItIs) {
    Ends ends(quiet_path());
    for (double now = 0; now < 1e9; now += 0.5 * ms) ends.step(now);
    const auto report = ends.sender.report(1'000'000'000, "coordinator");
    rtp::ControlReader reader(report);
    const auto said = std::get<rtp::SenderReport>(*reader.next());
    EXPECT_EQ(said.ssrc, identity.ssrc);
    EXPECT_EQ(said.packets, 200U);
    EXPECT_EQ(said.timestamp, identity.timestamp(200));
    EXPECT_EQ(std::get<rtp::CanonicalName>(*reader.next()).name, "coordinator");
    Datagram greeting(512);
    greeting.resize(ends.listener.greet(greeting));
    rtp::ControlReader answer(greeting);
    EXPECT_EQ(std::get<rtp::ReceiverReport>(*answer.next()).ssrc, 0xBBBB0001);
    ASSERT_EQ(answer.blocks(), 1U);
    EXPECT_EQ(static_cast<std::uint16_t>(answer.block(0).highest_sequence), identity.sequence(199));
}

TEST(StreamIdentity, NumbersComeBackFromTheirSequenceNumbers) {
    for (const std::int64_t near : {std::int64_t{0}, std::int64_t{1'000'000}, std::int64_t{-5}})
        for (const std::int64_t away : {-32'000, -1, 0, 1, 32'000})
            EXPECT_EQ(identity.number(identity.sequence(near + away), near), near + away);
}

}  // namespace
}  // namespace antiphon::media
