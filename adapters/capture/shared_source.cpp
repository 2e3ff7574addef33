// The callback takes no lock: who leaves waits for it instead.
#include "adapters/capture/shared_source.hpp"

#include <algorithm>
#include <thread>

namespace antiphon::capture {

using core::Error;
using core::ErrorCode;

void SharedSource::Fan::captured(const ports::CaptureBlock& block) noexcept {
    turns_.fetch_add(1);
    for (auto& place : places_)
        if (auto* capturer = place.load()) capturer->captured(block);
    turns_.fetch_add(1);
}

// Of none: a free one.
std::atomic<ports::Capturer*>* SharedSource::Fan::place_of(const ports::Capturer* capturer) {
    const auto it = std::ranges::find_if(places_, [&](const auto& place) { return place.load() == capturer; });
    return it == places_.end() ? nullptr : &*it;
}

bool SharedSource::Fan::empty() const {
    return std::ranges::all_of(places_, [](const auto& place) { return place.load() == nullptr; });
}

// All these are sequentially consistent: a callback that still saw who has left had begun its turn before.
void SharedSource::Fan::wait() const {
    const auto turn = turns_.load();
    while (turn % 2 != 0 && turns_.load() == turn) std::this_thread::yield();
}

SharedSource::SharedSource(std::unique_ptr<ports::AudioSource> device) : device_(std::move(device)) {}

SharedSource::~SharedSource() { device_->stop(); }

core::Result<void> SharedSource::start(ports::Capturer& capturer) {
    if (fan_.place_of(&capturer)) return Error{ErrorCode::conflict, "it is listened to by the same one already"};
    auto* place = fan_.place_of(nullptr);
    if (!place)
        return Error{ErrorCode::exhausted,
                     std::to_string(capturers_max) + " listen to this input already; end one of them first"};
    const bool runs = !fan_.empty();
    place->store(&capturer);
    if (runs) return {};
    auto started = device_->start(fan_);
    if (!started) place->store(nullptr);
    return started;
}

void SharedSource::stop(const ports::Capturer& capturer) {
    auto* place = fan_.place_of(&capturer);
    if (!place) return;
    place->store(nullptr);
    if (fan_.empty())
        device_->stop();
    else
        fan_.wait();
}

}  // namespace antiphon::capture
