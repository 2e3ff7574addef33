// The device runs from the first to the last who listens.
#include "adapters/capture/shared_source.hpp"

namespace antiphon::capture {

SharedSource::SharedSource(std::unique_ptr<ports::AudioSource> device) : device_(std::move(device)) {}

SharedSource::~SharedSource() { device_->stop(); }

core::Result<void> SharedSource::start(ports::Capturer& capturer) {
    const bool runs = !fan_.empty();
    if (auto added = fan_.add(capturer); !added || runs) return added;
    auto started = device_->start(fan_);
    if (!started) fan_.remove(capturer);
    return started;
}

void SharedSource::stop(const ports::Capturer& capturer) {
    if (fan_.remove(capturer) && fan_.empty()) device_->stop();
}

}  // namespace antiphon::capture
