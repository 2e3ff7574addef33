// What Prometheus is told: everything that the coordinator counts, as one page. docs/metrics.md lists the families.
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>

#include "adapters/http/server.hpp"
#include "adapters/metrics/page.hpp"
#include "adapters/mqtt/mqtt_bus.hpp"
#include "adapters/mqtt/private_broker.hpp"
#include "adapters/system/proc.hpp"
#include "apps/coordinator/coordinator_app.hpp"
#include "apps/coordinator/integrity.hpp"
#include "apps/live/live_sources.hpp"

namespace antiphon::coordinator {

// Answers by route and status class. A request of no route has none in its label, so that nobody outside adds a series.
class RequestMetrics {
  public:
    void served(const http::ServedRequest& request);
    void write(metrics::Page& page) const;

  private:
    struct Served {
        std::array<std::uint64_t, 5> by_class{};
        metrics::Durations durations;
    };
    std::map<std::pair<http::Method, std::string>, Served> routes_;
};

struct BrokerReading {
    bool running = false;
    mqtt::PrivateBrokerCounters counters;
};
struct BusReading {
    ports::BusCounters counters;
    mqtt::MqttCounters mqtt;
    std::size_t pending = 0;
};
struct FolderReading {
    std::string name;
    std::uint64_t used_bytes = 0;
    std::uint64_t quota_bytes = 0;
};

// What is not in the actor's state, read when somebody asks.
struct Readings {
    const RequestMetrics* requests = nullptr;
    const metrics::Durations* commits = nullptr;
    http::ServerCounters http;
    AppCounters app;
    std::optional<BusReading> bus;        // absent: none yet
    std::optional<BrokerReading> broker;  // absent: somebody else's
    std::vector<FolderReading> folders;
    std::uint64_t background_refused = 0;
    IntegrityCounters integrity;
    std::uint64_t dead_letters = 0;
    std::optional<system::ProcessResources> process;
    core::WallTime started;
    live::LiveTotals live;
};

std::string metrics_page(const core::CoordinatorState& state, const Readings& readings);

// ---- metrics_cluster.cpp
void write_cluster(metrics::Page& page, const core::CoordinatorState& state);

}  // namespace antiphon::coordinator
