// The thread of a sound card: turns at moments that the card names, and an end at once. Internal.
#pragma once

#include <functional>
#include <thread>

#include "core/units.hpp"
#include "ports/clock.hpp"

namespace antiphon::alsa {

class DeviceThread {
  public:
    explicit DeviceThread(const ports::Clock& clock) : clock_(clock) {}
    ~DeviceThread() { stop(); }
    DeviceThread(const DeviceThread&) = delete;
    DeviceThread& operator=(const DeviceThread&) = delete;

    bool runs() const { return thread_.joinable(); }
    // `turn` does what there is to do and says when it wants to be called again.
    void start(std::function<core::LocalTime()> turn);
    // Returns when no turn runs any more.
    void stop();

  private:
    const ports::Clock& clock_;
    int wake_ = -1;  // an eventfd that ends a wait
    std::jthread thread_;
};

}  // namespace antiphon::alsa
