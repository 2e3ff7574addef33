// The life between connections: looking up, waiting, queueing, subscribing again.
#include "adapters/mqtt/mqtt_bus.hpp"

#include <mosquitto.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <iterator>
#include <utility>
#include <vector>

#include "adapters/mqtt/link.hpp"

namespace antiphon::mqtt {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using core::Error;
using core::ErrorCode;
using core::Result;
using std::chrono::steady_clock;

Result<void> check_topic(const std::string& topic) {
    const bool good = !topic.empty() && mosquitto_pub_topic_check2(topic.data(), topic.size()) == MOSQ_ERR_SUCCESS &&
                      mosquitto_validate_utf8(topic.data(), static_cast<int>(topic.size())) == MOSQ_ERR_SUCCESS;
    if (good) return {};
    return Error{ErrorCode::invalid, "'" + topic.substr(0, 100) + "' is no topic to publish on"};
}

}  // namespace

// Outlives the MqttBus while a handler of the loop refers to it; closed_ tells.
class MqttBus::Session final : public LinkEvents, public std::enable_shared_from_this<Session> {
  public:
    Session(boost::asio::io_context& io, const MqttSettings& settings)
        : io_(io),
          settings_(settings),
          place_("broker " + settings.host + ":" + std::to_string(settings.port)),
          resolver_(io),
          timer_(io),
          backoff_(settings.backoff, settings.seed),
          outbox_(settings.outbox) {}

    void connect() {
        if (std::exchange(started_, true)) return;
        attempt();
    }

    void subscribe(const std::string& filter) {
        if (std::find(filters_.begin(), filters_.end(), filter) != filters_.end()) return;
        filters_.push_back(filter);
        if (welcome_) subscribe_now(filter);
    }

    void resubscribe() {
        if (!welcome_) return;
        for (const auto& filter : filters_) subscribe_now(filter);
    }

    Result<void> publish(ports::BusMessage message) {
        if (const auto good = check_topic(message.topic); !good) return good;
        if (message.payload.size() > settings_.payload_bytes_max) {
            ++mqtt_counters_.oversize_sent;
            return Error{ErrorCode::invalid, "message of " + std::to_string(message.payload.size()) + " bytes on '" +
                                                 message.topic + "' is over the limit of " +
                                                 std::to_string(settings_.payload_bytes_max)};
        }
        if (!outbox_.add(std::move(message))) {
            ++counters_.overflowed;
            return Error{ErrorCode::exhausted, place_ + " has not taken " + std::to_string(outbox_.size()) +
                                                   " messages yet; the newest is refused"};
        }
        flush();
        return {};
    }

    void close() {
        closed_ = true;
        up_ = welcome_ = false;
        on_message_ = nullptr;
        on_link_ = nullptr;
        timer_.cancel();
        resolver_.cancel();
        if (const auto link = std::exchange(link_, nullptr)) link->abandon();
    }

    MessageHandler on_message_;
    LinkHandler on_link_;
    ports::BusCounters counters_;
    MqttCounters mqtt_counters_;

    std::size_t pending() const { return outbox_.size(); }

  private:
    void attempt() {
        ++mqtt_counters_.attempts;
        error_code error;
        const auto address = boost::asio::ip::make_address(settings_.host, error);
        if (!error) return open(address.to_string());
        resolver_.async_resolve(settings_.host, std::to_string(settings_.port),
                                [self = shared_from_this()](const error_code& failed, const auto& found) {
                                    if (!self->closed_) self->found_addresses(failed, found);
                                });
    }

    // Another address of the name with each attempt, because the first may be one nobody listens on.
    void found_addresses(const error_code& error, const tcp::resolver::results_type& found) {
        if (error || found.empty()) return retry("name cannot be looked up: " + error.message());
        const auto index = (mqtt_counters_.attempts - 1) % found.size();
        open(std::next(found.begin(), static_cast<std::ptrdiff_t>(index))->endpoint().address().to_string());
    }

