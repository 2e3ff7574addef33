// The callback takes no lock: who leaves waits for it instead.
#include "adapters/capture/fan.hpp"

#include <algorithm>
#include <string>
#include <thread>

namespace antiphon::capture {

using core::Error;
using core::ErrorCode;

void Fan::captured(const ports::CaptureBlock& block) noexcept {
    turns_.fetch_add(1);
    for (auto& place : places_)
        if (auto* capturer = place.load()) capturer->captured(block);
    turns_.fetch_add(1);
}

// Of none: a free one.
std::atomic<ports::Capturer*>* Fan::place_of(const ports::Capturer* capturer) {
    const auto it = std::ranges::find_if(places_, [&](const auto& place) { return place.load() == capturer; });
    return it == places_.end() ? nullptr : &*it;
}

core::Result<void> Fan::add(ports::Capturer& capturer) {
    if (place_of(&capturer)) return Error{ErrorCode::conflict, "it is listened to by the same one already"};
    auto* place = place_of(nullptr);
    if (!place)
        return Error{ErrorCode::exhausted,
                     std::to_string(capturers_max) + " listen to this input already; end one of them first"};
    place->store(&capturer);
    return {};
}

bool Fan::remove(const ports::Capturer& capturer) {
    auto* place = place_of(&capturer);
    if (!place) return false;
    place->store(nullptr);
    wait();
    return true;
}

bool Fan::empty() const noexcept {
    return std::ranges::all_of(places_, [](const auto& place) { return place.load() == nullptr; });
}

// All these are sequentially consistent: a callback that still saw who has left had begun its turn before.
void Fan::wait() const {
    const auto turn = turns_.load();
    while (turn % 2 != 0 && turns_.load() == turn) std::this_thread::yield();
}

}  // namespace antiphon::capture
