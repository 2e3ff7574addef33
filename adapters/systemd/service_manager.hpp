// What systemd is told of us: that we are ready, what we do, that we still live, and that we end (sd_notify(3)).
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

namespace antiphon::systemd {

// How a program is, as its actor says it.
struct Sign {
    bool ready = false;
    std::string status;  // a line for people
};

// One thread, that of the loop. Without a NOTIFY_SOCKET nothing is asked and nothing is said.
class ServiceManager {
  public:
    explicit ServiceManager(boost::asio::io_context& io);
    ~ServiceManager();
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    using Answer = std::function<void(const Sign&)>;
    // Has to get an answer from whoever does the work, by the way that all work takes; or drops it.
    using Probe = std::function<void(Answer answer)>;

    // Asks now, and then twice in each WATCHDOG_USEC, or every 5 s without one. An answer feeds the watchdog; the first
    // that is ready says READY=1; a new status is told. One question at a time: without an answer, no other is asked.
    void watch(Probe probe);
    // Something has changed: asks now.
    void look();
    // STOPPING=1. The watchdog is fed on.
    void stopping();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace antiphon::systemd
