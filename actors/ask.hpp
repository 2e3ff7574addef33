// A question that has exactly one end: the answer, its deadline, or that nobody is left to answer.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "actors/executor.hpp"
#include "core/result.hpp"

namespace antiphon::actors {

// The right to answer once. Copies share it; the first answer counts, and when the last copy is gone unanswered the
// asker learns that too. Thread-safe.
template <class Reply>
class ReplyTo {
  public:
    using Done = std::function<void(core::Result<Reply>)>;

    explicit ReplyTo(Done done) : state_(std::make_shared<State>(std::move(done))) {}

    // False: it had its end already.
    bool operator()(core::Result<Reply> reply) const { return state_->end(std::move(reply)); }
    bool ended() const { return state_->ended.load(); }

  private:
    struct State {
        explicit State(Done d) : done(std::move(d)) {}
        ~State() { end(core::Error{core::ErrorCode::unavailable, "nobody answered"}); }
        bool end(core::Result<Reply> reply) {
            if (ended.exchange(true)) return false;
            done(std::move(reply));
            return true;
        }
        Done done;
        std::atomic<bool> ended{false};
    };
    std::shared_ptr<State> state_;
};

// Hands `send` a ReplyTo and calls `done` once, on whichever thread ends it: with the reply, or with `unavailable`
// after `limit`. A reply after that is dropped (the replier is told by ReplyTo's false).
template <class Reply, class Send>
void ask(Executor& executor, core::Duration limit, Send send, typename ReplyTo<Reply>::Done done) {
    auto timer = std::make_shared<std::atomic<TimerId>>(0);
    ReplyTo<Reply> reply([&executor, timer, done = std::move(done)](core::Result<Reply> result) {
        if (const TimerId id = timer->load()) executor.cancel(id);
        done(std::move(result));
    });
    timer->store(executor.at(executor.now() + limit, [reply] {
        reply(core::Error{core::ErrorCode::unavailable, "no answer within the deadline"});
    }));
    send(std::move(reply));
}

}  // namespace antiphon::actors
