// sd-bus tells what to wait for after each piece of work; it reads and writes its descriptor itself.
#include "adapters/bluez/bus.hpp"

#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>

#include <boost/asio/post.hpp>
#include <utility>

namespace antiphon::bluez {

using boost::system::error_code;

core::Result<std::shared_ptr<Bus>> Bus::open(boost::asio::io_context& io,
                                             std::function<void(const std::string&)> lost) {
    try {
        return std::make_shared<Bus>(io, sdbus::createSystemBusConnection(), std::move(lost));
    } catch (const sdbus::Error& error) {
        return core::Error{core::ErrorCode::unavailable, "D-Bus: " + error.getMessage()};
    }
}

Bus::Bus(boost::asio::io_context& io, std::unique_ptr<sdbus::IConnection> connection,
         std::function<void(const std::string&)> lost)
    : connection_(std::move(connection)), descriptor_(io), timer_(io), lost_(std::move(lost)) {
    descriptor_.assign(connection_->getEventLoopPollData().fd);
}

Bus::~Bus() { close(); }

void Bus::close() {
    if (std::exchange(closed_, true)) return;
    lost_ = nullptr;
    timer_.cancel();
    if (descriptor_.is_open()) descriptor_.release();  // it is the connection's
}

void Bus::attend() {
    if (working_ || closed_) return;  // it looks by itself when its callbacks have returned
    boost::asio::post(descriptor_.get_executor(), [self = shared_from_this()] { self->work(); });
}

void Bus::work() {
    if (closed_) return;
    const auto self = shared_from_this();  // a callback may let go of us
    try {
        working_ = true;
        // As much as is there; the bound keeps other handlers of the loop alive.
        constexpr int messages_at_once = 64;
        for (int i = 0; i < messages_at_once && !closed_ && connection_->processPendingRequest(); ++i) {
        }
        working_ = false;
        if (!closed_) wait();
    } catch (const sdbus::Error& error) {
        working_ = false;
        if (closed_) return;
        const auto lost = lost_;
        close();
        if (lost) lost(error.getMessage());
    }
}

void Bus::wait() {
    const auto poll = connection_->getEventLoopPollData();
    const auto number = ++waits_;
    const auto go_on = [self = shared_from_this(), number](const error_code& error) {
        if (!error && !self->closed_ && self->waits_ == number) self->work();
    };
    if ((poll.events & POLLIN) != 0) descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read, go_on);
    if ((poll.events & POLLOUT) != 0) descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_write, go_on);
    if (const auto timeout = poll.getRelativeTimeout()) {
        timer_.expires_after(*timeout);
        timer_.async_wait(go_on);
    }
}

}  // namespace antiphon::bluez
