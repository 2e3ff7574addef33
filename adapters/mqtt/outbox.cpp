// One queue with a mark: before it in flight, after it waiting.
#include "adapters/mqtt/outbox.hpp"

#include <algorithm>
#include <utility>

namespace antiphon::mqtt {
namespace {

std::size_t bytes_of(const ports::BusMessage& message) { return message.topic.size() + message.payload.size(); }

}  // namespace

bool Outbox::add(ports::BusMessage message) {
    const auto overtaken = [&](const Entry& entry) {
        return message.retain && entry.message.retain && entry.message.topic == message.topic;
    };
    const auto waiting = entries_.begin() + static_cast<std::ptrdiff_t>(in_flight_);
    std::size_t freed = 0, freed_bytes = 0;
    for (auto entry = waiting; entry != entries_.end(); ++entry) {
        if (!overtaken(*entry)) continue;
        ++freed;
        freed_bytes += bytes_of(entry->message);
    }
    const auto bytes = bytes_of(message);
    const auto left_bytes = size_bytes_ - freed_bytes;
    if (entries_.size() - freed >= limits_.messages_max || bytes > limits_.bytes_max - left_bytes) return false;
    entries_.erase(std::remove_if(waiting, entries_.end(), overtaken), entries_.end());
    size_bytes_ = left_bytes + bytes;
    entries_.push_back({std::move(message)});
    return true;
}

const ports::BusMessage* Outbox::next() const {
    if (in_flight_ == entries_.size() || in_flight_ >= limits_.in_flight_max) return nullptr;
    return &entries_[in_flight_].message;
}

void Outbox::sent(int number) {
    ANTIPHON_ASSERT(in_flight_ < entries_.size());
    entries_[in_flight_++].number = number;
}

bool Outbox::acknowledged(int number) {
    const auto end = entries_.begin() + static_cast<std::ptrdiff_t>(in_flight_);
    const auto found = std::find_if(entries_.begin(), end, [&](const Entry& entry) { return entry.number == number; });
    if (found == end) return false;
    size_bytes_ -= bytes_of(found->message);
    entries_.erase(found);
    --in_flight_;
    return true;
}

void Outbox::connection_lost() { in_flight_ = 0; }

}  // namespace antiphon::mqtt
