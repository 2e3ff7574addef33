// Actors: each has a bounded mailbox and works through it one message at a time. Messages are immutable values.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "actors/executor.hpp"
#include "actors/mailbox.hpp"

namespace antiphon::actors {

// What an actor does. on_message is never run by two threads at once.
template <class Message>
class Actor {
  public:
    virtual ~Actor() = default;
    virtual void on_message(const Message& message) = 0;
};

// Counted for the whole process: messages that found no actor any more.
std::uint64_t dead_letters() noexcept;
void count_dead_letter() noexcept;

template <class Message>
class Cell final : public Runnable {
  public:
    Cell(Executor& executor, MailboxPolicy policy) : executor_(executor), mailbox_(policy) {}

    bool tell(Message&& message) {
        if (stopped_.load(std::memory_order_acquire)) {
            count_dead_letter();
            return false;
        }
        const auto pushed = mailbox_.push(std::move(message));
        if (pushed == Mailbox<Message>::Pushed::first) executor_.schedule(*this);
        return pushed != Mailbox<Message>::Pushed::refused;
    }

    bool run() override {
        // Long enough to be cheap, short enough to be fair.
        for (int i = 0; i < messages_per_run; ++i) {
            const auto message = mailbox_.pop();
            if (!message) return false;
            if (stopped_.load(std::memory_order_acquire))
                count_dead_letter();
            else
                actor_->on_message(*message);
        }
        return true;
    }

    void start(std::unique_ptr<Actor<Message>> actor) { actor_ = std::move(actor); }
    void stop() noexcept { stopped_.store(true, std::memory_order_release); }
    std::uint64_t overflowed() const { return mailbox_.overflowed(); }
    std::size_t waiting() const { return mailbox_.size(); }
    Executor& executor() { return executor_; }

  private:
    static constexpr int messages_per_run = 32;

    Executor& executor_;
    std::unique_ptr<Actor<Message>> actor_;
    Mailbox<Message> mailbox_;
    std::atomic<bool> stopped_{false};
};

// An address. Copies are cheap; the actor lives as long as somebody knows it. Thread-safe.
template <class Message>
class Ref {
  public:
    Ref() = default;
    explicit Ref(Cell<Message>& cell) : cell_(&cell) { cell_->retain(); }
    Ref(const Ref& other) : cell_(other.cell_) {
        if (cell_) cell_->retain();
    }
    Ref(Ref&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
    Ref& operator=(Ref other) noexcept {
        std::swap(cell_, other.cell_);
        return *this;
    }
    ~Ref() {
        if (cell_) cell_->release();
    }

    explicit operator bool() const noexcept { return cell_ != nullptr; }

    // False: the mailbox is full and its policy is to refuse, or the actor has stopped. Either is counted.
    bool tell(Message message) const { return cell_->tell(std::move(message)); }

    // Delivers the message at `when`; a cancelled or late timer may still be in the mailbox, so receivers check.
    TimerId tell_at(core::LocalTime when, Message message) const {
        return cell_->executor().at(when, [to = *this, m = std::move(message)] { to.tell(m); });
    }

    // From now on every message is a dead letter. What it is working on is finished.
    void stop() const noexcept { cell_->stop(); }
    std::uint64_t overflowed() const { return cell_->overflowed(); }
    std::size_t waiting() const { return cell_->waiting(); }

  private:
    Cell<Message>* cell_ = nullptr;
};

// Makes the actor with `make(Ref)`, which may keep the address; it must not call it from the constructor.
template <class Message, class Make>
Ref<Message> spawn(Executor& executor, MailboxPolicy policy, Make make) {
    auto* cell = new Cell<Message>(executor, policy);  // tidy: allow naked-new because Ref counts the references
    Ref<Message> ref(*cell);
    cell->start(make(ref));
    return ref;
}

}  // namespace antiphon::actors
