// What we want to say and the broker has not acknowledged: bounded, in order, and sent again after a lost connection.
#pragma once

#include <deque>

#include "ports/bus.hpp"

namespace antiphon::mqtt {

struct OutboxLimits {
    std::size_t messages_max = 1000;
    std::size_t bytes_max = 32 << 20;  // topics and payloads
    std::size_t in_flight_max = 100;   // handed to the connection and not acknowledged
};

// Pure. At its bound it refuses the newest message, so what was accepted is never dropped. Only a retained message
// replaces the retained ones of its topic that wait, because the broker would keep the newest alone. It goes to the
// end, as if they had never been said: what goes out is in the order in which it was said.
class Outbox {
  public:
    explicit Outbox(const OutboxLimits& limits = {}) : limits_(limits) {}

    // False when the message does not fit.
    bool add(ports::BusMessage message);

    // The next message to hand to the connection; null when there is none, or the window is full.
    const ports::BusMessage* next() const;
    // next() was handed over under this number.
    void sent(int number);
    // The broker has it. False for a number that is not in flight.
    bool acknowledged(int number);
    // What was in flight goes out again, before all else and in the same order.
    void connection_lost();

    std::size_t size() const noexcept { return entries_.size(); }
    std::size_t in_flight() const noexcept { return in_flight_; }
    std::size_t size_bytes() const noexcept { return size_bytes_; }

  private:
    struct Entry {
        ports::BusMessage message;
        int number = 0;  // meaningful for the first in_flight_ entries
    };

    OutboxLimits limits_;
    std::deque<Entry> entries_;  // the first in_flight_ are in flight
    std::size_t in_flight_ = 0;
    std::size_t size_bytes_ = 0;
};

}  // namespace antiphon::mqtt
