// Reads and writes when the socket is ready, ticks once a second for the keepalive, and ends at the first error.
#include "adapters/mqtt/link.hpp"

#include <fcntl.h>
#include <mosquitto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/ioctl.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace antiphon::mqtt {
namespace {

using boost::asio::posix::stream_descriptor;
using boost::system::error_code;
using core::Error;
using core::ErrorCode;
using core::Result;

// Bounds the work of one wake of the loop.
constexpr int packets_per_wake = 32;
constexpr int not_authorised = 5;
constexpr int bad_credentials = 4;
constexpr int subscription_failed = 0x80;

void initialise_library() {
    static const int initialised = mosquitto_lib_init();
    ANTIPHON_ASSERT(initialised == MOSQ_ERR_SUCCESS);
}

std::string text_of(int code) {
    if (code == MOSQ_ERR_ERRNO) return std::strerror(errno);
    if (code == MOSQ_ERR_SUCCESS || code == MOSQ_ERR_NO_CONN || code == MOSQ_ERR_CONN_LOST) return "connection lost";
    std::string text = mosquitto_strerror(code);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

// For each call into the library: it takes an error that another user of OpenSSL left on this thread for its own.
::mosquitto* fresh(::mosquitto* handle) {
    ERR_clear_error();
    return handle;
}

int size_of(const std::string& payload) { return static_cast<int>(payload.size()); }

}  // namespace

void Link::Destroy::operator()(::mosquitto* handle) const noexcept { mosquitto_destroy(handle); }

Link::Link(boost::asio::io_context& io, const LinkSettings& settings, LinkEvents& events)
    : payload_bytes_max_(settings.payload_bytes_max), events_(&events), socket_(io), tick_(io) {}

// A goodbye that was said within a callback of the library is still unsent.
Link::~Link() {
    if (handle_ && mosquitto_socket(handle_.get()) >= 0 && mosquitto_want_write(handle_.get()))
        mosquitto_loop_write(fresh(handle_.get()), packets_per_wake);
}

Result<std::shared_ptr<Link>> Link::open(boost::asio::io_context& io, const LinkSettings& settings,
                                         const std::string& address, std::uint16_t port, LinkEvents& events) {
    initialise_library();
    std::shared_ptr<Link> link(new Link(io, settings, events));
    if (const auto connected = link->connect(settings, address, port); !connected) return connected.error();
    if (const auto watched = link->watch(); !watched) return watched.error();
    return link;
}

Result<void> Link::connect(const LinkSettings& settings, const std::string& address, std::uint16_t port) {
    handle_.reset(mosquitto_new(settings.client_id.c_str(), true, this));
    if (!handle_) return Error{ErrorCode::invalid, "client id '" + settings.client_id + "' is not usable"};
    auto* const handle = handle_.get();
    set_callbacks();
    int code = mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, 1);
    if (code == 0) code = mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
    // Our outbox is the queue; the library shall not have one of its own behind it.
    if (code == 0) code = mosquitto_int_option(handle, MOSQ_OPT_SEND_MAXIMUM, static_cast<int>(settings.in_flight_max));
    if (code == 0 && !settings.username.empty())
        code = mosquitto_username_pw_set(handle, settings.username.c_str(), settings.password.c_str());
    if (code == 0 && settings.will)
        code = mosquitto_will_set(handle, settings.will->topic.c_str(), size_of(settings.will->payload),
                                  settings.will->payload.data(), 1, settings.will->retain);
    if (code == 0 && settings.tls) {
        // without the library's own rules, which would verify the address where we verify the name
        code = mosquitto_int_option(handle, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
        if (code == 0) code = mosquitto_void_option(handle, MOSQ_OPT_SSL_CTX, settings.tls.get());
    }
    if (code != 0) return Error{ErrorCode::invalid, text_of(code)};
    code = mosquitto_connect_async(fresh(handle), address.c_str(), port, static_cast<int>(settings.keepalive.count()));
    if (code != 0) return Error{ErrorCode::unavailable, text_of(code)};
    return {};
}

void Link::set_callbacks() {
    mosquitto_connect_callback_set(handle_.get(), &Link::on_connect);
    mosquitto_message_callback_set(handle_.get(), &Link::on_message);
    mosquitto_publish_callback_set(handle_.get(), &Link::on_publish);
    mosquitto_subscribe_callback_set(handle_.get(), &Link::on_subscribe);
}

Result<void> Link::watch() {
    const int copy = ::fcntl(mosquitto_socket(handle_.get()), F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return Error{ErrorCode::exhausted, std::string("no descriptor left: ") + std::strerror(errno)};
    socket_.assign(copy);
    wait_to_read();
    wait_to_write();
    wait_to_tick();
    return {};
}

// What TLS has decrypted already does not make the socket readable again.
void Link::wait_to_read() {
    if (decrypted_waits())
        return boost::asio::post(socket_.get_executor(), [self = shared_from_this()] {
            if (self->events_) self->read();
            if (self->events_) self->wait_to_read();
        });
    socket_.async_wait(stream_descriptor::wait_read, [self = shared_from_this()](const error_code& error) {
        if (error || !self->events_) return;
        self->read();
        if (self->events_) self->wait_to_read();
    });
}

// The library reads one packet at a time, straight from the socket.
void Link::read() {
    for (int i = 0; i < packets_per_wake && events_; ++i) {
        if (!check(mosquitto_loop_read(fresh(handle_.get()), 1)) || !more_to_read()) break;
    }
    if (events_) wait_to_write();
}

bool Link::decrypted_waits() const {
    const auto* tls = static_cast<const SSL*>(mosquitto_ssl_get(handle_.get()));
    return tls && SSL_pending(tls) > 0;
}

// The library wants to write its first packet, but the handshake must read first: without this we would turn idly.
bool Link::waits_for_handshake() const {
    const auto* tls = static_cast<const SSL*>(mosquitto_ssl_get(handle_.get()));
    return tls && !SSL_is_init_finished(tls) && SSL_want_read(tls);
}

bool Link::more_to_read() const {
    if (decrypted_waits()) return true;
    int bytes = 0;
    return ::ioctl(mosquitto_socket(handle_.get()), FIONREAD, &bytes) == 0 && bytes > 0;
}

void Link::wait_to_write() {
    if (writing_ || !events_ || !mosquitto_want_write(handle_.get()) || waits_for_handshake()) return;
    writing_ = true;
    socket_.async_wait(stream_descriptor::wait_write, [self = shared_from_this()](const error_code& error) {
        self->writing_ = false;
        if (error || !self->events_) return;
        if (self->check(mosquitto_loop_write(fresh(self->handle_.get()), packets_per_wake))) self->wait_to_write();
    });
}

void Link::wait_to_tick() {
    tick_.expires_after(std::chrono::seconds{1});
    tick_.async_wait([self = shared_from_this()](const error_code& error) {
        if (error || !self->events_) return;
        if (!self->check(mosquitto_loop_misc(fresh(self->handle_.get())))) return;
        self->wait_to_write();
        self->wait_to_tick();
    });
}

bool Link::check(int code) {
    if (!events_) return false;
    if (code == MOSQ_ERR_SUCCESS && mosquitto_socket(handle_.get()) >= 0) return true;
    end(refusal_.empty() ? text_of(code) : refusal_);
    return false;
}

// For a caller that is not prepared to lose the link while it hands us something.
void Link::check_later(int code) {
    boost::asio::post(socket_.get_executor(), [self = shared_from_this(), code] { self->check(code); });
}

void Link::end(const std::string& reason) {
    auto* const events = std::exchange(events_, nullptr);
    close();
    if (events) events->link_lost(reason);
}

void Link::close() {
    error_code ignored;
    tick_.cancel();
    socket_.close(ignored);
}

bool Link::subscribe(const std::string& filter) {
    const int code = mosquitto_subscribe(fresh(handle_.get()), nullptr, filter.c_str(), 1);
    if (code == MOSQ_ERR_INVAL || code == MOSQ_ERR_MALFORMED_UTF8) return false;
    if (code != MOSQ_ERR_SUCCESS) check_later(code);
    wait_to_write();
    return true;
}

Result<int> Link::publish(const ports::BusMessage& message) {
    int number = 0;
    const int code = mosquitto_publish(fresh(handle_.get()), &number, message.topic.c_str(), size_of(message.payload),
                                       message.payload.data(), 1, message.retain);
    if (code != MOSQ_ERR_SUCCESS) {
        check_later(code);
        return Error{ErrorCode::unavailable, text_of(code)};
    }
    wait_to_write();
    return number;
}

void Link::abandon() {
    events_ = nullptr;
    if (mosquitto_socket(handle_.get()) >= 0) mosquitto_disconnect(fresh(handle_.get()));
    close();
    // The library closes its socket when its handle goes, which is when the last handler of the loop lets go of us.
}

void Link::on_connect(::mosquitto*, void* self, int code) {
    auto& link = *static_cast<Link*>(self);
    if (!link.events_) return;
    if (code == 0) return link.events_->link_up();
    if (code == not_authorised || code == bad_credentials) {
        link.refusal_ = "not authorised: wrong user name or password, or a last will that is not permitted";
    } else {
        link.refusal_ = mosquitto_connack_string(code);
    }
}

void Link::on_message(::mosquitto*, void* self, const ::mosquitto_message* message) {
    auto& link = *static_cast<Link*>(self);
    if (!link.events_) return;
    const auto size = static_cast<std::size_t>(message->payloadlen);
    if (size > link.payload_bytes_max_) return link.events_->link_received_oversize();
    std::string payload;
    if (size > 0) payload.assign(static_cast<const char*>(message->payload), size);
    link.events_->link_received({message->topic, std::move(payload), message->retain});
}

void Link::on_publish(::mosquitto*, void* self, int number) {
    auto& link = *static_cast<Link*>(self);
    if (link.events_) link.events_->link_acknowledged(number);
}

void Link::on_subscribe(::mosquitto*, void* self, int, int count, const int* granted) {
    auto& link = *static_cast<Link*>(self);
    for (int i = 0; i < count && link.events_; ++i) link.events_->link_subscribed(granted[i] < subscription_failed);
}

}  // namespace antiphon::mqtt
