// A ready list drained by posted tasks: as long as there is work, actors follow one another without a word to Asio.
#include "actors/loop_executor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>

#include "actors/timer_queue.hpp"

namespace antiphon::actors {
namespace asio = boost::asio;

struct LoopExecutor::Impl : std::enable_shared_from_this<Impl> {
    Impl(asio::io_context& l, LoopTime t, int n) : loop(l), time(std::move(t)), drains_max(n), timer(l) {}

    void schedule(Runnable& runnable) {
        runnable.retain();
        if (push(runnable)) asio::post(loop, [self = shared_from_this()] { self->drain(); });
    }

    // True: a drain must be posted for it.
    bool push(Runnable& runnable) {
        std::lock_guard lock(mutex);
        runnable.next_ready = nullptr;
        (last ? last->next_ready : first) = &runnable;
        last = &runnable;
        if (drains == drains_max) return false;
        ++drains;
        return true;
    }

    // Null: nothing is ready, and this drain has ended.
    Runnable* pop() {
        std::lock_guard lock(mutex);
        Runnable* runnable = first;
        if (!runnable) {
            --drains;
            return nullptr;
        }
        first = runnable->next_ready;
        if (!first) last = nullptr;
        return runnable;
    }

    void drain() {
        constexpr int runs_per_turn = 256;  // then the loop may look at its sockets
        for (int i = 0; i < runs_per_turn; ++i) {
            Runnable* runnable = pop();
            if (!runnable) return;
            if (runnable->run()) schedule(*runnable);
            runnable->release();
        }
        asio::post(loop, [self = shared_from_this()] { self->drain(); });
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
    Runnable* first = nullptr;
    Runnable* last = nullptr;
    int drains = 0;
    TimerQueue timers;
    asio::steady_timer timer;
    std::optional<core::LocalTime> armed;  // when the Asio timer will fire
};

LoopExecutor::LoopExecutor(asio::io_context& loop, LoopTime time, int threads)
    : impl_(std::make_shared<Impl>(loop, std::move(time), threads)) {}

LoopExecutor::~LoopExecutor() {
    std::lock_guard lock(impl_->mutex);
    while (Runnable* runnable = impl_->first) {
        impl_->first = runnable->next_ready;
        runnable->release();
    }
    impl_->last = nullptr;
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
