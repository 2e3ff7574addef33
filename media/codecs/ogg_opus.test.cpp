// Laws of streams without an end, as libsndfile and libogg read them.
#include <gtest/gtest.h>
#include <ogg/ogg.h>

#include <cstring>
#include <vector>

#include "media/codecs/ogg_opus.hpp"
#include "media/codecs/opus_packets.hpp"
#include "media/codecs/wav_stream.hpp"

namespace antiphon::media {
namespace {

// What a reader takes out of a stream's bytes.
struct Read {
    std::vector<std::vector<std::byte>> packets;
    std::vector<std::int64_t> granules;  // of the pages
    int pages = 0;
    int serial = 0;
};

Read read(const std::string& bytes) {
    Read result;
    ogg_sync_state sync;
    ogg_sync_init(&sync);
    std::memcpy(ogg_sync_buffer(&sync, static_cast<long>(bytes.size())), bytes.data(), bytes.size());
    ogg_sync_wrote(&sync, static_cast<long>(bytes.size()));
    ogg_stream_state stream;
    ogg_page page;
    while (ogg_sync_pageout(&sync, &page) == 1) {
        if (result.pages++ == 0) {
            result.serial = ogg_page_serialno(&page);
            ogg_stream_init(&stream, result.serial);
            EXPECT_TRUE(ogg_page_bos(&page));
        }
        result.granules.push_back(ogg_page_granulepos(&page));
        EXPECT_EQ(ogg_stream_pagein(&stream, &page), 0);
        ogg_packet packet;
        while (ogg_stream_packetout(&stream, &packet) == 1) {
            const auto* begin = reinterpret_cast<const std::byte*>(packet.packet);
            result.packets.emplace_back(begin, begin + packet.bytes);
        }
    }
    if (result.pages > 0) ogg_stream_clear(&stream);
    ogg_sync_clear(&sync);
    return result;
}

std::string text(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(OggOpusStream, BeginsWithItsTwoHeadersAlone) {
    OggOpusStream stream({.channels = 2, .serial = 0xCAFE, .title = "hall/mic"});
    const auto got = read(stream.head());
    ASSERT_EQ(got.packets.size(), 2U);
    EXPECT_EQ(got.pages, 2) << "each header has a page of its own (RFC 7845, 3)";
    EXPECT_EQ(got.serial, 0xCAFE);
    EXPECT_EQ(text(got.packets[0]), std::string("OpusHead\x01\x02\x00\x0f\x80\xbb\x00\x00\x00\x00\x00", 19));
    EXPECT_EQ(text(got.packets[1]), std::string("OpusTags\x08\0\0\0Antiphon\x01\0\0\0\x0e\0\0\0TITLE=hall/mic", 42));
}

TEST(OggOpusStream, CarriesEachPacketAtOnceAndCountsFromZero) {
    auto encoder = OpusPacketEncoder::open({.packet_frames = 960});
    ASSERT_TRUE(encoder);
    const std::vector<float> silence(1920);
    for (int before = 0; before < 50; ++before) encoder->encode(silence);
    OggOpusStream stream({});
    auto bytes = stream.head();
    std::vector<std::vector<std::byte>> sent;
    for (int i = 0; i < 3; ++i) {
        const auto packet = encoder->encode(silence);
        sent.emplace_back(packet.begin(), packet.end());
        const auto page = stream.page(packet);
        EXPECT_FALSE(page.empty());
        bytes += page;
    }
    const auto got = read(bytes);
    ASSERT_EQ(got.packets.size(), 5U);
    EXPECT_EQ(std::vector(got.packets.begin() + 2, got.packets.end()), sent);
    EXPECT_EQ(got.granules, (std::vector<std::int64_t>{0, 0, 960, 1920, 2880})) << "the end of each page's sound";
}

TEST(OggOpusStream, TakesTheLongestPacketAndAnyTitle) {
    OggOpusStream stream({.title = std::string(100'000, 'x')});
    const auto head = read(stream.head());
    ASSERT_EQ(head.packets.size(), 2U);
    EXPECT_EQ(head.packets[1].size(), 100'000U + 8 + 4 + 8 + 4 + 4 + 6);
    OggOpusStream other({});
    const std::vector<std::byte> longest(OpusPacketFormat::bytes_max, std::byte{7});
    auto bytes = other.head();
    bytes += other.page(longest);
    const auto got = read(bytes);
    ASSERT_EQ(got.packets.size(), 3U);
    EXPECT_EQ(got.packets[2], longest);
}

TEST(WavStream, SaysWhatItIsAndThatItHasNoEnd) {
    const auto head = wav_stream_head(2);
    ASSERT_EQ(head.size(), 44U);
    EXPECT_EQ(head.substr(0, 16), "RIFF\xff\xff\xff\xffWAVEfmt ");
    EXPECT_EQ(head.substr(20, 16), std::string("\x01\x00\x02\x00\x80\xbb\x00\x00\x00\xee\x02\x00\x04\x00\x10\x00", 16));
    EXPECT_EQ(head.substr(36), "data\xff\xff\xff\xff");
}

TEST(WavStream, RoundsAndClips) {
    const std::vector<float> samples{0, 0.5F, -1, 2, -2};
    EXPECT_EQ(wav_bytes(samples), std::string("\x00\x00\x00\x40\x00\x80\xff\x7f\x00\x80", 10));
}

}  // namespace
}  // namespace antiphon::media
