// The latest value from one thread to another, wait-free on both sides.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace antiphon::media {

// One writer thread, one reader thread. All methods are real-time-safe if copying a T is. Values that the reader does
// not fetch in time are overwritten: only the newest counts.
template <class T>
class TripleBuffer {
  public:
    explicit TripleBuffer(const T& initial = {}) : slots_{initial, initial, initial} {}

    // Writer only.
    void write(const T& value) noexcept {
        slots_[written_] = value;
        written_ =
            shared_.exchange(static_cast<std::uint8_t>(written_ | fresh), std::memory_order_acq_rel) & index_mask;
    }

    // Reader only: fetches the newest value; false when there was none since the last call.
    bool update() noexcept {
        if (!(shared_.load(std::memory_order_relaxed) & fresh)) return false;
        read_ = shared_.exchange(read_, std::memory_order_acq_rel) & index_mask;
        return true;
    }

    // Reader only: the value fetched last.
    const T& value() const noexcept { return slots_[read_]; }

  private:
    static constexpr std::uint8_t fresh = 4;
    static constexpr std::uint8_t index_mask = 3;

    std::array<T, 3> slots_;
    alignas(64) std::uint8_t written_ = 0;             // the writer's slot
    alignas(64) std::atomic<std::uint8_t> shared_{1};  // the slot in between, and whether it is fresh
    alignas(64) std::uint8_t read_ = 2;                // the reader's slot
};

}  // namespace antiphon::media
