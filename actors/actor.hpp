// Actors: each has a bounded mailbox and works through it one message at a time. Messages are immutable values.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "actors/executor.hpp"
#include "actors/mailbox.hpp"
#include "actors/supervised.hpp"
#include "core/result.hpp"

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
class Ref;

// An actor under a supervisor is made on the executor, at its start and at each restart. An exception from it, or an
// error, is a failure of the actor.
template <class Message>
using MadeActor = core::Result<std::unique_ptr<Actor<Message>>>;
template <class Message>
using MakeActor = std::function<MadeActor<Message>(const Ref<Message>&)>;

template <class Message>
class Cell final : public Runnable, public Supervised {
  public:
    Cell(Executor& executor, MailboxPolicy policy) : executor_(executor), mailbox_(policy) {}

    bool tell(Message&& message) {
        const auto pushed = mailbox_.push(std::move(message));
        if (pushed == Mailbox<Message>::Pushed::first) executor_.schedule(*this);
        if (pushed == Mailbox<Message>::Pushed::closed) count_dead_letter();
        return pushed < Mailbox<Message>::Pushed::refused;
    }

    void order(Order order) override {
        if (mailbox_.order(order)) executor_.schedule(*this);
    }

    bool run() override {
        // Long enough to be cheap, short enough to be fair.
        for (int i = 0; i < messages_per_run; ++i) {
            const auto next = mailbox_.take();
            if (next.message)
                hand_over(*next.message);
            else if (next.order == Order::restart)
                make();
            else
                return next.order != Order::none && end();
        }
        return true;
    }

    // Once, before the first message: the actor itself, or how to make it and who hears of its failures.
    void start(std::unique_ptr<Actor<Message>> actor) { actor_ = std::move(actor); }
    void start(MakeActor<Message> make, std::weak_ptr<Overseer> above) {
        care_ = std::make_unique<Care>(Care{std::move(make), std::move(above)});
        mailbox_.park();
        order(Order::restart);
    }

    std::uint64_t overflowed() const { return mailbox_.overflowed(); }
    std::size_t waiting() const { return mailbox_.size(); }
    Executor& executor() { return executor_; }

  private:
    struct Care {
        MakeActor<Message> make;
        std::weak_ptr<Overseer> above;
    };
    static constexpr int messages_per_run = 32;

    void hand_over(const Message& message) {
        if (!care_) return actor_->on_message(message);  // an exception of one that nobody cares for ends the process
        guard([&] { actor_->on_message(message); });
    }

    void make() {
        actor_.reset();
        guard([&] {
            auto made = care_->make(Ref<Message>(*this));
            if (!made) return fail(made.error().what);
            actor_ = std::move(*made);
        });
    }

    template <class Act>
    void guard(const Act& act) {
        try {
            act();
        } catch (const std::exception& error) {
            fail(error.what());
        } catch (...) {
            fail("an exception that tells nothing");
        }
    }

    void fail(const std::string& why) {
        mailbox_.park();
        if (const auto above = care_->above.lock()) above->child_failed(*this, why);
    }

    bool end() {
        while (mailbox_.remove()) count_dead_letter();
        actor_.reset();
        if (const auto above = care_ ? care_->above.lock() : nullptr) above->child_ended(*this);
        return false;
    }

    Executor& executor_;
    std::unique_ptr<Actor<Message>> actor_;
    Mailbox<Message> mailbox_;
    std::unique_ptr<Care> care_;  // null: nobody stands above it
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

    // From now on every message is a dead letter. What it is working on is finished, then it is destroyed.
    void stop() const { cell_->order(Order::abandon); }
    std::uint64_t overflowed() const { return cell_->overflowed(); }
    std::size_t waiting() const { return cell_->waiting(); }

  private:
    Cell<Message>* cell_ = nullptr;
};

// An actor that nobody stands above (else: supervisor.hpp). Makes it with `make(Ref)`, which may keep the address; it
// must not call it from the constructor.
template <class Message, class Make>
Ref<Message> spawn(Executor& executor, MailboxPolicy policy, Make make) {
    auto* cell = new Cell<Message>(executor, policy);  // tidy: allow naked-new because Ref counts the references
    Ref<Message> ref(*cell);
    cell->start(make(ref));
    return ref;
}

}  // namespace antiphon::actors
