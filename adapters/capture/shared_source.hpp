// One microphone for several who listen: a recording of it, and a session that plays it.
#pragma once

#include <memory>
#include <string>

#include "adapters/capture/fan.hpp"
#include "ports/audio.hpp"

namespace antiphon::capture {

// The device runs while anybody listens. Who comes while it runs gets its frames from the next block on, numbered as
// they are. All calls on the owner's thread.
class SharedSource {
  public:
    explicit SharedSource(std::unique_ptr<ports::AudioSource> device);
    // Stops the device.
    ~SharedSource();
    SharedSource(const SharedSource&) = delete;
    SharedSource& operator=(const SharedSource&) = delete;

    // `conflict` for one that listens already, `exhausted` beyond the bound; else what the device says. `capturer`
    // outlives its stop().
    core::Result<void> start(ports::Capturer& capturer);
    // Returns when no callback of this one runs any more: it waits for the one that runs, if any. For one that does not
    // listen it does nothing. Not from the device's thread.
    void stop(const ports::Capturer& capturer);

    ports::AudioFormat format() const { return device_->format(); }
    std::string trouble() const { return device_->trouble(); }
    ports::SourceCounters counters() const { return device_->counters(); }

  private:
    Fan fan_;                                     // what the device calls
    std::unique_ptr<ports::AudioSource> device_;  // goes before what it calls
};

}  // namespace antiphon::capture
