// The topics of the bus: antiphon/v1/CLUSTER/workers/ID/{desired,reported,command,reply,event,alive}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace antiphon::node {

class Topics {
  public:
    explicit Topics(const std::string& cluster) : cluster_(cluster), prefix_("antiphon/v1/" + cluster + "/workers/") {}

    std::string of(const core::WorkerId& worker, std::string_view leaf) const {
        return prefix_ + worker.value + "/" + std::string(leaf);
    }
    // At a broker of somebody else, where other clusters may have a worker of this id. The private one takes its user
    // name instead.
    std::string client_id(const core::WorkerId& worker) const { return cluster_ + "-" + worker.value; }
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

    // For a log: whoever may write to the broker chooses topics, of up to 64 KB.
    static std::string shown(std::string_view topic) { return std::string(topic.substr(0, shown_max)); }
    static constexpr std::size_t shown_max = 200;

  private:
    std::string cluster_;
    std::string prefix_;
};

}  // namespace antiphon::node
