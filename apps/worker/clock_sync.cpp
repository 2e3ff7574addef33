// A new incarnation of the cluster clock starts a new filter; until its map is good the old one holds over.
#include "apps/worker/clock_sync.hpp"

#include "adapters/system/log.hpp"
#include "adapters/system/random.hpp"

namespace antiphon::worker {
namespace {

constexpr core::Duration report_every = std::chrono::seconds{10};

// What a worker that agrees with nobody goes by: where the cluster was once, and its own crystal.
media::ClockMap running_free(media::ClockMap map) {
    map.drift = 0;
    return map;
}

}  // namespace

ClockSync::ClockSync(boost::asio::io_context& io, const ports::Clock& clock, Handlers handlers, bool agreement)
    : clock_(clock),
      handlers_(std::move(handlers)),
      agreement_(agreement),
      client_(io, clock, system::random_bytes, [this](const net::ClockExchange& exchange) { take(exchange); }) {}

std::optional<core::ClusterTime> ClockSync::cluster_now() const {
    if (!map()) return std::nullopt;
    return core::ClusterTime{map()->incarnation, map()->to_cluster(clock_.now())};
}

void ClockSync::hear(core::ClockIncarnation incarnation, std::int64_t departure_ns, core::LocalTime at) {
    if (agreement_ && incarnation == filter_.incarnation()) filter_.hear(departure_ns, at);
}

void ClockSync::take(const net::ClockExchange& exchange) {
    if (!agreement_ && map()) return;
    if (exchange.incarnation != filter_.incarnation()) {
        system::log::info("clock.incarnation", {{"incarnation", exchange.incarnation.value}}, "a new cluster clock");
        filter_.restart(exchange.incarnation);
    }
    filter_.add({exchange.t1, exchange.t2_ns, exchange.t3_ns, exchange.t4});
    client_.pace(filter_.sampling_error());
    if (hold_.follow(filter_)) handlers_.map(agreement_ ? *map() : running_free(*map()));
    // While another incarnation's first map is awaited there is nothing to say of this one.
    if (map() && map()->incarnation == filter_.incarnation()) report_when_due(exchange.t4);
}

void ClockSync::report_when_due(core::LocalTime now) {
    const auto error = hold_.error_at(now);
    core::ClockReport report{error < media::ClockHold::good_enough, error.count(), map()->drift * 1e6};
    const bool changed = report.synchronised != reported_.synchronised;
    if (!changed && now - reported_at_ < report_every) return;
    reported_at_ = now;
    reported_ = report;
    handlers_.report(report);
}

}  // namespace antiphon::worker
