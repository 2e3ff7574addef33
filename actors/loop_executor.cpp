// A ready list drained by posted tasks: as long as there is work, actors follow one another without a word to Asio.
#include "actors/loop_executor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>

#include "actors/timer_queue.hpp"

namespace antiphon::actors {
namespace asio = boost::asio;

// First in, first out.
struct ReadyList {
    Runnable* first = nullptr;
    Runnable* last = nullptr;

    void push(Runnable& runnable) {
        runnable.next_ready = nullptr;
        (last ? last->next_ready : first) = &runnable;
        last = &runnable;
    }
    Runnable* pop() {
        Runnable* runnable = first;
        if (!runnable) return nullptr;
        first = runnable->next_ready;
        if (!first) last = nullptr;
        return runnable;
    }
};

struct LoopExecutor::Impl : std::enable_shared_from_this<Impl> {
    Impl(asio::io_context& l, LoopTime t, int n) : loop(l), time(std::move(t)), drains_max(n), timer(l) {}

    void schedule(Runnable& runnable) {
        runnable.retain();
        if (draining == this && drains_max == 1) return local.push(runnable);  // our own thread: no lock
        if (push(runnable)) asio::post(loop, [self = shared_from_this()] { self->drain(); });
    }

    // True: a drain must be posted for it.
    bool push(Runnable& runnable) {
        std::lock_guard lock(mutex);
        ready.push(runnable);
        if (drains == drains_max) return false;
        ++drains;
        return true;
    }

    // Null: nothing is ready, and this drain has ended. Others' runnables wait behind at most `local_runs_max` of ours.
    Runnable* pop() {
        constexpr unsigned local_runs_max = 64;
        if (local.first && ++local_runs % local_runs_max != 0) return local.pop();
        std::lock_guard lock(mutex);
        if (Runnable* runnable = ready.pop()) return runnable;
        if (local.first) return local.pop();
        --drains;
        return nullptr;
    }

    void drain() {
        draining = this;
        const bool more = drain_some();
        draining = nullptr;
        if (more) asio::post(loop, [self = shared_from_this()] { self->drain(); });
    }

    bool drain_some() {
        constexpr int runs_per_turn = 256;  // then the loop may look at its sockets
        for (int i = 0; i < runs_per_turn; ++i) {
            Runnable* runnable = pop();
            if (!runnable) return false;
            if (runnable->run()) schedule(*runnable);
            runnable->release();
        }
        return true;
    }

    // Call with the mutex held.
    void arm() {
        const auto next = timers.next();
        if (!next || (armed && *armed <= *next)) return;
        armed = next;
        timer.expires_after(time.wait_for(*next));
        timer.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error) self->fire();
        });
    }

    void fire() {
        {
            std::lock_guard lock(mutex);
            armed.reset();
        }
        while (auto action = take_due()) action();
        std::lock_guard lock(mutex);
        arm();
    }

    TimerQueue::Action take_due() {
        std::lock_guard lock(mutex);
        return timers.take_due(time.now());
    }

    asio::io_context& loop;
    LoopTime time;
    const int drains_max;
    std::mutex mutex;
    ReadyList ready;
    int drains = 0;
    ReadyList local;  // of the draining thread, where there is only one
    unsigned local_runs = 0;
    TimerQueue timers;
    asio::steady_timer timer;
    std::optional<core::LocalTime> armed;  // when the Asio timer will fire

    static thread_local Impl* draining;  // whose actors this thread is running
};

thread_local LoopExecutor::Impl* LoopExecutor::Impl::draining = nullptr;

LoopExecutor::LoopExecutor(asio::io_context& loop, LoopTime time, int threads)
    : impl_(std::make_shared<Impl>(loop, std::move(time), threads)) {}

LoopExecutor::~LoopExecutor() {
    std::lock_guard lock(impl_->mutex);
    for (auto* list : {&impl_->ready, &impl_->local})
        while (Runnable* runnable = list->pop()) runnable->release();
    impl_->timers = {};
}

core::LocalTime LoopExecutor::now() const { return impl_->time.now(); }

void LoopExecutor::schedule(Runnable& runnable) { impl_->schedule(runnable); }

TimerId LoopExecutor::at(core::LocalTime when, std::function<void()> action) {
    std::lock_guard lock(impl_->mutex);
    const TimerId id = impl_->timers.add(when, std::move(action));
    impl_->arm();
    return id;
}

void LoopExecutor::cancel(TimerId timer) {
    std::lock_guard lock(impl_->mutex);
    impl_->timers.cancel(timer);
}

}  // namespace antiphon::actors
