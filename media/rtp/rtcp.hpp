// RTCP (RFC 3550, 6) and its generic NACK (RFC 4585, 6.2.1): what sender and receiver of a stream tell one another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "media/rtp/octets.hpp"

namespace antiphon::rtp {

// The cluster's clock as RTCP carries a wall clock: seconds and fractions of 2^-32 s since the clock's origin. From ns
// and back it is exact. Seconds wrap after 136 years.
std::uint64_t ntp_of(std::int64_t cluster_ns) noexcept;
std::int64_t cluster_ns_of(std::uint64_t ntp) noexcept;

// Of one source, by one who receives it (6.4.1).
struct ReportBlock {
    std::uint32_t ssrc = 0;
    std::uint8_t fraction_lost = 0;        // of 256, since the last report
    std::int32_t lost = 0;                 // in all; -2^23..2^23-1, clamped when written
    std::uint32_t highest_sequence = 0;    // with 16 bits of cycles
    std::uint32_t jitter = 0;              // in units of the timestamp
    std::uint32_t last_sender_report = 0;  // the middle 32 bits of its NTP time; 0: none yet
    std::uint32_t delay_since = 0;         // in 2^-16 s
    friend bool operator==(const ReportBlock&, const ReportBlock&) = default;
};

struct SenderReport {
    std::uint32_t ssrc = 0;
    std::uint64_t ntp = 0;        // the cluster's clock at `timestamp`
    std::uint32_t timestamp = 0;  // of the stream
    std::uint32_t packets = 0;
    std::uint32_t octets = 0;
    friend bool operator==(const SenderReport&, const SenderReport&) = default;
};

struct ReceiverReport {
    std::uint32_t ssrc = 0;  // of the receiver
    friend bool operator==(const ReceiverReport&, const ReceiverReport&) = default;
};

struct Goodbye {
    std::uint32_t ssrc = 0;  // the first of those that leave
    friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

struct CanonicalName {
    std::uint32_t ssrc = 0;
    std::string_view name;  // within the bytes that were parsed
    friend bool operator==(const CanonicalName&, const CanonicalName&) = default;
};

// Packets that are asked for again: pairs of a sequence number and a mask of the 16 that follow.
struct Nack {
    std::uint32_t sender_ssrc = 0;  // who asks
    std::uint32_t media_ssrc = 0;   // of the source that is asked
    std::span<const std::byte> pairs;

    // As many sequence numbers as fit into `out`, in the order of the pairs.
    std::size_t sequences(std::span<std::uint16_t> out) const noexcept;
};

struct OtherControl {
    std::uint8_t type = 0;
};

using Control = std::variant<SenderReport, ReceiverReport, Goodbye, CanonicalName, Nack, OtherControl>;

// Whether all lengths of a compound packet are right, and it begins with a report as it must (6.1, A.2). Nothing of one
// that is not is to be looked at.
bool is_compound(std::span<const std::byte> bytes) noexcept;

// Walks through a compound packet. Not thread-safe; real-time-safe.
class ControlReader {
  public:
    // Of bytes that are no compound packet it reads nothing.
    explicit ControlReader(std::span<const std::byte> bytes) noexcept;

    // The next packet; nothing at the end. A packet of a known type that is too short for it reads as OtherControl.
    std::optional<Control> next() noexcept;
    // The report blocks of the report that was read last.
    std::size_t blocks() const noexcept { return block_count_; }
    ReportBlock block(std::size_t index) const noexcept;

  private:
    std::span<const std::byte> left_;
    std::span<const std::byte> block_bytes_;
    std::size_t block_count_ = 0;
};

// Builds a compound packet; begin with a report. Not thread-safe; real-time-safe.
class ControlWriter {
  public:
    explicit ControlWriter(std::span<std::byte> out) noexcept : writer_(out) {}

    // At most 31 blocks; more are left out.
    void report(const SenderReport& report, std::span<const ReportBlock> blocks = {}) noexcept;
    void report(const ReceiverReport& report, std::span<const ReportBlock> blocks = {}) noexcept;
    // At most 255 octets of the name.
    void name(const CanonicalName& name) noexcept;
    // Sequence numbers in ascending order (modulo 2^16), in as few pairs as that gives.
    void nack(std::uint32_t sender_ssrc, std::uint32_t media_ssrc, std::span<const std::uint16_t> sequences) noexcept;
    void goodbye(std::uint32_t ssrc) noexcept;

    // 0 where `out` was too small.
    std::size_t size() const noexcept { return writer_.failed() ? 0 : writer_.size(); }

  private:
    std::size_t begin(std::size_t count, std::uint8_t type) noexcept;
    void end(std::size_t begun) noexcept;
    void put(std::span<const ReportBlock> blocks) noexcept;

    Writer writer_;
};

}  // namespace antiphon::rtp
