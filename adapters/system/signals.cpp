// Signals through the Asio loop: handlers are ordinary code, not signal context.
#include "adapters/system/signals.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace antiphon::system {
namespace {

class Watch : public std::enable_shared_from_this<Watch> {
  public:
    Watch(boost::asio::io_context& io, std::initializer_list<int> signals, std::function<void(int)> handler)
        : signals_(io), handler_(std::move(handler)) {
        for (const int signal : signals) signals_.add(signal);
    }

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

// What the signal handler touches.
volatile std::sig_atomic_t times_asked = 0;
volatile std::sig_atomic_t limit_s = 0;
volatile std::sig_atomic_t wake_fd = -1;

extern "C" void end_now(int) {
    constexpr std::string_view words = "antiphon: ended before all was taken leave of\n";
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, words.data(), words.size());
    ::_exit(0);
}

extern "C" void asked_to_end(int signal) {
    times_asked = times_asked + 1;
    if (times_asked > 1) end_now(signal);
    const int error = errno;
    ::alarm(static_cast<unsigned>(limit_s));
    constexpr std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(wake_fd, &one, sizeof one);
    errno = error;
}

void set_handler(int signal, void (*handler)(int)) {
    struct sigaction action{};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    ::sigfillset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
}

class GracefulEnd : public std::enable_shared_from_this<GracefulEnd> {
  public:
    GracefulEnd(boost::asio::io_context& io, std::chrono::seconds limit, std::function<void()> handler)
        : wake_(io), handler_(std::move(handler)) {
        wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        wake_.assign(::fcntl(wake_fd, F_DUPFD_CLOEXEC, 0));
        times_asked = 0;
        limit_s = static_cast<std::sig_atomic_t>(limit.count());
        set_handler(SIGALRM, end_now);
        for (const int signal : {SIGTERM, SIGINT}) set_handler(signal, asked_to_end);
    }
    // The signals and their descriptor stay: who is on the way out may still hang.

    void wait() {
        wake_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [weak = weak_from_this()](const boost::system::error_code& error) {
                             const auto self = weak.lock();
                             if (!error && self) self->handler_();
                         });
    }

  private:
    boost::asio::posix::stream_descriptor wake_;
    std::function<void()> handler_;
};

}  // namespace

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

std::shared_ptr<void> on_termination(boost::asio::io_context& io, std::function<void(int signal)> handler) {
    auto watch = std::make_shared<Watch>(io, std::initializer_list<int>{SIGTERM, SIGINT}, std::move(handler));
    watch->wait();
    return watch;
}

std::shared_ptr<void> on_hangup(boost::asio::io_context& io, std::function<void()> handler) {
    auto watch = std::make_shared<Watch>(io, std::initializer_list<int>{SIGHUP},
                                         [handler = std::move(handler)](int) { handler(); });
    watch->wait();
    return watch;
}

std::shared_ptr<void> on_graceful_end(boost::asio::io_context& io, std::chrono::seconds limit,
                                      std::function<void()> handler) {
    auto end = std::make_shared<GracefulEnd>(io, limit, std::move(handler));
    end->wait();
    return end;
}

}  // namespace antiphon::system
