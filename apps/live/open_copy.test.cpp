// Laws of open doors: what any receiver gets there is the source's sound, and its description says how to take it.
#include "apps/live/open_copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "adapters/net/stamped_socket.hpp"
#include "apps/live/door.hpp"
#include "media/codecs/opus_packets.hpp"
#include "media/rtp/packet.hpp"
#include "media/rtp/rtcp.hpp"
#include "media/rtp/sdp.hpp"

namespace antiphon::live {
namespace {

using boost::asio::ip::udp;

const auto loopback = boost::asio::ip::make_address("127.0.0.1");
constexpr int packet_frames = 240;

// Somebody who receives at two ports in a row.
struct Receiver {
    boost::asio::io_context io;
    net::StampedSocket stream{io, net::StampedSocket::audio_bytes};
    net::StampedSocket reports{io, net::StampedSocket::audio_bytes};
    core::LiveDoor live = new_door(core::LiveCodec::flac, 2, packet_frames);
    core::OpenDoor door;

    explicit Receiver(core::OpenCodec codec = core::OpenCodec::l16) {
        for (int port = 20'000; port < 60'000; port += 2) {
            const auto number = static_cast<std::uint16_t>(port);
            door = {"127.0.0.1", number, codec};
            if (stream.open({loopback, number}) && reports.open({loopback, static_cast<std::uint16_t>(number + 1)}))
                return;
            stream.close();
            reports.close();
        }
        ADD_FAILURE() << "no two UDP ports in a row are free";
    }

