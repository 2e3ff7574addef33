// Signals through the Asio loop: handlers are ordinary code, not signal context.
#include "adapters/system/signals.hpp"

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <utility>

namespace antiphon::system {
namespace {

class Termination : public std::enable_shared_from_this<Termination> {
  public:
    Termination(boost::asio::io_context& io, std::function<void(int)> handler)
        : signals_(io, SIGTERM, SIGINT), handler_(std::move(handler)) {}

    void wait() {
        signals_.async_wait([weak = weak_from_this()](const boost::system::error_code& error, int signal) {
            const auto self = weak.lock();
            if (error || !self) return;
            self->wait();
            self->handler_(signal);
        });
    }

  private:
    boost::asio::signal_set signals_;
    std::function<void(int)> handler_;
};

}  // namespace

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

std::shared_ptr<void> on_termination(boost::asio::io_context& io, std::function<void(int signal)> handler) {
    auto watch = std::make_shared<Termination>(io, std::move(handler));
    watch->wait();
    return watch;
}

}  // namespace antiphon::system
