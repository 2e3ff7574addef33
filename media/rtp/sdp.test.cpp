// Laws of descriptions: what is written is read as it was; what is wrong is named by its line.
#include "media/rtp/sdp.hpp"

#include <gtest/gtest.h>

namespace antiphon::rtp {
namespace {

StreamDescription stream() {
    StreamDescription made;
    made.session = 1234567890123;
    made.version = 7;
    made.origin = "192.0.2.1";
    made.name = "Evening prayer";
    made.address = "192.0.2.9";
    made.port = 8744;
    made.repair_payload_type = 97;
    made.timestamp_at_zero = 963214424;
    return made;
}

std::string replaced(const std::string& from, const std::string& to) {
    auto text = write_sdp(stream());
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(Sdp, IsAsReceiversExpectIt) {
    EXPECT_EQ(
        write_sdp(stream()),
        "v=0\r\no=antiphon 1234567890123 7 IN IP4 192.0.2.1\r\ns=Evening prayer\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
        "m=audio 8744 RTP/AVPF 96 97\r\na=rtpmap:96 L16/48000/2\r\na=ptime:5\r\na=rtcp-fb:96 nack\r\n"
        "a=rtpmap:97 rtx/48000\r\na=fmtp:97 "
        "apt=96;rtx-time=250\r\na=ts-refclk:local\r\na=mediaclk:direct=963214424\r\n");
}

TEST(Sdp, IsReadAsItWasWritten) {
    auto opus = stream();
    opus.codec = OpenCodec::opus;
    opus.packet_us = 2500;
    opus.address = "2001:db8::1";
    auto mono = opus;
    mono.channels = 1;
    auto plain = stream();
    plain.repair_payload_type.reset();
    plain.timestamp_at_zero.reset();
    plain.rate = 44100;
    plain.channels = 1;
    auto group = plain;
    group.address = "239.1.2.3";
    group.hops = 16;
    EXPECT_NE(write_sdp(group).find("c=IN IP4 239.1.2.3/16\r\n"), std::string::npos);
    for (const auto& described : {stream(), opus, mono, plain, group}) {
        const auto read = parse_sdp(write_sdp(described));
        ASSERT_TRUE(read) << read.error().what;
        EXPECT_EQ(*read, described) << write_sdp(described);
    }
}

TEST(Sdp, WhatOthersWriteIsRead) {
    const auto read = parse_sdp(
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=No Name\nc=IN IP4 239.1.2.3/32\nt=0 0\na=tool:libavformat "
        "LIBAVFORMAT_VERSION\n"
        "m=audio 5004 RTP/AVP 97\nb=AS:128\na=rtpmap:97 opus/48000/2\na=fmtp:97 sprop-stereo=1\nm=video 5006 RTP/AVP "
        "98\n");
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(read->address, "239.1.2.3");
    EXPECT_EQ(read->hops, 32);
    EXPECT_EQ(read->port, 5004);
    EXPECT_EQ(read->codec, OpenCodec::opus);
    EXPECT_EQ(read->channels, 2);
    EXPECT_EQ(read->payload_type, 97);
}

TEST(Sdp, WhatIsWrongIsNamedByItsLine) {
    for (const auto& [text, named] : {std::pair(std::string("hello"), "SDP line 1, 'hello', should begin with v=0"),
                                      {replaced("m=audio 8744", "m=audio 874444"), "SDP line 6"},
                                      {replaced("L16/48000/2", "PCMU/8000"), "SDP line 7"},
                                      {replaced("L16/48000/2", "L16/48000/9"), "SDP line 7"},
                                      {replaced("L16/48000/2", "L16/1"), "SDP line 7"},
                                      {replaced("ptime:5", "ptime:0"), "0.125 to 120"},
                                      {replaced("direct=9", "direct=x"), "SDP line 13"},
                                      {replaced("t=0 0", "t"), "SDP line 5, 't', should have a letter and '='"},
                                      {replaced("c=IN IP4 192.0.2.9\r\n", ""), "no line c="},
                                      {replaced("m=audio", "m=video"), "no line m=audio"},
                                      {std::string(20'000, 'a'), "more than 16 KiB"}}) {
        const auto read = parse_sdp(text);
        ASSERT_FALSE(read) << text;
        EXPECT_NE(read.error().what.find(named), std::string::npos) << read.error().what;
    }
}

TEST(Sdp, ANameCannotAddLines) {
    auto named = stream();
    named.name = "a\r\nm=audio 1 RTP/AVP 0";
    EXPECT_EQ(parse_sdp(write_sdp(named))->port, 8744);
    named.name = "";
    EXPECT_EQ(parse_sdp(write_sdp(named))->name, "-");
}

}  // namespace
}  // namespace antiphon::rtp
