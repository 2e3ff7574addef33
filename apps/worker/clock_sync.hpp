// Keeps this worker's estimate of cluster time: asks, filters, and tells who needs it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "adapters/net/clock_client.hpp"
#include "core/documents.hpp"
#include "media/clock_filter.hpp"
#include "media/clock_hold.hpp"
#include "ports/clock.hpp"

namespace antiphon::worker {

// On the loop's thread, handlers too.
class ClockSync {
  public:
    struct Handlers {
        std::function<void(const media::ClockMap&)> map;       // each better estimate
        std::function<void(const core::ClockReport&)> report;  // when it is (no longer) synchronised, and at times
    };

    // `agreement` false (tests only): stays with the first map that is good enough for ever.
    ClockSync(boost::asio::io_context& io, const ports::Clock& clock, Handlers handlers, bool agreement);

    void ask(const std::string& host, std::uint16_t port) { client_.ask(host, port); }
    // A packet of the cluster clock's own node left at this cluster time and came at that local one: half an exchange.
    void hear(core::ClockIncarnation incarnation, std::int64_t departure_ns, core::LocalTime at);
    // The best estimate; goes on being used while nobody answers (holdover).
    const std::optional<media::ClockMap>& map() const { return hold_.map(); }
    std::optional<core::ClusterTime> cluster_now() const;
    const media::ClockFilterCounters& counters() const { return filter_.counters(); }

  private:
    void take(const net::ClockExchange& exchange);
    void report_when_due(core::LocalTime now);

    const ports::Clock& clock_;
    Handlers handlers_;
    const bool agreement_;
    media::ClockFilter filter_{{}};
    net::ClockClient client_;
    media::ClockHold hold_;
    core::ClockReport reported_;
    core::LocalTime reported_at_;
};

}  // namespace antiphon::worker
