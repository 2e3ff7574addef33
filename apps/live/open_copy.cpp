// The time stamps of the cluster's own stream and, where its packets are as long, their numbers, in another session
// (RFC 3550, 2).
#include "apps/live/open_copy.hpp"

#include <boost/asio/ip/udp.hpp>
#include <charconv>
#include <limits>
#include <vector>

#include "adapters/net/stamped_socket.hpp"
#include "apps/live/door.hpp"
#include "media/rtp/packet.hpp"
#include "media/rtp/rtcp.hpp"
#include "media/rtp/sdp.hpp"

namespace antiphon::live {
namespace {

using boost::asio::ip::udp;
using core::Error;
using core::ErrorCode;

constexpr core::Duration report_each = std::chrono::seconds(1);
constexpr std::uint8_t l16_type = 96, opus_type = 97;
constexpr std::string_view canonical_name = "antiphon";

std::uint8_t payload_type(core::OpenCodec codec) { return codec == core::OpenCodec::opus ? opus_type : l16_type; }

constexpr int l16_bytes_max = 1440;  // of a payload, in an MTU of 1500 with IPv6

// The same frames in that codec; what is too long for a packet of L16 goes in several.
Stream as(core::OpenCodec codec, Stream stream) {
    stream.codec = codec == core::OpenCodec::opus ? Codec::opus : Codec::l16;
    auto& frames = stream.identity.packet_frames;
    while (stream.codec == Codec::l16 && frames % 2 == 0 && frames * stream.channels * 2 > l16_bytes_max) frames /= 2;
    return stream;
}

core::Result<boost::asio::ip::address> address_of(const std::string& text) {
    boost::system::error_code error;
    auto address = boost::asio::ip::make_address(text, error);
    if (error) return Error{ErrorCode::invalid, "'" + text.substr(0, 80) + "' is no address of IPv4 or IPv6"};
    return address;
}

}  // namespace

class OpenCopy::Sender {
  public:
    Sender(boost::asio::io_context& io, const Stream& stream, std::unique_ptr<media::PacketEncoder> encoder,
           const core::OpenDoor& door, const boost::asio::ip::address& address)
        : identity_(stream.identity),
          channels_(stream.channels),
          first_frame_(first_frame(stream)),
          encoder_(std::move(encoder)),
          door_(door),
          to_(address, door.port),
          reports_to_(address, static_cast<std::uint16_t>(door.port + 1)),
          socket_(io, net::StampedSocket::audio_bytes),
          datagram_(net::StampedSocket::audio_bytes) {}

    core::Result<void> begin() { return socket_.open({to_.protocol(), 0}); }

    // The stream's packet `number`, in as many of ours as its frames take.
    void send(std::int64_t number, std::span<const float> frames, core::LocalTime departure) {
        const auto samples = static_cast<std::size_t>(identity_.packet_frames * channels_);
        auto next = number * static_cast<std::int64_t>(frames.size() / samples);
        for (; frames.size() >= samples; frames = frames.subspan(samples)) send(next++, frames.first(samples));
        if (departure - reported_ < report_each) return;
        reported_ = departure;
        report(next, departure);
    }

    void goodbye() {
        if (counters_.packets == 0) return;
        rtp::ControlWriter writer(datagram_);
        writer.report(rtp::ReceiverReport{identity_.ssrc});
        writer.goodbye(identity_.ssrc);
        give(writer.size(), reports_to_);
    }

    const core::OpenDoor& door() const { return door_; }
    OpenCopyCounters counters() const { return counters_; }

  private:
    void send(std::int64_t number, std::span<const float> frames) {
        const auto payload = encoder_->encode(frames);
        const rtp::Header header{.payload_type = payload_type(door_.codec),
                                 .sequence = identity_.sequence(number),
                                 .timestamp = timestamp(number),
                                 .ssrc = identity_.ssrc};
        const auto size = rtp::write(header, payload, datagram_);
        ++counters_.packets;
        octets_ += payload.size();
        give(size, to_);
    }

    // A packet leaves when its last frame is there, which is the next one's first.
    void report(std::int64_t next, core::LocalTime departure) {
        rtp::ControlWriter writer(datagram_);
        writer.report(rtp::SenderReport{.ssrc = identity_.ssrc,
                                        .ntp = rtp::ntp_of(departure.ns),
                                        .timestamp = timestamp(next),
                                        .packets = static_cast<std::uint32_t>(counters_.packets),
                                        .octets = static_cast<std::uint32_t>(octets_)});
        writer.name({identity_.ssrc, canonical_name});
        give(writer.size(), reports_to_);
    }

