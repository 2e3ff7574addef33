// A thread for live audio beside an owner's loop, which may be busy with the disk.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>

namespace antiphon::live {

// Runs until end(), which its owner has to call before anything goes that its work touches.
class Thread {
  public:
    Thread();
    ~Thread();
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    boost::asio::io_context& io();
    // In order; from any thread.
    void post(std::function<void()> work);
    // Now and then, until the end.
    void each(std::chrono::milliseconds interval, std::function<void()> work);
    // `last` is the last that runs; returns after it.
    void end(std::function<void()> last);

  private:
    struct Running;
    std::unique_ptr<Running> running_;
};

}  // namespace antiphon::live
