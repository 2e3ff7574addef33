// A new incarnation of the cluster clock starts a new filter; until its map is good the old one holds over.
#include "apps/worker/clock_sync.hpp"

#include "adapters/system/log.hpp"
#include "adapters/system/random.hpp"

namespace antiphon::worker {
namespace {

constexpr std::uint64_t report_every_exchanges = 100;  // about 10 s

}  // namespace

ClockSync::ClockSync(boost::asio::io_context& io, const ports::Clock& clock, Handlers handlers, bool agreement)
    : clock_(clock),
      handlers_(std::move(handlers)),
      agreement_(agreement),
      client_(io, clock, system::random_bytes, [this](const net::ClockExchange& exchange) { take(exchange); }) {}

std::optional<core::ClusterTime> ClockSync::cluster_now() const {
    if (!map_) return std::nullopt;
    return core::ClusterTime{map_->incarnation, map_->to_cluster(clock_.now())};
}

void ClockSync::take(const net::ClockExchange& exchange) {
    if (!agreement_ && map_) return;
    if (exchange.incarnation != filter_.incarnation()) {
        system::log::info("clock.incarnation", {{"incarnation", exchange.incarnation.value}}, "a new cluster clock");
        filter_.restart(exchange.incarnation);
    }
    filter_.add({exchange.t1, exchange.t2_ns, exchange.t3_ns, exchange.t4});
    const auto estimate = filter_.estimate();
    if (!estimate) return;
    const bool good = estimate->error_bound < good_enough;
    const bool first_of_its_clock = !map_ || map_->incarnation != estimate->incarnation;
    if (first_of_its_clock && !good) return;
    map_ = *estimate;
    handlers_.map(*map_);
    report_when_due();
}

void ClockSync::report_when_due() {
    core::ClockReport report{map_->error_bound < good_enough, map_->error_bound.count(), map_->drift * 1e6};
    const bool changed = report.synchronised != reported_.synchronised;
    if (!changed && ++exchanges_since_report_ < report_every_exchanges) return;
    exchanges_since_report_ = 0;
    reported_ = report;
    handlers_.report(report);
}

}  // namespace antiphon::worker
