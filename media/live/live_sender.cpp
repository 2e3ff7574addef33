// The payload is kept as it was sent, so that what is lost comes again from there.
#include "media/live/live_sender.hpp"

#include "media/rtp/packet.hpp"
#include "media/rtp/rtcp.hpp"

namespace antiphon::media {

LiveSender::LiveSender(const StreamIdentity& identity, PacketEncoder& encoder, const rtp::SentOptions& options)
    : identity_(identity), encoder_(encoder), sent_(options), datagram_(datagram_max) {}

std::span<const std::byte> LiveSender::next(std::size_t listeners, std::int64_t cluster_ns, core::LocalTime now) {
    const auto number = number_++;
    const rtp::Header header{.payload_type = identity_.payload_type,
                             .sequence = identity_.sequence(number),
                             .timestamp = identity_.timestamp(number),
                             .ssrc = identity_.ssrc,
                             .departure_ns = cluster_ns};
    const auto size = rtp::write(header, payload_, datagram_);
    if (size == 0 || !sent_.keep(header.sequence, header.timestamp, header.marker, payload_, listeners, now))
        return ++counters_.oversized, std::span<const std::byte>();
    ++counters_.packets;
    counters_.octets += payload_.size();
    last_ns_ = cluster_ns;
    return std::span(datagram_).first(size);
}

std::span<const std::byte> LiveSender::again(std::uint16_t sequence, std::int64_t cluster_ns,
                                             core::LocalTime now) noexcept {
    const auto packet = sent_.again(sequence, now);
    if (!packet) return {};
    const rtp::Header header{.payload_type = identity_.repair_payload_type,
                             .marker = packet->marker,
                             .sequence = packet->sequence,
                             .timestamp = packet->timestamp,
                             .ssrc = identity_.repair_ssrc,
                             .departure_ns = cluster_ns};
    return std::span(datagram_).first(rtp::write(header, packet->payload, datagram_));
}

std::span<const std::byte> LiveSender::report(std::int64_t cluster_ns, std::string_view canonical_name) noexcept {
    rtp::ControlWriter writer(datagram_);
    writer.report(rtp::SenderReport{.ssrc = identity_.ssrc,
                                    .ntp = rtp::ntp_of(last_ns_ == 0 ? cluster_ns : last_ns_),
                                    .timestamp = identity_.timestamp(number_),
                                    .packets = static_cast<std::uint32_t>(counters_.packets),
                                    .octets = static_cast<std::uint32_t>(counters_.octets)});
    writer.name({identity_.ssrc, canonical_name});
    return std::span(datagram_).first(writer.size());
}

SenderCounters LiveSender::counters() const noexcept {
    auto counters = counters_;
    counters.again = sent_.counters();
    return counters;
}

}  // namespace antiphon::media
