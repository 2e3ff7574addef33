// Messages between coordinator and workers: publish and subscribe with retained state and a last will (MQTT 3.1.1).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/result.hpp"

namespace antiphon::ports {

struct BusMessage {
    std::string topic;
    std::string payload;
    bool retain = false;

    friend bool operator==(const BusMessage&, const BusMessage&) = default;
};

struct BusCounters {
    std::uint64_t published = 0;
    std::uint64_t received = 0;
    std::uint64_t overflowed = 0;  // dropped because the outgoing queue was at its bound
    std::uint64_t connects = 0;
    std::uint64_t disconnects = 0;
};

// All calls and all handlers on one thread, the owner's loop.
class Bus {
  public:
    virtual ~Bus() = default;

    using MessageHandler = std::function<void(const BusMessage&)>;
    // `reason` is empty when connected, else why it is not.
    using LinkHandler = std::function<void(bool connected, const std::string& reason)>;

    // Sets the handlers; call before connect(). Received messages may come twice, late, and before the link handler.
    virtual void on_message(MessageHandler handler) = 0;
    virtual void on_link(LinkHandler handler) = 0;

    // Connects and keeps reconnecting, with jittered backoff, until destroyed.
    virtual void connect() = 0;

    // Remembered and repeated on every reconnect. QoS 1.
    virtual void subscribe(const std::string& filter) = 0;

    // Brings what the broker retains under the subscriptions once more (MQTT 3.1.1, 3.8.4). While there is no
    // connection it does nothing: the next one brings it.
    virtual void resubscribe() = 0;

    // QoS 1. Queued while there is no connection; `exhausted` (and counted) when the queue is at its bound.
    virtual core::Result<void> publish(BusMessage message) = 0;

    virtual BusCounters counters() const = 0;
};

}  // namespace antiphon::ports
