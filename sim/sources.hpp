// The live sources of a coordinator, as far as its decisions can tell: they open, give, stall, end and fail.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "actors/executor.hpp"
#include "core/coordinator.hpp"
#include "sim/random.hpp"

namespace antiphon::sim {

class Sources {
  public:
    using Report = std::function<void(core::CoordinatorEvent)>;

    Sources(actors::Executor& executor, Random& random) : executor_(executor), random_(random) {}
    void attach(Report report) { report_ = std::move(report); }

    void open(const core::OpenSource& order);
    void begin(const core::SessionId& session, core::ClusterTime begins);
    void set_open_door(const core::SessionId& session, const std::optional<core::OpenDoor>& door) {
        if (const auto it = sources_.find(session); it != sources_.end()) it->second.open_door = door;
    }
    void close(const core::SessionId& session) { sources_.erase(session); }
    void keep(const std::set<core::SessionId>& sessions) {
        std::erase_if(sources_, [&](const auto& entry) { return !sessions.contains(entry.first); });
    }
    // The process has died.
    void crash() { sources_.clear(); }

    struct Source {
        std::uint64_t opening = 0;  // which one
        bool listened = false;      // to, by somebody who goes after a while
        core::LiveDoor door;        // of port 0: not open yet
        std::optional<core::LiveDoor> uplink;
        std::optional<core::ClusterTime> begins;
        std::optional<core::OpenDoor> open_door;
        core::SourceStatus told;  // of the state opening: nothing yet
    };
    const std::map<core::SessionId, Source>& all() const { return sources_; }

  private:
    void later(core::Duration low, core::Duration high, const core::SessionId& session,
               std::function<void(Source&)> action);
    void change(const core::SessionId& session, core::SourceState state, std::string reason = "");
    void opened(const core::SessionId& session, Source& source);
    void miss_listeners(core::Duration low, core::Duration high, const core::SessionId& session);

    actors::Executor& executor_;
    Random& random_;
    Report report_;
    std::map<core::SessionId, Source> sources_;
    std::uint64_t openings_ = 0;
};

}  // namespace antiphon::sim
