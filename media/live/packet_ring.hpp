// Keeps the packets of a live stream until their turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace antiphon::media {

// `packets` (a power of two) places of up to `bytes_max` each, found by packet number; a later packet takes the place
// of the one that many before it. Not thread-safe; allocates at construction only.
class PacketRing {
  public:
    PacketRing(std::size_t packets, std::size_t bytes_max);

    // False, and counted, when it is larger than `bytes_max`.
    bool put(std::int64_t number, std::span<const std::byte> payload) noexcept;
    // Empty when it is not there (any more). Valid until its place is taken. A payload of no bytes is none.
    std::span<const std::byte> find(std::int64_t number) const noexcept;
    void clear() noexcept;

    std::uint64_t oversized() const noexcept { return oversized_; }

  private:
    struct Place {
        std::int64_t number = 0;
        std::size_t size = 0;  // 0: nothing is there
    };

    std::size_t index_of(std::int64_t number) const noexcept {
        return static_cast<std::size_t>(number) & (places_.size() - 1);
    }

    std::size_t bytes_max_;
    std::vector<Place> places_;
    std::vector<std::byte> bytes_;
    std::uint64_t oversized_ = 0;
};

}  // namespace antiphon::media
