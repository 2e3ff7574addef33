// The bus over MQTT 3.1.1: connects, stays connected, and queues what cannot be said yet.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/mqtt/backoff.hpp"
#include "adapters/mqtt/outbox.hpp"
#include "ports/bus.hpp"
#include "ports/tls.hpp"

namespace antiphon::mqtt {

struct MqttSettings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8741;
    std::string client_id;  // unique at the broker: a second one with the same id pushes the first one out
    std::string username;   // empty: none
    std::string password;
    // Published by the broker when we vanish, QoS 1; asked for at each attempt to connect. None: no last will.
    std::function<ports::BusMessage()> will;
    std::shared_ptr<ports::TlsTrust> trust;   // which brokers are believed; none: plain TCP
    std::chrono::seconds keepalive{5};        // at least 5; the broker misses us after 1.5 of it
    std::chrono::seconds connect_timeout{5};  // from the first byte to the last subscription
    BackoffLimits backoff;
    OutboxLimits outbox;
    std::size_t payload_bytes_max = 1 << 20;  // both ways
    std::uint64_t seed = 0;                   // of the reconnect jitter; differs from node to node
};

struct MqttCounters {
    std::uint64_t attempts = 0;               // to connect
    std::uint64_t oversize_sent = 0;          // publish() refused
    std::uint64_t oversize_received = 0;      // dropped
    std::uint64_t refused_subscriptions = 0;  // by the broker, or as malformed
};

// As the port says, and: the link is up when the broker has granted all subscriptions; a message counts as published
// when the broker has acknowledged it. Sessions are clean, the truth is in the store. A link that was refused or lost
// is reported once per reason, not once per attempt. A foreign broker may make libmosquitto hold one packet of up to
// 256 MB before we can refuse it; our own broker limits it.
class MqttBus final : public ports::Bus {
  public:
    MqttBus(boost::asio::io_context& io, const MqttSettings& settings);
    // Says goodbye; the last will is not published. Safe at any time, also from a handler.
    ~MqttBus() override;

    void on_message(MessageHandler handler) override;
    void on_link(LinkHandler handler) override;
    void connect() override;
    void subscribe(const std::string& filter) override;
    void resubscribe() override;
    // `invalid` for a topic that is none and for a payload over the bound; `exhausted` as the port says.
    core::Result<void> publish(ports::BusMessage message) override;
    ports::BusCounters counters() const override;

    MqttCounters mqtt_counters() const;
    // Accepted but not acknowledged. Zero: all said, a good moment to leave.
    std::size_t pending() const;

  private:
    class Session;

    std::shared_ptr<Session> session_;
};

}  // namespace antiphon::mqtt
