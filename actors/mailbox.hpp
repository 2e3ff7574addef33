// A bounded mailbox: a ring that grows to its bound and then follows its overflow policy; and the orders to its owner,
// which go before. The only place, with the executors and supervisors, where threads meet.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "actors/supervised.hpp"
#include "core/contract.hpp"

namespace antiphon::actors {

// What happens to a message that finds the mailbox full. Either way it is counted.
enum class Overflow : std::uint8_t {
    refuse,       // the sender is told
    drop_oldest,  // for values of which only the newest counts
};

struct MailboxPolicy {
    std::uint32_t capacity = 1024;
    Overflow overflow = Overflow::refuse;
};

// Any thread may push, one at a time pops. An empty mailbox owns no memory beyond itself.
template <class Message>
class Mailbox {
  public:
    enum class Pushed : std::uint8_t { first, queued, dropped_other, refused, closed };

    explicit Mailbox(MailboxPolicy policy) : policy_(policy) { ANTIPHON_ASSERT(policy.capacity > 0); }
    ~Mailbox() {
        while (remove()) {
        }
    }
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    // `first`: its owner was idle, so it must be scheduled. Thread-safe; allocates when the ring grows.
    Pushed push(Message&& message) {
        std::lock_guard lock(mutex_);
        if (closed_) return Pushed::closed;
        if (size_ == policy_.capacity) {
            ++overflowed_;
            if (policy_.overflow == Overflow::refuse) return Pushed::refused;
            take_front();
            put_back(std::move(message));
            return Pushed::dropped_other;
        }
        if (size_ == room_) grow();
        put_back(std::move(message));
        return parked_ || std::exchange(busy_, true) ? Pushed::queued : Pushed::first;
    }

    // True: its owner was idle, so it must be scheduled. After `finish` or `abandon` nothing can be pushed; what the
    // owner was told to be the end stays the end. Thread-safe.
    bool order(Order order) {
        std::lock_guard lock(mutex_);
        if (ended_) return false;
        order_ = std::max(order_, order);
        closed_ = order_ > Order::restart;
        return !std::exchange(busy_, true);
    }

    struct Next {
        // `finish` when all that waited is done, or nobody is there to do it; `abandon` at once: either is the end.
        Order order = Order::none;
        std::optional<Message> message;
    };
    // Neither an order nor a message: nothing is to be done, and the owner is idle from now on. Thread-safe.
    Next take() {
        std::lock_guard lock(mutex_);
        if (order_ == Order::restart) return parked_ = false, Next{std::exchange(order_, Order::none), {}};
        if (order_ == Order::abandon || (order_ == Order::finish && (size_ == 0 || parked_))) {
            ended_ = true;
            return {std::exchange(order_, Order::none), {}};
        }
        if (size_ > 0 && !parked_ && !ended_) return {Order::none, take_front()};
        busy_ = false;
        return {};
    }

    // Until the next order, messages wait. Called by the owner.
    void park() {
        std::lock_guard lock(mutex_);
        parked_ = true;
    }

    // Takes a message out that nobody will read. Thread-safe.
    std::optional<Message> remove() {
        std::lock_guard lock(mutex_);
        if (size_ == 0) return std::nullopt;
        return take_front();
    }

    std::uint64_t overflowed() const {
        std::lock_guard lock(mutex_);
        return overflowed_;
    }
    std::size_t size() const {
        std::lock_guard lock(mutex_);
        return size_;
    }

  private:
    struct Slot {
        alignas(Message) std::byte bytes[sizeof(Message)];
    };

    Message* at(std::uint32_t index) { return std::launder(reinterpret_cast<Message*>(ring_[index % room_].bytes)); }

    void put_back(Message&& message) {
        std::construct_at(at(head_ + size_), std::move(message));
        ++size_;
    }

    Message take_front() {
        Message* front = at(head_);
        Message message = std::move(*front);
        std::destroy_at(front);
        head_ = (head_ + 1) % room_;
        --size_;
        return message;
    }

    void grow() {
        const std::uint32_t room = room_ == 0 ? 4 : std::min(room_ * 2, policy_.capacity);
        auto ring = std::make_unique_for_overwrite<Slot[]>(room);
        for (std::uint32_t i = 0; i < size_; ++i) {
            Message* old = at(head_ + i);
            std::construct_at(reinterpret_cast<Message*>(ring[i].bytes), std::move(*old));
            std::destroy_at(old);
        }
        ring_ = std::move(ring);
        room_ = room;
        head_ = 0;
    }

    mutable std::mutex mutex_;
    std::unique_ptr<Slot[]> ring_;
    MailboxPolicy policy_;
    std::uint32_t room_ = 0;
    std::uint32_t head_ = 0;
    std::uint32_t size_ = 0;
    Order order_ = Order::none;
    bool busy_ = false;    // its owner is scheduled or running
    bool parked_ = false;  // its owner has failed
    bool closed_ = false;
    bool ended_ = false;
    std::uint64_t overflowed_ = 0;
};

}  // namespace antiphon::actors
