// A forged message's topic is as long as its forger likes.
#include "apps/node/forgeries.hpp"

#include "adapters/system/log.hpp"
#include "apps/node/topics.hpp"

namespace antiphon::node {

void Forgeries::refuse(const ports::BusMessage& message, const std::string& why, core::LocalTime now) {
    if (!refusals_.count(now)) return;
    system::log::warning("message.forged", {{"topic", Topics::shown(message.topic)}, {"refused", refused()}}, why);
}

}  // namespace antiphon::node
