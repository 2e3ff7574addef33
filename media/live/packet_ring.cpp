// One allocation for all the bytes, each packet in a place of its own.
#include "media/live/packet_ring.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace antiphon::media {

PacketRing::PacketRing(std::size_t packets, std::size_t bytes_max)
    : bytes_max_(bytes_max), places_(packets), bytes_(packets * bytes_max) {
    ANTIPHON_ASSERT(packets > 0 && (packets & (packets - 1)) == 0);
}

bool PacketRing::put(std::int64_t number, std::span<const std::byte> payload) noexcept {
    if (payload.size() > bytes_max_) return ++oversized_, false;
    const auto index = index_of(number);
    places_[index] = {number, payload.size()};
    std::copy(payload.begin(), payload.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(index * bytes_max_));
    return true;
}

std::span<const std::byte> PacketRing::find(std::int64_t number) const noexcept {
    const auto index = index_of(number);
    if (places_[index].size == 0 || places_[index].number != number) return {};
    return std::span(bytes_).subspan(index * bytes_max_, places_[index].size);
}

void PacketRing::clear() noexcept { std::fill(places_.begin(), places_.end(), Place{}); }

}  // namespace antiphon::media