    std::unique_ptr<OpenCopy> copy() {
        auto opened = OpenCopy::open(io, live, door);
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().what);
        return opened ? std::move(*opened) : nullptr;
    }
    // So many datagrams, or those that came within some seconds.
    std::vector<std::vector<std::byte>> received(net::StampedSocket& socket, std::size_t wanted) {
        std::vector<std::vector<std::byte>> all;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        bool waits = false;
        while (all.size() < wanted && std::chrono::steady_clock::now() < deadline) {
            const auto batch = socket.receive();
            for (const auto& datagram : batch) all.emplace_back(datagram.bytes.begin(), datagram.bytes.end());
            if (!batch.empty()) continue;
            if (!std::exchange(waits, true)) socket.async_wait([&waits](const auto&) { waits = false; });
            io.restart();
            io.run_one_for(std::chrono::milliseconds(100));
        }
        return all;
    }
};

core::LocalTime departure(std::int64_t number) { return {(number + 1) * 5'000'000}; }

float tone(core::FrameCount frame) {
    return static_cast<float>(0.25 * std::sin(2 * std::numbers::pi * 1000 / 48000 * static_cast<double>(frame)));
}

void send(OpenCopy& copy, std::int64_t number) {
    std::vector<float> frames;
    for (int i = 0; i < packet_frames; ++i) frames.insert(frames.end(), 2, tone(number * packet_frames + i));
    copy.send(number, frames, departure(number));
}

rtp::Packet parsed(const std::vector<std::byte>& datagram) {
    rtp::Refusal refusal{};
    const auto packet = rtp::parse(datagram, refusal);
    EXPECT_TRUE(packet);
    return packet.value_or(rtp::Packet{});
}

TEST(OpenCopy, LinearPacketsHoldTheFramesThatTheirTimeStampNames) {
    Receiver receiver;
    const auto copy = receiver.copy();
    ASSERT_TRUE(copy);
    for (const std::int64_t number : {3, 4, 7}) send(*copy, number);
    const auto datagrams = receiver.received(receiver.stream, 3);
    ASSERT_EQ(datagrams.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto packet = parsed(datagrams[i]);
        const auto number = std::vector<std::int64_t>{3, 4, 7}[i];
        EXPECT_EQ(packet.header.payload_type, 96);
        EXPECT_EQ(packet.header.ssrc, receiver.live.ssrc);
        EXPECT_FALSE(packet.header.departure_ns) << "an extension of ours, which is said nowhere";
        EXPECT_EQ(packet.header.sequence, static_cast<std::uint16_t>(receiver.live.first_sequence + number));
        const auto frame = packet.header.timestamp - receiver.live.first_timestamp;
        EXPECT_EQ(frame, number * packet_frames);
        ASSERT_EQ(packet.payload.size(), 4U * packet_frames);
        const auto sample = static_cast<std::int16_t>(std::to_integer<unsigned>(packet.payload[8]) << 8 |
                                                      std::to_integer<unsigned>(packet.payload[9]));
        EXPECT_NEAR(sample, 32768 * tone(frame + 2), 2);
    }
    EXPECT_EQ(copy->counters().packets, 3U);
    EXPECT_EQ(copy->counters().unsent, 0U);
}

TEST(OpenCopy, WhatIsTooLongForALinearPacketGoesInTwo) {
    Receiver receiver;
    receiver.live.packet_frames = 2 * packet_frames;
    const auto copy = receiver.copy();
    ASSERT_TRUE(copy);
    std::vector<float> frames;
    for (int i = 0; i < 2 * packet_frames; ++i) frames.insert(frames.end(), 2, tone(3 * 2 * packet_frames + i));
    copy->send(3, frames, departure(7));
    const auto datagrams = receiver.received(receiver.stream, 2);
    ASSERT_EQ(datagrams.size(), 2U);
    for (std::uint16_t i = 0; i < 2; ++i) {
        const auto packet = parsed(datagrams[i]);
        EXPECT_EQ(packet.header.sequence, static_cast<std::uint16_t>(receiver.live.first_sequence + 6 + i));
        EXPECT_EQ(packet.header.timestamp - receiver.live.first_timestamp, (6U + i) * packet_frames);
        ASSERT_EQ(packet.payload.size(), 4U * packet_frames);
        const auto sample = static_cast<std::int16_t>(std::to_integer<unsigned>(packet.payload[8]) << 8 |
                                                      std::to_integer<unsigned>(packet.payload[9]));
        EXPECT_NEAR(sample, 32768 * tone((6 + i) * packet_frames + 2), 2);
    }
    const auto reports = receiver.received(receiver.reports, 1);
    ASSERT_EQ(reports.size(), 1U);
    rtp::ControlReader reader(reports.front());
    const auto report = reader.next();
    ASSERT_TRUE(report && std::holds_alternative<rtp::SenderReport>(*report));
    EXPECT_EQ(std::get<rtp::SenderReport>(*report).timestamp, receiver.live.first_timestamp + 8 * packet_frames);
}

TEST(OpenCopy, OpusSoundsAtTheTimeOfItsStamps) {
    Receiver receiver(core::OpenCodec::opus);
    const auto copy = receiver.copy();
    ASSERT_TRUE(copy);
    constexpr int count = 60;
    auto decoder = *media::OpusPacketDecoder::open({.channels = 2, .packet_frames = packet_frames});
    std::vector<float> frames(2 * packet_frames);
    double error = 0, power = 0;
    for (int number = 0; number < count; ++number) {
        send(*copy, number);
        const auto datagrams = receiver.received(receiver.stream, 1);
        ASSERT_EQ(datagrams.size(), 1U);
        const auto packet = parsed(datagrams.front());
        EXPECT_EQ(packet.header.payload_type, 97);
        ASSERT_TRUE(decoder.decode(packet.payload, frames));
        const auto first = static_cast<std::int32_t>(packet.header.timestamp - receiver.live.first_timestamp);
        for (int i = 0; number >= 10 && i < packet_frames; ++i) {
            const auto wanted = tone(first + i);
            error += std::pow(frames[2 * static_cast<std::size_t>(i)] - wanted, 2);
            power += std::pow(wanted, 2);
        }
    }
    EXPECT_LT(error, power / 1000) << "30 dB";
}

TEST(OpenCopy, ReportsTellWhenWhatWasSentAndTheLastThatItIsOver) {
    Receiver receiver;
    auto copy = receiver.copy();
    ASSERT_TRUE(copy);
    for (int number = 0; number < 401; ++number) {
        send(*copy, number);
        ASSERT_EQ(receiver.received(receiver.stream, 1).size(), 1U);
    }
    auto reports = receiver.received(receiver.reports, 3);
    ASSERT_EQ(reports.size(), 3U) << "with the first packet, and each second";
    rtp::ControlReader reader(reports.back());
    const auto first = reader.next();
    ASSERT_TRUE(first && std::holds_alternative<rtp::SenderReport>(*first));
    const auto& report = std::get<rtp::SenderReport>(*first);
    EXPECT_EQ(rtp::cluster_ns_of(report.ntp), departure(400).ns);
    EXPECT_EQ(report.timestamp, receiver.live.first_timestamp + 401 * packet_frames);
    EXPECT_EQ(report.packets, 401U);
    copy.reset();
    reports = receiver.received(receiver.reports, 1);
    ASSERT_EQ(reports.size(), 1U);
    rtp::ControlReader last(reports.back());
    last.next();
    const auto goodbye = last.next();
    ASSERT_TRUE(goodbye && std::holds_alternative<rtp::Goodbye>(*goodbye));
}

TEST(OpenCopy, WhatIsNoAddressOrLeadsNowhereIsRefused) {
    EXPECT_EQ(open_door_to("hall.example", 5004, core::OpenCodec::l16).error().code, core::ErrorCode::invalid);
    EXPECT_NE(open_door_to("hall.example", 5004, core::OpenCodec::l16).error().what.find("'hall.example'"),
              std::string::npos);
    EXPECT_EQ(open_door_to("255.255.255.255", 5004, core::OpenCodec::l16).error().code, core::ErrorCode::unavailable);
    const auto fine = open_door_to("127.0.0.1", 5004, core::OpenCodec::opus);
    ASSERT_TRUE(fine);
    EXPECT_EQ(*fine, (core::OpenDoor{"127.0.0.1", 5004, core::OpenCodec::opus}));
}

struct DescribedTest : testing::Test {
    core::SessionRow session;

