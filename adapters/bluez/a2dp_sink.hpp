// A headset or speaker as an output, whether it is there or not.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "actors/device_thread.hpp"
#include "adapters/bluez/a2dp_loop.hpp"
#include "adapters/bluez/transport.hpp"
#include "ports/audio.hpp"
#include "ports/clock.hpp"

namespace antiphon::bluez {

// Started, it plays while it has a line, and counts nothing as lost while it has none: the trouble says why. Lines come
// and go, each in a run of its own, while frames go on. One thread calls it, but for trouble() and counters().
class A2dpSink final : public ports::AudioSink {
  public:
    // Most headsets have 100 to 300 ms with SBC.
    static constexpr core::Duration assumed_delay = std::chrono::milliseconds(150);

    explicit A2dpSink(const ports::Clock& clock) : clock_(clock) {}
    ~A2dpSink() override { stop(); }

    // What it plays on from now on. `invalid` for a format that is not played here, `corrupt` for what the codec does
    // not take; then there is no line.
    core::Result<void> attach(TransportLine line);
    // Returns when nothing is written any more. `why` is the trouble until there is another line.
    void detach(const std::string& why);
    bool attached() const { return line_.has_value(); }
    // From a packet's arrival to its sound, as the device says now. Until it has said: `assumed_delay`.
    void set_reported_delay(core::Duration delay) { delay_ns_.store(delay.count(), std::memory_order_relaxed); }

    ports::AudioFormat format() const override { return {}; }
    core::Duration delay() const override;
    core::Duration ahead() const override { return A2dpLoop::margin; }
    core::Result<void> start(ports::Renderer& renderer) override;
    void stop() override;
    std::string trouble() const override;
    bool comes_back() const override { return true; }
    ports::SinkCounters counters() const override;
    const A2dpTally& tally() const { return tally_; }  // of all its lines

  private:
    void run_line();
    void end_line();
    void set_trouble(const std::string& why);

    const ports::Clock& clock_;
    std::optional<TransportLine> line_;
    ports::Renderer* renderer_ = nullptr;  // while started
    core::LocalTime begin_;                // of the last start
    std::uint32_t run_ = 0;
    actors::DeviceThread thread_;  // while started, with a line
    A2dpTally tally_;
    std::atomic<std::int64_t> delay_ns_{assumed_delay.count()};
    std::atomic<std::int64_t> codec_delay_ns_{0};
    std::atomic<bool> gone_{false};  // nobody takes what is written; the thread's to say
    mutable std::mutex mutex_;
    std::string trouble_ = "it is not connected";  // under the mutex
};

}  // namespace antiphon::bluez
