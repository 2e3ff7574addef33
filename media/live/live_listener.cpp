// Which packet it is, the identity tells; whether it is to be believed, its source.
#include "media/live/live_listener.hpp"

#include <array>

#include "media/rtp/retransmission.hpp"
#include "media/rtp/rtcp.hpp"

namespace antiphon::media {
namespace {

constexpr std::size_t asked_max = 64;  // packets in one question: as many as are missing after a third of a second

}  // namespace

LiveListener::LiveListener(const StreamIdentity& identity, LiveReceiver& receiver, std::uint32_t ssrc)
    : identity_(identity), receiver_(receiver), ssrc_(ssrc) {}

std::optional<Heard> LiveListener::take(std::span<const std::byte> datagram, core::LocalTime at,
                                        const Departures& departures) noexcept {
    rtp::Refusal refusal{};
    const auto packet = rtp::parse(datagram, refusal);
    if (!packet) return ++counters_.malformed, std::nullopt;
    const auto& header = packet->header;
    const auto near = departures.last_at(at);
    if (header.ssrc == identity_.repair_ssrc && header.payload_type == identity_.repair_payload_type) {
        if (const auto again = rtp::parse_retransmission(packet->payload))
            receiver_.take(identity_.number(again->sequence, near), again->payload, at, true);
        else
            ++counters_.malformed;
        return std::nullopt;
    }
    if (header.ssrc != identity_.ssrc || header.payload_type != identity_.payload_type)
        return ++counters_.strangers, std::nullopt;
    if (!source_.number(header.sequence)) return ++counters_.unbelieved, std::nullopt;
    const auto number = identity_.number(header.sequence, near);
    receiver_.take(number, packet->payload, at, false);
    return Heard{number, at, header.departure_ns};
}

std::size_t LiveListener::ask(core::LocalTime now, std::span<std::byte> out) noexcept {
    std::array<std::int64_t, asked_max> numbers{};
    const auto count = receiver_.ask(now, numbers);
    if (count == 0) return 0;
    std::array<std::uint16_t, asked_max> sequences{};
    for (std::size_t i = 0; i < count; ++i) sequences[i] = identity_.sequence(numbers[i]);
    rtp::ControlWriter writer(out);
    writer.report(rtp::ReceiverReport{ssrc_});
    writer.nack(ssrc_, identity_.ssrc, std::span(sequences).first(count));
    return writer.size();
}

std::size_t LiveListener::greet(std::span<std::byte> out) const noexcept {
    const auto counters = receiver_.counters().repair;
    rtp::ControlWriter writer(out);
    const rtp::ReportBlock block{.ssrc = identity_.ssrc,
                                 .lost = static_cast<std::int32_t>(counters.lost),
                                 .highest_sequence = static_cast<std::uint32_t>(source_.highest())};
    writer.report(rtp::ReceiverReport{ssrc_}, std::span(&block, 1));
    return writer.size();
}

}  // namespace antiphon::media
