// One connection to a broker, from the first byte to its end: libmosquitto driven by the Asio loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "ports/bus.hpp"
#include "ports/tls.hpp"

struct mosquitto;
struct mosquitto_message;

namespace antiphon::mqtt {

struct LinkSettings {
    std::string client_id;
    std::string username;  // empty: none
    std::string password;
    std::optional<ports::BusMessage> will;
    std::chrono::seconds keepalive{5};  // at least 5
    std::size_t in_flight_max = 100;
    std::size_t payload_bytes_max = 1 << 20;
    ports::TlsContext tls = nullptr;  // a client's, which verifies; none: plain TCP
};

// Who is told what happens. All calls on the loop; the link may be abandoned from within any of them.
class LinkEvents {
  public:
    virtual ~LinkEvents() = default;
    virtual void link_up() = 0;
    // Once, and nothing after it. `reason` names what happened, not where.
    virtual void link_lost(const std::string& reason) = 0;
    virtual void link_received(const ports::BusMessage& message) = 0;
    virtual void link_received_oversize() = 0;
    virtual void link_acknowledged(int number) = 0;
    // The answer to one subscribe() that returned true.
    virtual void link_subscribed(bool granted) = 0;
};

// Not thread-safe. libmosquitto's own threads stay off. Its socket is watched through a duplicate descriptor, because
// the library closes its own without telling, and the number may be somebody else's by the time we hear of it.
class Link : public std::enable_shared_from_this<Link> {
  public:
    // `address` is numeric, so that nothing blocks (libmosquitto looks names up on the calling thread). Starts to
    // connect; `events` lives until abandon() or link_lost().
    static core::Result<std::shared_ptr<Link>> open(boost::asio::io_context& io, const LinkSettings& settings,
                                                    const std::string& address, std::uint16_t port, LinkEvents& events);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    // False when `filter` is none.
    bool subscribe(const std::string& filter);
    // The number under which it will be acknowledged. An error means that the link is about to be lost.
    core::Result<int> publish(const ports::BusMessage& message);

    // No event any more. Says goodbye to the broker, so that it does not publish the last will.
    void abandon();

  private:
    struct Destroy {
        void operator()(::mosquitto* handle) const noexcept;
    };

    Link(boost::asio::io_context& io, const LinkSettings& settings, LinkEvents& events);
    core::Result<void> connect(const LinkSettings& settings, const std::string& address, std::uint16_t port);
    void set_callbacks();
    core::Result<void> watch();
    void wait_to_read();
    void wait_to_write();
    void wait_to_tick();
    void read();
    // After each call into the library: whether the link still stands. Ends it if not.
    bool check(int code);
    void check_later(int code);
    void end(const std::string& reason);
    void close();
    bool more_to_read() const;
    bool decrypted_waits() const;
    bool waits_for_handshake() const;

    static void on_connect(::mosquitto*, void* self, int code);
    static void on_message(::mosquitto*, void* self, const ::mosquitto_message* message);
    static void on_publish(::mosquitto*, void* self, int number);
    static void on_subscribe(::mosquitto*, void* self, int number, int count, const int* granted);

    const std::size_t payload_bytes_max_;
    LinkEvents* events_;  // null when nobody listens any more
    std::unique_ptr<::mosquitto, Destroy> handle_;
    boost::asio::posix::stream_descriptor socket_;  // our duplicate
    boost::asio::steady_timer tick_;
    std::string refusal_;  // why the broker refused us, when it did
    bool writing_ = false;
};

}  // namespace antiphon::mqtt