    DescribedTest() {
        session.id = {"s12"};
        session.phase = core::SessionPhase::playing;
        session.programme.title = "Evening prayer";
        session.programme.live = core::LiveStream{"tone:440", 0, new_door(core::LiveCodec::flac, 2, packet_frames),
                                                  core::ClusterTime{{7}, 1'000'000'125'000}};
        session.open_door = core::OpenDoor{"239.1.2.3", 5004, core::OpenCodec::l16};
    }
    rtp::StreamDescription described() {
        const auto text = describe(session, 99, "192.0.2.1");
        EXPECT_TRUE(text) << (text ? "" : text.error().what);
        const auto read = rtp::parse_sdp(text ? *text : "");
        EXPECT_TRUE(read) << (read ? "" : read.error().what);
        return read ? *read : rtp::StreamDescription{};
    }
};

TEST_F(DescribedTest, SaysWhereWhatAndWhen) {
    const auto told = described();
    EXPECT_EQ(told.session, 12U);
    EXPECT_EQ(told.version, 99U);
    EXPECT_EQ(told.origin, "192.0.2.1");
    EXPECT_EQ(told.name, "Evening prayer");
    EXPECT_EQ(told.address, "239.1.2.3");
    EXPECT_EQ(told.hops, net::StampedSocket::group_hops);
    EXPECT_EQ(told.port, 5004);
    EXPECT_EQ(told.codec, rtp::OpenCodec::l16);
    EXPECT_EQ(told.payload_type, 96);
    EXPECT_EQ(told.channels, 2);
    EXPECT_EQ(told.packet_us, 5000U);
    // 1000.000125 s are 48,000,006 frames
    EXPECT_EQ(told.timestamp_at_zero, session.programme.live->door->first_timestamp - 48'000'006U);
}

TEST_F(DescribedTest, LinearPacketsAreAsLongAsTheyFit) {
    session.programme.live->door->packet_frames = 2 * packet_frames;
    EXPECT_EQ(described().packet_us, 5000U);
    session.open_door->codec = core::OpenCodec::opus;
    EXPECT_EQ(described().packet_us, 10'000U);
}

TEST_F(DescribedTest, AHostHasNoHopsAndOpusItsOwnType) {
    session.open_door = core::OpenDoor{"2001:db8::9", 6000, core::OpenCodec::opus};
    const auto told = described();
    EXPECT_EQ(told.address, "2001:db8::9");
    EXPECT_EQ(told.hops, std::nullopt);
    EXPECT_EQ(told.codec, rtp::OpenCodec::opus);
    EXPECT_EQ(told.payload_type, 97);
    EXPECT_EQ(told.channels, 2);
}

TEST_F(DescribedTest, WithoutADoorOrASourceThereIsNothingToDescribe) {
    auto shut = session;
    shut.open_door.reset();
    EXPECT_NE(describe(shut, 1, "h").error().what.find("antiphon door open s12 --to"), std::string::npos);
    auto opening = session;
    opening.programme.live->begins.reset();
    EXPECT_EQ(describe(opening, 1, "h").error().code, core::ErrorCode::conflict);
    auto over = session;
    over.phase = core::SessionPhase::stopped;
    EXPECT_EQ(describe(over, 1, "h").error().code, core::ErrorCode::conflict);
}

}  // namespace
}  // namespace antiphon::live
