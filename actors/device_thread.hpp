// The thread of a sound device: turns at moments that the device names, and an end at once.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace antiphon::actors {

// Of the calling thread: real time, above all ordinary work. Without the right to it (RLIMIT_RTPRIO) it goes without. A
// virtual device asks for it too: a busy machine must not make it worse than real ones.
void ask_for_device_priority();

// One thread calls it.
class DeviceThread {
  public:
    DeviceThread() = default;
    ~DeviceThread() { stop(); }
    DeviceThread(const DeviceThread&) = delete;
    DeviceThread& operator=(const DeviceThread&) = delete;

    bool runs() const { return thread_.joinable(); }
    // `turn` does what there is to do and says after how long it wants to be called again, from a thread with the
    // priority of a device.
    void start(std::function<std::chrono::nanoseconds()> turn);
    // Returns when no turn runs any more; nothing waits for the next.
    void stop();

  private:
    int wake_ = -1;  // an eventfd that ends a wait
    std::jthread thread_;
};

}  // namespace antiphon::actors
