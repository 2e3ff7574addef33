// From a worker's id to its key.
#include "apps/coordinator/keyring.hpp"

#include <utility>

namespace antiphon::coordinator {

std::vector<std::string> Keyring::take(const core::CoordinatorState& state) {
    std::vector<std::string> without;
    const auto told = std::exchange(keyless_, {});
    keys_.clear();
    for (const auto& [id, row] : state.workers.rows()) {
        if (const auto key = mac::MessageKey::from_hex(row->message_key)) {
            keys_.emplace(id, *key);
            continue;
        }
        keyless_.insert(id);
        if (!told.contains(id)) without.push_back(row->name);
    }
    return without;
}

core::Result<const mac::MessageKey*> Keyring::key_of(const core::WorkerId& worker) const {
    const auto found = keys_.find(worker);
    if (found != keys_.end()) return &found->second;
    return core::Error{core::ErrorCode::not_found, "there is no member of this id with a message key"};
}

core::Result<ports::BusMessage> Keyring::seal(const core::WorkerId& worker, ports::BusMessage message) const {
    const auto key = key_of(worker);
    if (!key) return key.error();
    message.payload = (*key)->seal(message.topic, std::move(message.payload));
    return message;
}

core::Result<std::string> Keyring::open(const core::WorkerId& worker, const ports::BusMessage& message) const {
    const auto key = key_of(worker);
    if (!key) return key.error();
    return (*key)->open(message.topic, message.payload);
}

}  // namespace antiphon::coordinator
