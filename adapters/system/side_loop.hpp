// A loop of its own beside the owner's, on a thread: for what must not wait while the owner writes to its disk.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace antiphon::system {

// What it works on belongs to its thread alone; orders and answers are handed over as work, in order. All calls on the
// owner's loop, but io() and tell(), which are for the thread.
class SideLoop {
  public:
    using Work = std::function<void()>;

    // `owner` outlives it.
    explicit SideLoop(boost::asio::io_context& owner);
    ~SideLoop();
    SideLoop(const SideLoop&) = delete;
    SideLoop& operator=(const SideLoop&) = delete;

    // On the thread; throws nothing. There is no bound: who gives orders is the owner itself.
    void run(Work work);
    // The same, now and then until the end.
    void each(std::chrono::milliseconds interval, Work work);
    // To be called before anything goes that its work touches: `last` is the last that runs on the thread. Returns
    // after it; what was told and has not run yet will not. Again, it does nothing.
    void end(Work last);

    boost::asio::io_context& io();
    // On the owner's loop.
    void tell(Work work);

  private:
    struct Running;
    boost::asio::io_context& owner_;
    std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // the owner's
    std::weak_ptr<const bool> for_thread_ = alive_;
    std::unique_ptr<Running> running_;
};

}  // namespace antiphon::system
