// Whatever comes to a port of live audio after it was opened: RTP, retransmissions, RTCP. What is read is written as it
// was.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/contract.hpp"
#include "media/rtp/packet.hpp"
#include "media/rtp/retransmission.hpp"
#include "media/rtp/rtcp.hpp"
#include "media/rtp/source.hpp"

namespace {

using namespace antiphon::rtp;
using Bytes = std::span<const std::byte>;

void look_at_packet(Bytes bytes) {
    Refusal refusal{};
    const auto packet = parse(bytes, refusal);
    ANTIPHON_ASSERT(packet.has_value() == (refusal == Refusal::none));
    if (!packet) return;
    std::array<std::byte, 4096> out{};
    const auto size = write(packet->header, packet->payload, out);
    if (size > 0) {
        const auto again = parse(std::span(out).first(size), refusal);
        ANTIPHON_ASSERT(again && again->header == packet->header);
        ANTIPHON_ASSERT(std::ranges::equal(again->payload, packet->payload));
    }
    if (const auto retransmission = parse_retransmission(packet->payload))
        ANTIPHON_ASSERT(retransmission->payload.size() + 2 == packet->payload.size());
}

// Each two bytes are a sequence number.
void look_at_source(Bytes bytes) {
    Source source;
    for (; bytes.size() >= 2; bytes = bytes.subspan(2)) {
        const auto sequence =
            static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8 | std::to_integer<unsigned>(bytes[1]));
        const auto number = source.number(sequence);
        ANTIPHON_ASSERT(
            !number || (static_cast<std::uint16_t>(*number) == sequence && *number <= source.highest() && *number > 0));
    }
}

void look_at_control(Bytes bytes) {
    ControlReader reader(bytes);
    std::array<std::uint16_t, 64> numbers{};
    bool any = false;
    while (const auto control = reader.next()) {
        any = true;
        for (std::size_t i = 0; i < reader.blocks(); ++i) reader.block(i);
        if (const auto* nack = std::get_if<Nack>(&*control))
            ANTIPHON_ASSERT(nack->sequences(numbers) <= numbers.size());
    }
    ANTIPHON_ASSERT(any == is_compound(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    look_at_packet(bytes);
    look_at_source(bytes);
    look_at_control(bytes);
    return 0;
}
