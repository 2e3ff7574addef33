// One io_context, kept running by a work guard.
#include "apps/live/thread.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

namespace antiphon::live {
namespace {

void repeat(const std::shared_ptr<boost::asio::steady_timer>& timer, std::chrono::milliseconds interval,
            const std::shared_ptr<std::function<void()>>& work) {
    timer->expires_after(interval);
    timer->async_wait([timer, interval, work](const boost::system::error_code& error) {
        if (error) return;
        (*work)();
        repeat(timer, interval, work);
    });
}

}  // namespace

struct Thread::Running {
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{io.get_executor()};
    std::thread thread{[this] { io.run(); }};
};

Thread::Thread() : running_(std::make_unique<Running>()) {}

Thread::~Thread() { end({}); }

boost::asio::io_context& Thread::io() { return running_->io; }

void Thread::post(std::function<void()> work) { boost::asio::post(running_->io, std::move(work)); }

void Thread::each(std::chrono::milliseconds interval, std::function<void()> work) {
    post([this, interval, work = std::move(work)] {
        repeat(std::make_shared<boost::asio::steady_timer>(running_->io), interval,
               std::make_shared<std::function<void()>>(work));
    });
}

void Thread::end(std::function<void()> last) {
    if (!running_->thread.joinable()) return;
    post([this, last = std::move(last)] {
        if (last) last();
        running_->io.stop();
    });
    running_->thread.join();
}

}  // namespace antiphon::live
