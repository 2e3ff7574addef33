// Each packet of a compound has a count, a type and a length in words minus one.
#include "media/rtp/rtcp.hpp"

#include <algorithm>

namespace antiphon::rtp {
namespace {

constexpr std::uint8_t sender_report = 200, receiver_report = 201, description = 202, goodbye_type = 203,
                       transport_feedback = 205;
constexpr std::uint8_t version_2 = 2 << 6, version_mask = 0xc0, padding_bit = 1 << 5, count_mask = 0x1f;
constexpr std::uint8_t generic_nack = 1, cname = 1;
constexpr std::size_t block_bytes = 24, pair_bytes = 4, blocks_max = 31;
constexpr std::int64_t second_ns = 1'000'000'000;

struct Common {
    std::uint8_t count = 0;
    std::uint8_t type = 0;
    std::span<const std::byte> body;
};

// The packet at the front of `left`, which it shortens; nothing when its length is wrong.
std::optional<Common> take(std::span<const std::byte>& left) noexcept {
    Reader reader(left);
    const auto first = reader.u8(), type = reader.u8();
    const auto words = reader.u16();
    auto body = reader.take(4U * words);
    if (reader.failed() || (first & version_mask) != version_2) return std::nullopt;
    left = reader.left();
    if (first & padding_bit) {
        const auto padding = body.empty() ? 0U : std::to_integer<unsigned>(body.back());
        if (!left.empty() || padding == 0 || padding % 4 != 0 || padding > body.size()) return std::nullopt;
        body = body.first(body.size() - padding);  // of the last packet alone
    }
    return Common{static_cast<std::uint8_t>(first & count_mask), type, body};
}

Control name_of(Reader reader, std::uint8_t type) noexcept {
    const auto ssrc = reader.u32();
    while (!reader.failed() && !reader.left().empty()) {
        const auto item = reader.u8();
        if (item == 0) break;
        const auto text = reader.take(reader.u8());
        if (item == cname && !reader.failed())
            return CanonicalName{ssrc, {reinterpret_cast<const char*>(text.data()), text.size()}};
    }
    return OtherControl{type};
}

Control feedback_of(Reader reader, const Common& packet) noexcept {
    Nack nack{reader.u32(), reader.u32(), {}};
    nack.pairs = reader.left();
    const bool whole = !reader.failed() && !nack.pairs.empty() && nack.pairs.size() % pair_bytes == 0;
    if (packet.count != generic_nack || !whole) return OtherControl{packet.type};
    return nack;
}

}  // namespace

std::uint64_t ntp_of(std::int64_t cluster_ns) noexcept {
    auto seconds = cluster_ns / second_ns;
    auto rest = cluster_ns % second_ns;
    if (rest < 0) rest += second_ns, --seconds;
    // rounded up, so that it is rounded down to the same nanosecond again
    const auto fraction = ((static_cast<std::uint64_t>(rest) << 32) + second_ns - 1) / second_ns;
    return (static_cast<std::uint64_t>(seconds) << 32) + fraction;
}

std::int64_t cluster_ns_of(std::uint64_t ntp) noexcept {
    const auto rest = (ntp & 0xffffffffU) * second_ns >> 32;
    return static_cast<std::int64_t>(ntp >> 32) * second_ns + static_cast<std::int64_t>(rest);
}

std::size_t Nack::sequences(std::span<std::uint16_t> out) const noexcept {
    std::size_t count = 0;
    Reader reader(pairs);
    while (reader.left().size() >= pair_bytes) {
        const auto first = reader.u16(), mask = reader.u16();
        for (unsigned i = 0; i <= 16 && count < out.size(); ++i)
            if (i == 0 || (mask >> (i - 1) & 1U)) out[count++] = static_cast<std::uint16_t>(first + i);
    }
    return count;
}

bool is_compound(std::span<const std::byte> bytes) noexcept {
    bool first = true;
    while (!bytes.empty()) {
        const auto packet = take(bytes);
        if (!packet) return false;
        if (first && packet->type != sender_report && packet->type != receiver_report) return false;
        first = false;
    }
    return !first;
}

ControlReader::ControlReader(std::span<const std::byte> bytes) noexcept {
    if (is_compound(bytes)) left_ = bytes;
}

std::optional<Control> ControlReader::next() noexcept {
    block_count_ = 0;
    if (left_.empty()) return std::nullopt;
    const auto packet = *take(left_);
    Reader reader(packet.body);
    Control control = OtherControl{packet.type};
    switch (packet.type) {
        case sender_report:
            control = SenderReport{reader.u32(), reader.u64(), reader.u32(), reader.u32(), reader.u32()};
            break;
        case receiver_report:
            control = ReceiverReport{reader.u32()};
            break;
        case goodbye_type:
            if (packet.count > 0) control = Goodbye{reader.u32()};
            break;
        case description:
            if (packet.count > 0) control = name_of(reader, packet.type);
            break;
        case transport_feedback:
            return feedback_of(reader, packet);
        default:
            break;
    }
    if (reader.failed()) return OtherControl{packet.type};
    if (packet.type == sender_report || packet.type == receiver_report) {
        block_bytes_ = reader.left();
        block_count_ = std::min<std::size_t>(packet.count, block_bytes_.size() / block_bytes);
    }
    return control;
}

ReportBlock ControlReader::block(std::size_t index) const noexcept {
    if (index >= block_count_) return {};
    Reader reader(block_bytes_.subspan(index * block_bytes, block_bytes));
    ReportBlock block;
    block.ssrc = reader.u32();
    const auto lost = reader.u32();
    block.fraction_lost = static_cast<std::uint8_t>(lost >> 24);
    block.lost = static_cast<std::int32_t>(lost << 8) >> 8;
    block.highest_sequence = reader.u32();
    block.jitter = reader.u32();
    block.last_sender_report = reader.u32();
    block.delay_since = reader.u32();
    return block;
}

std::size_t ControlWriter::begin(std::size_t count, std::uint8_t type) noexcept {
    const auto begun = writer_.size();
    writer_.u8(static_cast<std::uint8_t>(version_2 | count));
    writer_.u8(type);
    writer_.u16(0);
    return begun;
}

void ControlWriter::end(std::size_t begun) noexcept {
    while (!writer_.failed() && writer_.size() % 4 != 0) writer_.u8(0);
    writer_.u16_at(begun + 2, static_cast<std::uint16_t>((writer_.size() - begun) / 4 - 1));
}

void ControlWriter::put(std::span<const ReportBlock> blocks) noexcept {
    for (const auto& block : blocks) {
        const auto lost = std::clamp(block.lost, -(1 << 23), (1 << 23) - 1);
        writer_.u32(block.ssrc);
        writer_.u8(block.fraction_lost);
        writer_.u8(static_cast<std::uint8_t>(lost >> 16 & 0xff));
        writer_.u16(static_cast<std::uint16_t>(lost & 0xffff));
        writer_.u32(block.highest_sequence);
        writer_.u32(block.jitter);
        writer_.u32(block.last_sender_report);
        writer_.u32(block.delay_since);
    }
}

void ControlWriter::report(const SenderReport& report, std::span<const ReportBlock> blocks) noexcept {
    blocks = blocks.first(std::min(blocks.size(), blocks_max));
    const auto begun = begin(blocks.size(), sender_report);
    writer_.u32(report.ssrc);
    writer_.u64(report.ntp);
    writer_.u32(report.timestamp);
    writer_.u32(report.packets);
    writer_.u32(report.octets);
    put(blocks);
    end(begun);
}

void ControlWriter::report(const ReceiverReport& report, std::span<const ReportBlock> blocks) noexcept {
    blocks = blocks.first(std::min(blocks.size(), blocks_max));
    const auto begun = begin(blocks.size(), receiver_report);
    writer_.u32(report.ssrc);
    put(blocks);
    end(begun);
}

void ControlWriter::name(const CanonicalName& name) noexcept {
    const auto text = std::as_bytes(std::span(name.name)).first(std::min<std::size_t>(name.name.size(), 255));
    const auto begun = begin(1, description);
    writer_.u32(name.ssrc);
    writer_.u8(cname);
    writer_.u8(static_cast<std::uint8_t>(text.size()));
    writer_.put(text);
    writer_.u8(0);  // the list's end, and padding
    end(begun);
}

void ControlWriter::nack(std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                         std::span<const std::uint16_t> sequences) noexcept {
    if (sequences.empty()) return;
    const auto begun = begin(generic_nack, transport_feedback);
    writer_.u32(sender_ssrc);
    writer_.u32(media_ssrc);
    for (std::size_t at = 0; at < sequences.size();) {
        const auto first = sequences[at++];
        std::uint16_t mask = 0;
        for (; at < sequences.size(); ++at) {
            const auto behind = static_cast<std::uint16_t>(sequences[at] - first);
            if (behind > 16) break;
            if (behind > 0) mask = static_cast<std::uint16_t>(mask | 1U << (behind - 1));
        }
        writer_.u16(first);
        writer_.u16(mask);
    }
    end(begun);
}

void ControlWriter::goodbye(std::uint32_t ssrc) noexcept {
    const auto begun = begin(1, goodbye_type);
    writer_.u32(ssrc);
    end(begun);
}

}  // namespace antiphon::rtp
