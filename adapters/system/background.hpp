// Work that would hold up a loop, on one thread beside it.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <cstddef>
#include <functional>

namespace antiphon::system {

// One piece of work at a time, in order. Outlived by `loop`; all calls on the loop's thread.
class Background {
  public:
    using Then = std::function<void()>;

    // At most `pieces_max` pieces wait or run.
    explicit Background(boost::asio::io_context& loop, std::size_t pieces_max = 64)
        : loop_(loop), pieces_max_(pieces_max) {}
    // Waits for the piece that runs; what was not begun is dropped.
    ~Background();

    // `work` runs on the thread and throws nothing; what it returns runs on the loop. Nothing of it is called when it
    // is refused: at the bound, the newest.
    [[nodiscard]] bool run(std::function<Then()> work);

    std::size_t refused() const noexcept { return refused_; }

  private:
    boost::asio::io_context& loop_;
    const std::size_t pieces_max_;
    std::atomic<std::size_t> pieces_ = 0;
    std::size_t refused_ = 0;
    boost::asio::thread_pool thread_{1};
};

}  // namespace antiphon::system
