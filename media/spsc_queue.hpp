// A bounded queue from one thread to another, wait-free on both sides.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>

namespace antiphon::media {

// One producer thread, one consumer thread. All methods are real-time-safe if copying a T is. At its bound the queue
// refuses: the producer decides what that means and counts it.
template <class T, std::size_t capacity>
class SpscQueue {
    static_assert(capacity > 0 && (capacity & (capacity - 1)) == 0, "a power of two");

  public:
    // Producer only. False when full.
    bool push(const T& value) noexcept {
        const auto tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) == capacity) return false;
        slots_[tail & (capacity - 1)] = value;
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

    // Consumer only. Empty when there is none.
    std::optional<T> pop() noexcept {
        const auto head = head_.load(std::memory_order_relaxed);
        if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
        std::optional<T> value = slots_[head & (capacity - 1)];
        head_.store(head + 1, std::memory_order_release);
        return value;
    }

  private:
    std::array<T, capacity> slots_{};
    alignas(64) std::atomic<std::size_t> head_{0};  // written by the consumer
    alignas(64) std::atomic<std::size_t> tail_{0};  // written by the producer
};

}  // namespace antiphon::media