    void open(const std::string& address) {
        core::Result<ports::TlsContext> tls = ports::TlsContext();
        if (settings_.trust) tls = settings_.trust->context_for(settings_.host);
        if (!tls) return retry(tls.error().what);
        auto link = Link::open(io_,
                               {.client_id = settings_.client_id,
                                .username = settings_.username,
                                .password = settings_.password,
                                .will = settings_.will ? std::optional(settings_.will()) : std::nullopt,
                                .keepalive = settings_.keepalive,
                                .in_flight_max = settings_.outbox.in_flight_max,
                                .payload_bytes_max = settings_.payload_bytes_max,
                                .tls = std::move(*tls)},
                               address, settings_.port, *this);
        if (!link) return retry(refusal_or(link.error().what));  // a handshake may be over within the call
        link_ = std::move(*link);
        timer_.expires_after(settings_.connect_timeout);
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (error || self->closed_ || self->up_ || !self->link_) return;
            std::exchange(self->link_, nullptr)->abandon();
            self->link_lost("no answer in " + std::to_string(self->settings_.connect_timeout.count()) + " s");
        });
    }

    void retry(const std::string& why) {
        timer_.expires_after(backoff_.next());
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error && !self->closed_) self->attempt();
        });
        report_down(place_ + ": " + why);
    }

    void report_down(const std::string& reason) {
        if (std::exchange(reported_, reason) == reason) return;
        if (const auto on_link = on_link_) on_link(false, reason);
    }

    void subscribe_now(const std::string& filter) {
        if (link_->subscribe(filter)) {
            ++unanswered_;
        } else {
            ++mqtt_counters_.refused_subscriptions;
        }
    }

    void link_up() override {
        const auto keep = shared_from_this();
        welcome_ = true;
        unanswered_ = 0;
        for (const auto& filter : filters_) subscribe_now(filter);
        flush();
        if (unanswered_ == 0) announce();
    }

    // A broker whose cluster is just losing a node refuses subscriptions for a while: try again, on a new connection.
    void link_subscribed(bool granted) override {
        const auto keep = shared_from_this();
        if (!granted) {
            ++mqtt_counters_.refused_subscriptions;
            std::exchange(link_, nullptr)->abandon();
            return link_lost("refused a subscription");
        }
        if (--unanswered_ == 0 && !up_) announce();
    }

    // Whoever hears that the link is up may rely on the subscriptions.
    void announce() {
        timer_.cancel();
        up_ = true;
        up_since_ = steady_clock::now();
        ++counters_.connects;
        reported_.clear();
        if (const auto on_link = on_link_) on_link(true, {});
    }

    void link_lost(const std::string& reason) override {
        const auto keep = shared_from_this();
        link_.reset();
        welcome_ = false;
        outbox_.connection_lost();
        if (std::exchange(up_, false)) {
            ++counters_.disconnects;
            // Two nodes with one id push each other out at once, again and again: that is no success.
            if (steady_clock::now() - up_since_ >= settings_.backoff.longest) backoff_.reset();
        }
        retry(refusal_or(reason));
    }

    // A certificate that was refused explains more than the end of the link does.
    std::string refusal_or(const std::string& reason) const {
        const auto refusal = settings_.trust ? settings_.trust->refusal(settings_.host) : "";
        return refusal.empty() ? reason : refusal;
    }

    void link_received(const ports::BusMessage& message) override {
        const auto keep = shared_from_this();
        ++counters_.received;
        if (const auto on_message = on_message_) on_message(message);
    }

    void link_received_oversize() override { ++mqtt_counters_.oversize_received; }

    void link_acknowledged(int number) override {
        if (!outbox_.acknowledged(number)) return;
        ++counters_.published;
        flush();
    }

    void flush() {
        if (!welcome_) return;
        while (const auto* message = outbox_.next()) {
            const auto number = link_->publish(*message);
            if (!number) return;
            outbox_.sent(*number);
        }
    }

    boost::asio::io_context& io_;
    const MqttSettings settings_;
    const std::string place_;
    tcp::resolver resolver_;
    boost::asio::steady_timer timer_;  // until the welcome, or until the next attempt
    Backoff backoff_;
    Outbox outbox_;
    std::vector<std::string> filters_;
    std::shared_ptr<Link> link_;
    bool started_ = false;
    bool welcome_ = false;        // the broker has accepted the link
    bool up_ = false;             // and the subscriptions, and our owner was told
    std::size_t unanswered_ = 0;  // subscriptions on this link
    bool closed_ = false;
    steady_clock::time_point up_since_;
    std::string reported_;  // the last reason told; empty when the link is up
};

MqttBus::MqttBus(boost::asio::io_context& io, const MqttSettings& settings)
    : session_(std::make_shared<Session>(io, settings)) {}

MqttBus::~MqttBus() { session_->close(); }

void MqttBus::on_message(MessageHandler handler) { session_->on_message_ = std::move(handler); }
void MqttBus::on_link(LinkHandler handler) { session_->on_link_ = std::move(handler); }
void MqttBus::connect() { session_->connect(); }
void MqttBus::subscribe(const std::string& filter) { session_->subscribe(filter); }
void MqttBus::resubscribe() { session_->resubscribe(); }
Result<void> MqttBus::publish(ports::BusMessage message) { return session_->publish(std::move(message)); }
ports::BusCounters MqttBus::counters() const { return session_->counters_; }
MqttCounters MqttBus::mqtt_counters() const { return session_->mqtt_counters_; }
std::size_t MqttBus::pending() const { return session_->pending(); }

}  // namespace antiphon::mqtt
