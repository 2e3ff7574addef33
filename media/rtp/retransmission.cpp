// A ring by sequence number; each payload is kept behind its sequence number, ready to be sent again.
#include "media/rtp/retransmission.hpp"

#include <algorithm>

#include "core/contract.hpp"
#include "media/rtp/octets.hpp"

namespace antiphon::rtp {
namespace {

constexpr std::size_t osn_bytes = 2;
constexpr double budget_packets_max = 200;  // a second of 5 ms packets

}  // namespace

std::optional<Retransmission> parse_retransmission(std::span<const std::byte> payload) noexcept {
    Reader reader(payload);
    const auto sequence = reader.u16();
    if (reader.failed()) return std::nullopt;
    return Retransmission{sequence, reader.left()};
}

SentPackets::SentPackets(const SentOptions& options)
    : options_(options), places_(options.packets), bytes_(options.packets * (osn_bytes + options.payload_bytes_max)) {
    ANTIPHON_ASSERT(options.packets > 0 && options.packets <= 32768 && (options.packets & (options.packets - 1)) == 0);
}

bool SentPackets::keep(std::uint16_t sequence, std::uint32_t timestamp, bool marker, std::span<const std::byte> payload,
                       std::size_t copies, core::LocalTime now) noexcept {
    const auto index = sequence & (places_.size() - 1);
    auto& place = places_[index];
    place.there = payload.size() <= options_.payload_bytes_max;
    if (!place.there) return false;
    const auto width = osn_bytes + options_.payload_bytes_max;
    const auto bytes = std::span(bytes_).subspan(index * width, osn_bytes + payload.size());
    Writer writer(bytes);
    writer.u16(sequence);
    writer.put(payload);
    place.packet = {sequence, timestamp, marker, bytes};
    place.last = now;
    const double share = options_.repair_share_max * static_cast<double>(copies);
    budget_ = std::min(budget_ + share, budget_packets_max * share);
    return true;
}

std::optional<SentPacket> SentPackets::again(std::uint16_t sequence, core::LocalTime now) noexcept {
    auto& place = places_[sequence & (places_.size() - 1)];
    if (!place.there || place.packet.sequence != sequence) return ++counters_.unknown, std::nullopt;
    if (now - place.last < options_.again_after) return ++counters_.just_sent, std::nullopt;
    if (budget_ < 1) return ++counters_.over_budget, std::nullopt;
    budget_ -= 1;
    place.last = now;
    ++counters_.resent;
    return place.packet;
}

}  // namespace antiphon::rtp
