// A work guard keeps the loop running until it is told to end.
#include "adapters/system/side_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

namespace antiphon::system {
namespace {

using Timer = std::shared_ptr<boost::asio::steady_timer>;

void repeat(const Timer& timer, std::chrono::milliseconds interval, SideLoop::Work work) {
    timer->expires_after(interval);
    timer->async_wait([timer, interval, work = std::move(work)](const boost::system::error_code& error) mutable {
        if (error) return;
        work();
        repeat(timer, interval, std::move(work));
    });
}

}  // namespace

struct SideLoop::Running {
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{io.get_executor()};
    std::thread thread{[this] { io.run(); }};  // last: it begins at once
};

SideLoop::SideLoop(boost::asio::io_context& owner) : owner_(owner), running_(std::make_unique<Running>()) {}
SideLoop::~SideLoop() { end({}); }

boost::asio::io_context& SideLoop::io() { return running_->io; }

void SideLoop::run(Work work) { boost::asio::post(running_->io, std::move(work)); }

void SideLoop::each(std::chrono::milliseconds interval, Work work) {
    run([this, interval, work = std::move(work)] {
        repeat(std::make_shared<boost::asio::steady_timer>(running_->io), interval, work);
    });
}

// Whether the owner still wants to hear of it is looked at on the owner's loop.
void SideLoop::tell(Work work) {
    boost::asio::post(owner_, [alive = for_thread_, work = std::move(work)] {
        if (alive.lock()) work();
    });
}

void SideLoop::end(Work last) {
    if (!running_->thread.joinable()) return;
    run([this, last = std::move(last)] {
        if (last) last();
        running_->io.stop();
    });
    running_->thread.join();
    alive_.reset();
}

}  // namespace antiphon::system
