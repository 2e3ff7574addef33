// libogg makes the pages; the two headers are ours.
#include "media/codecs/ogg_opus.hpp"

#include <ogg/ogg.h>

#include <vector>

#include "core/contract.hpp"
#include "media/codecs/little_endian.hpp"

namespace antiphon::media {
namespace {

constexpr int pre_skip_frames = core::cluster_rate * 80 / 1000;

void append_text(std::string& to, const std::string& text) {
    append_little_endian(to, static_cast<std::uint32_t>(text.size()), 4);
    to += text;
}

// RFC 7845, 5.1.
std::string identification(int channels) {
    std::string head = "OpusHead";
    append_little_endian(head, 1, 1);  // version
    append_little_endian(head, static_cast<std::uint32_t>(channels), 1);
    append_little_endian(head, pre_skip_frames, 2);
    append_little_endian(head, core::cluster_rate, 4);
    append_little_endian(head, 0, 2);  // gain
    append_little_endian(head, 0, 1);  // mapping family: mono or stereo
    return head;
}

// RFC 7845, 5.2.
std::string comments(const std::string& title) {
    std::string tags = "OpusTags";
    append_text(tags, "Antiphon");
    append_little_endian(tags, 1, 4);
    append_text(tags, "TITLE=" + title);
    return tags;
}

}  // namespace

struct OggOpusStream::State {
    OggOpusFormat format;
    ogg_stream_state stream{};
    ogg_int64_t packets = 0;  // with the two headers
    ogg_int64_t frames = 0;

    explicit State(const OggOpusFormat& of) : format(of) {
        ANTIPHON_ASSERT(ogg_stream_init(&stream, static_cast<int>(format.serial)) == 0);
    }
    ~State() { ogg_stream_clear(&stream); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    std::string take(std::span<const char> bytes) {
        ogg_packet packet{};
        // libogg copies it, and only reads it
        packet.packet = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
        packet.bytes = static_cast<long>(bytes.size());
        packet.b_o_s = packets == 0 ? 1 : 0;
        packet.granulepos = frames;
        packet.packetno = packets++;
        ANTIPHON_ASSERT(ogg_stream_packetin(&stream, &packet) == 0);
        std::string out;
        ogg_page page{};
        while (ogg_stream_flush(&stream, &page) != 0) {
            out.append(reinterpret_cast<const char*>(page.header), static_cast<std::size_t>(page.header_len));
            out.append(reinterpret_cast<const char*>(page.body), static_cast<std::size_t>(page.body_len));
        }
        return out;
    }
};

OggOpusStream::OggOpusStream(const OggOpusFormat& format) : state_(std::make_unique<State>(format)) {}
OggOpusStream::OggOpusStream(OggOpusStream&&) noexcept = default;
OggOpusStream& OggOpusStream::operator=(OggOpusStream&&) noexcept = default;
OggOpusStream::~OggOpusStream() = default;

std::string OggOpusStream::head() {
    auto pages = state_->take(identification(state_->format.channels));
    return pages + state_->take(comments(state_->format.title));
}

std::string OggOpusStream::page(std::span<const std::byte> packet) {
    state_->frames += state_->format.packet_frames;
    return state_->take({reinterpret_cast<const char*>(packet.data()), packet.size()});
}

}  // namespace antiphon::media
