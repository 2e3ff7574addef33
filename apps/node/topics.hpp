// The topics of the bus: antiphon/v1/CLUSTER/workers/ID/{desired,reported,command,reply,event,alive}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace antiphon::node {

class Topics {
  public:
    explicit Topics(const std::string& cluster) : prefix_("antiphon/v1/" + cluster + "/workers/") {}

    std::string of(const core::WorkerId& worker, std::string_view leaf) const {
        return prefix_ + worker.value + "/" + std::string(leaf);
    }
    // What the coordinator listens to: `leaf` of every worker.
    std::string of_all(std::string_view leaf) const { return prefix_ + "+/" + std::string(leaf); }

    struct Parsed {
        core::WorkerId worker;
        std::string leaf;
    };
    // Nothing for a topic that is not one of a worker.
    std::optional<Parsed> parse(std::string_view topic) const {
        if (!topic.starts_with(prefix_)) return std::nullopt;
        topic.remove_prefix(prefix_.size());
        const auto slash = topic.find('/');
        if (slash == std::string_view::npos || slash == 0) return std::nullopt;
        return Parsed{{std::string(topic.substr(0, slash))}, std::string(topic.substr(slash + 1))};
    }

  private:
    std::string prefix_;
};

}  // namespace antiphon::node
