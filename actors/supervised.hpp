// What lies between an actor and whoever stands above it: orders down, failures and ends up.
#pragma once

#include <cstdint>
#include <string>

namespace antiphon::actors {

// What is wanted of an actor, before it takes another message. A stronger one replaces a weaker one.
enum class Order : std::uint8_t {
    none,
    restart,  // a new actor behind the same address; the messages that wait are for it
    finish,   // nothing new; what waits is worked through, and that was all
    abandon,  // nothing new; what waits is dead letters, and that was all
};

// Takes orders. Thread-safe; returns at once, and what is ordered happens on the executor.
class Supervised {
  public:
    virtual ~Supervised() = default;
    virtual void order(Order order) = 0;
};

// Hears of those below, on whichever thread they run. Thread-safe.
class Overseer {
  public:
    virtual ~Overseer() = default;
    // It takes no message until it gets an order.
    virtual void child_failed(Supervised& child, const std::string& why) = 0;
    // As ordered. It will never run again.
    virtual void child_ended(Supervised& child) = 0;
};

}  // namespace antiphon::actors