    // Of the packet's first frame: a codec that looks ahead begins before frame 0.
    std::uint32_t timestamp(std::int64_t number) const {
        return identity_.timestamp(number) + static_cast<std::uint32_t>(first_frame_);
    }

    void give(std::size_t size, const udp::endpoint& to) {
        if (!socket_.send(std::span(datagram_).first(size), to)) ++counters_.unsent;
    }

    const media::StreamIdentity identity_;  // of what is sent here
    const int channels_;
    const core::FrameCount first_frame_;
    const std::unique_ptr<media::PacketEncoder> encoder_;
    const core::OpenDoor door_;
    const udp::endpoint to_;
    const udp::endpoint reports_to_;
    net::StampedSocket socket_;
    std::vector<std::byte> datagram_;
    core::LocalTime reported_{std::numeric_limits<std::int64_t>::min() / 2};
    std::uint64_t octets_ = 0;  // of payload
    OpenCopyCounters counters_;
};

core::Result<std::unique_ptr<OpenCopy>> OpenCopy::open(boost::asio::io_context& io, const core::LiveDoor& stream,
                                                       const core::OpenDoor& door) {
    const auto address = address_of(door.address);
    if (!address) return address.error();
    const auto known = stream_of(stream, {});
    if (!known) return known.error();
    const auto copied = as(door.codec, *known);
    auto encoder = make_encoder(copied);
    if (!encoder) return encoder.error();
    auto sender = std::make_unique<Sender>(io, copied, std::move(*encoder), door, *address);
    if (auto begun = sender->begin(); !begun) return begun.error();
    return std::unique_ptr<OpenCopy>(new OpenCopy(std::move(sender)));
}

OpenCopy::OpenCopy(std::unique_ptr<Sender> sender) : sender_(std::move(sender)) {}
OpenCopy::~OpenCopy() { sender_->goodbye(); }
void OpenCopy::send(std::int64_t number, std::span<const float> frames, core::LocalTime departure) {
    sender_->send(number, frames, departure);
}
const core::OpenDoor& OpenCopy::door() const { return sender_->door(); }
OpenCopyCounters OpenCopy::counters() const { return sender_->counters(); }

core::Result<core::OpenDoor> open_door_to(const std::string& host, std::uint16_t port, core::OpenCodec codec) {
    const auto address = address_of(host);
    if (!address) return address.error();
    boost::asio::io_context io;
    udp::socket socket(io);
    boost::system::error_code error;
    socket.open(address->is_v6() ? udp::v6() : udp::v4(), error);
    if (!error) socket.connect({*address, port}, error);  // sends nothing: it looks for a route
    if (error) return Error{ErrorCode::unavailable, "cannot send to " + address->to_string() + ": " + error.message()};
    return core::OpenDoor{address->to_string(), port, codec};
}

core::Result<std::string> describe(const core::SessionRow& session, std::uint64_t version, std::string origin) {
    const auto& live = session.programme.live;
    if (!session.active() || !live || !session.open_door)
        return Error{ErrorCode::conflict, "session " + session.id.value +
                                              " has no open door; open one: antiphon door open " + session.id.value +
                                              " --to ADDRESS:PORT"};
    if (!live->door || !live->begins)
        return Error{ErrorCode::conflict, "the source of session " + session.id.value + " is not open yet; try again"};
    const auto& door = *session.open_door;
    const auto address = address_of(door.address);
    if (!address) return address.error();
    rtp::StreamDescription description;
    const auto& id = session.id.value;  // "s12"
    std::from_chars(id.data() + 1, id.data() + id.size(), description.session);
    description.version = version;
    description.origin = std::move(origin);
    description.name = session.programme.title;
    description.address = door.address;
    if (address->is_v4() && address->is_multicast()) description.hops = net::StampedSocket::group_hops;
    description.port = door.port;
    description.codec = door.codec == core::OpenCodec::opus ? rtp::OpenCodec::opus : rtp::OpenCodec::l16;
    description.payload_type = payload_type(door.codec);
    description.channels = live->door->channels;
    const auto known = stream_of(*live->door, *live->begins);
    if (!known) return known.error();
    const auto packet_frames = as(door.codec, *known).identity.packet_frames;
    description.packet_us = static_cast<std::uint32_t>(packet_frames * 1'000'000 / core::cluster_rate);
    // The frame that leaves its source at the clock's zero, long before the first.
    constexpr std::int64_t ns_per_6_frames = 125'000;
    const auto frames_since_zero = live->begins->ns * 6 / ns_per_6_frames;
    description.timestamp_at_zero = live->door->first_timestamp - static_cast<std::uint32_t>(frames_since_zero);
    return rtp::write_sdp(description);
}

}  // namespace antiphon::live
