// RFC 3550, A.1, with 64 bits for the cycles.
#include "media/rtp/source.hpp"

namespace antiphon::rtp {
namespace {

constexpr std::int64_t cycle = 65536;

std::uint16_t after(std::uint16_t sequence) noexcept { return static_cast<std::uint16_t>(sequence + 1); }

}  // namespace

std::optional<std::int64_t> Source::number(std::uint16_t sequence) noexcept {
    if (!valid_) return probation(sequence);
    const auto ahead = static_cast<std::uint16_t>(sequence - max_sequence_);
    if (ahead < max_dropout) {
        if (sequence < max_sequence_) cycles_ += cycle;
        max_sequence_ = sequence;
        return accept(cycles_ + sequence);
    }
    const auto behind = static_cast<std::uint16_t>(max_sequence_ - sequence);
    if (behind <= max_misorder) return accept(cycles_ + max_sequence_ - behind);
    return jump(sequence);
}

std::optional<std::int64_t> Source::probation(std::uint16_t sequence) noexcept {
    const bool follows = begun_ && sequence == after(max_sequence_);
    sequential_ = follows ? sequential_ + 1 : 1;
    begun_ = true;
    max_sequence_ = sequence;
    if (sequential_ < min_sequential) return ++counters_.on_probation, std::nullopt;
    valid_ = true;
    return accept(cycles_ + sequence);
}

std::optional<std::int64_t> Source::jump(std::uint16_t sequence) noexcept {
    if (jumped_to_ != sequence) {
        jumped_to_ = after(sequence);
        return ++counters_.jumped, std::nullopt;
    }
    ++counters_.restarts;
    cycles_ += 2 * cycle;
    max_sequence_ = sequence;
    return accept(cycles_ + sequence);
}

std::optional<std::int64_t> Source::accept(std::int64_t number) noexcept {
    jumped_to_.reset();
    ++counters_.accepted;
    return number;
}

}  // namespace antiphon::rtp
