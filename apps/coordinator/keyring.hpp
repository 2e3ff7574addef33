// The members' message keys: what is said to a member is sealed with its key, and nothing else is heard from it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapters/mac/message_key.hpp"
#include "core/coordinator.hpp"
#include "ports/bus.hpp"

namespace antiphon::coordinator {

class Keyring {
  public:
    // What the state says from now on. The names of those who have no key to be heard by, each worker's once, however
    // often members change: they joined before there were any keys, and have to join again.
    std::vector<std::string> take(const core::CoordinatorState& state);

    // `not_found`: no member, or one without a key.
    core::Result<ports::BusMessage> seal(const core::WorkerId& worker, ports::BusMessage message) const;
    // The text; `not_found` as above, `denied` when it was not that member who said it on that topic.
    core::Result<std::string> open(const core::WorkerId& worker, const ports::BusMessage& message) const;

  private:
    core::Result<const mac::MessageKey*> key_of(const core::WorkerId& worker) const;

    std::map<core::WorkerId, mac::MessageKey> keys_;
    std::set<core::WorkerId> keyless_;
};

}  // namespace antiphon::coordinator
