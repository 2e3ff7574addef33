// A D-Bus connection in the Asio loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "core/result.hpp"

namespace sdbus {
class IConnection;
}

namespace antiphon::bluez {

// All on the loop's thread. What is registered on the connection is called from within the loop.
class Bus : public std::enable_shared_from_this<Bus> {
  public:
    // The system's bus (DBUS_SYSTEM_BUS_ADDRESS tells another). Waits until it greets, at once where it answers at all.
    // `unavailable` when there is none. `lost` is called once, when it has ended.
    static core::Result<std::shared_ptr<Bus>> open(boost::asio::io_context& io,
                                                   std::function<void(const std::string& why)> lost);
    ~Bus();

    sdbus::IConnection& connection() { return *connection_; }
    // After calls were made from outside of its own callbacks.
    void attend();
    // Nothing is called afterwards.
    void close();

    Bus(boost::asio::io_context& io, std::unique_ptr<sdbus::IConnection> connection,
        std::function<void(const std::string&)> lost);

  private:
    void work();
    void wait();

    std::unique_ptr<sdbus::IConnection> connection_;
    boost::asio::posix::stream_descriptor descriptor_;
    boost::asio::steady_timer timer_;
    std::function<void(const std::string&)> lost_;
    bool working_ = false;
    bool closed_ = false;
    std::uint64_t waits_ = 0;  // an older wait is over
};

}  // namespace antiphon::bluez
