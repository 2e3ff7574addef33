// Which packets of a source are to be believed, and their numbers without the wrap (RFC 3550, A.1).
#pragma once

#include <cstdint>
#include <optional>

namespace antiphon::rtp {

struct SourceCounters {
    std::uint64_t accepted = 0;
    std::uint64_t on_probation = 0;  // before two followed one another
    std::uint64_t jumped = 0;        // far from where the source was
    std::uint64_t restarts = 0;      // it was the source that jumped: two followed one another there
};

// A source is valid once min_sequential packets have followed one another. Then packets up to max_dropout ahead and
// max_misorder behind are its own; others are not, until two follow one another: then the source has begun anew.
// Numbers are 64 bits and go on over the wrap of 16 bits; one source that begins anew goes on above all numbers of
// before. Not thread-safe; real-time-safe.
class Source {
  public:
    static constexpr int min_sequential = 2;
    static constexpr std::uint16_t max_dropout = 3000;
    static constexpr std::uint16_t max_misorder = 100;

    // The number of the packet with this sequence number, if it is to be believed. Numbers begin somewhere in
    // [65536, 131072), so that one of before the first is not negative.
    std::optional<std::int64_t> number(std::uint16_t sequence) noexcept;
    // The highest so far; 0 before the source is valid.
    std::int64_t highest() const noexcept { return valid_ ? cycles_ + max_sequence_ : 0; }
    bool valid() const noexcept { return valid_; }
    // Grows when the source has begun anew: where it was, nothing is known any more.
    const SourceCounters& counters() const noexcept { return counters_; }

  private:
    std::optional<std::int64_t> probation(std::uint16_t sequence) noexcept;
    std::optional<std::int64_t> jump(std::uint16_t sequence) noexcept;
    std::optional<std::int64_t> accept(std::int64_t number) noexcept;

    bool begun_ = false;
    bool valid_ = false;
    int sequential_ = 0;  // packets that have followed one another, on probation
    std::uint16_t max_sequence_ = 0;
    std::int64_t cycles_ = 65536;
    std::optional<std::uint16_t> jumped_to_;  // the next one there would be this
    SourceCounters counters_;
};

}  // namespace antiphon::rtp
