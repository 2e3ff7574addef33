// A bounded mailbox: a ring that grows to its bound and then follows its overflow policy. The only place, with the
// executors, where threads meet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

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
    enum class Pushed : std::uint8_t { first, queued, dropped_other, refused };

    explicit Mailbox(MailboxPolicy policy) : policy_(policy) { ANTIPHON_ASSERT(policy.capacity > 0); }
    ~Mailbox() {
        while (pop()) {
        }
    }
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    // `first`: it was empty before, so its owner must be scheduled. Thread-safe; allocates when the ring grows.
    Pushed push(Message&& message) {
        std::lock_guard lock(mutex_);
        if (size_ == policy_.capacity) {
            ++overflowed_;
            if (policy_.overflow == Overflow::refuse) return Pushed::refused;
            take_front();
            put_back(std::move(message));
            return Pushed::dropped_other;
        }
        if (size_ == room_) grow();
        put_back(std::move(message));
        return size_ == 1 && !busy_ ? (busy_ = true, Pushed::first) : Pushed::queued;
    }

    // Nothing: the mailbox is empty, and the next push is `first` again. Thread-safe.
    std::optional<Message> pop() {
        std::lock_guard lock(mutex_);
        if (size_ == 0) {
            busy_ = false;
            return std::nullopt;
        }
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
    bool busy_ = false;  // its owner is scheduled or running
    std::uint64_t overflowed_ = 0;
};

}  // namespace antiphon::actors
