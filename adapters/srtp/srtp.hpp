// Live audio is encrypted and authenticated by SRTP (RFC 3711): what nobody with the key has sent is not even parsed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace antiphon::srtp {

// Master key and salt of one stream and those who listen to it: AES_CM_128_HMAC_SHA1_80, which each implementation has.
// A key serves one life of one sender: packets of the same source and number, encrypted twice with one key, give each
// other away (RFC 3711, 9.1).
class Key {
  public:
    static constexpr std::size_t bytes = 30;  // 16 of key, 14 of salt

    // 60 hexadecimal digits; else `invalid`, without repeating them.
    static core::Result<Key> from_hex(std::string_view hex);
    explicit Key(const std::array<std::byte, bytes>& random) : bytes_(random) {}

    std::span<const std::byte, bytes> view() const noexcept { return bytes_; }

  private:
    std::array<std::byte, bytes> bytes_{};
};

// How many bytes sealing adds at most: room for them has to be behind the packet.
inline constexpr std::size_t overhead_max = 4 + 10;  // of SRTCP: index and tag; of SRTP the tag alone

enum class Opened : std::uint8_t { good, forged, replayed, malformed };

struct Counters {
    std::uint64_t good = 0;
    std::uint64_t forged = 0;     // not sealed with this key, or damaged on the way
    std::uint64_t replayed = 0;   // seen before, or older than what is kept track of (1024 packets)
    std::uint64_t malformed = 0;  // too short, or no RTP at all
};

// Which packet of its source it is, 48 bits: the lowest 16 are its sequence number. Who comes late cannot count how
// often those have wrapped (the roll-over counter of RFC 3711, 3.3.1), so both ends have to know it from elsewhere.
using Index = std::uint64_t;

// Both ends of one key. Sources are told apart by their SSRC, and each is sealed by one sender only. Not thread-safe;
// neither allocates per packet but for the first of a source; work is bounded by the packet's length.
class Sealer {
  public:
    static core::Result<Sealer> open(const Key& key);

    // `length` bytes of `buffer` are an RTP (or a compound RTCP) packet; sealed in place. Its new length; 0 for what is
    // no packet, has another sequence number than `index`, or where `buffer` has no room for overhead_max more. What
    // was sealed may be sealed again, with the same payload; another payload with the same index never.
    std::size_t seal_rtp(std::span<std::byte> buffer, std::size_t length, Index index) noexcept;
    std::size_t seal_rtcp(std::span<std::byte> buffer, std::size_t length) noexcept;

    Sealer(Sealer&&) noexcept;
    Sealer& operator=(Sealer&&) noexcept;
    ~Sealer();

  private:
    struct Session;
    explicit Sealer(std::unique_ptr<Session> session);

    std::unique_ptr<Session> session_;
};

class Opener {
  public:
    static core::Result<Opener> open(const Key& key);

    // Opens `packet` in place; it is shorter afterwards if it was good, and worth nothing else. For sources that are
    // known: each is remembered.
    Opened open_rtp(std::span<std::byte>& packet, Index index) noexcept;
    Opened open_rtcp(std::span<std::byte>& packet) noexcept;

    const Counters& counters() const noexcept { return counters_; }

    Opener(Opener&&) noexcept;
    Opener& operator=(Opener&&) noexcept;
    ~Opener();

  private:
    struct Session;
    explicit Opener(std::unique_ptr<Session> session);
    Opened count(Opened opened) noexcept;

    std::unique_ptr<Session> session_;
    Counters counters_;
};

}  // namespace antiphon::srtp
