// The cluster as the actor has it: who is there and what is going on, and what was refused.
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <numeric>

#include "apps/coordinator/metrics.hpp"
#include "apps/coordinator/views.hpp"

namespace antiphon::coordinator {
namespace {

using metrics::Page;
using metrics::Samples;

// How many rows are in each phase, with a zero for each that has none: a series that comes and goes is hard to read.
template <class Enum, class Table, class Phase>
Samples by_phase(const Table& table, const Phase& phase_of) {
    std::map<Enum, std::uint64_t> counts;
    for (const auto& [id, row] : table.rows()) ++counts[phase_of(*row)];
    Samples samples;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<Enum>>(
        [&](auto one) { samples.push_back({static_cast<double>(counts[one.value]), {{"state", one.name}}}); });
    return samples;
}

void write_places(Page& page, const core::CoordinatorState& state) {
    const auto counts = counts_of(state);
    page.gauge("antiphon_workers", "Members of the cluster.",
               {{static_cast<double>(counts.online), {{"state", "online"}}},
                {static_cast<double>(counts.members - counts.online), {{"state", "offline"}}}});
    page.gauge("antiphon_sessions", "Sessions that are remembered, by their state.",
               by_phase<core::SessionPhase>(state.sessions, [](const auto& row) { return row.phase; }));
    page.gauge("antiphon_recordings", "Recordings that are remembered, by their state.",
               by_phase<core::RecordingPhase>(state.recordings, [](const auto& row) { return row.phase; }));
    page.gauge("antiphon_zones", "Zones.", static_cast<double>(state.zones.rows().size()));
    page.gauge("antiphon_tokens", "Tokens, those at their end among them.",
               static_cast<double>(state.tokens.rows().size()));
    page.gauge("antiphon_pending_asks", "Requests that wait for a worker.",
               static_cast<double>(state.asks.rows().size()));
    page.gauge("antiphon_epoch", "Of the coordinator's life.", static_cast<double>(state.cluster.epoch.value));
}

double lost_frames(const core::ReportedDocument& reported) {
    return std::accumulate(reported.sessions.begin(), reported.sessions.end(), 0.0,
                           [](double sum, const auto& one) { return sum + static_cast<double>(one.lost_frames); });
}

double gap_frames(const core::ReportedDocument& reported) {
    return std::accumulate(reported.tracks.begin(), reported.tracks.end(), 0.0,
                           [](double sum, const auto& one) { return sum + static_cast<double>(one.gap_frames); });
}

// How well the outputs play that play now, by worker and output: a worker has as many as it declares.
struct OutputSeries {
    Samples error, bound, correction, ahead, late, lost;

    void add(const std::string& worker, const core::ReportedDocument& reported) {
        for (const auto& session : reported.sessions)
            for (const auto& output : session.outputs.value_or(std::vector<core::OutputReport>())) add(worker, output);
    }
    void add(const std::string& worker, const core::OutputReport& output) {
        const metrics::Labels labels{{"worker", worker}, {"output", output.name}};
        error.push_back({static_cast<double>(output.error_ns) / 1e9, labels});
        bound.push_back({static_cast<double>(output.bound_ns) / 1e9, labels});
        correction.push_back({output.correction_ppm / 1e6, labels});
        ahead.push_back({static_cast<double>(output.ahead_ns) / 1e9, labels});
        late.push_back({static_cast<double>(output.late_frames), labels});
        lost.push_back({static_cast<double>(output.device_lost_frames), labels});
    }
    void write(Page& page) const {
        page.gauge("antiphon_output_sync_error_seconds", "When it is heard against when it should be; positive: late.",
                   error);
        page.gauge("antiphon_output_sync_bound_seconds", "How wrong that may be.", bound);
        page.gauge("antiphon_output_correction_ratio", "Of its rate, for the error's sake.", correction);
        page.gauge("antiphon_output_ahead_seconds", "Sound that is decoded and waits to be rendered.", ahead);
        page.gauge("antiphon_output_late_frames", "Silent in its session: the sound was not there in time.", late);
        page.gauge("antiphon_output_device_lost_frames", "Silent in its session: the device got nothing, or lost it.",
                   lost);
    }
};

// What a worker received of the live sessions that it plays now.
struct StreamSeries {
    Samples arrived, repaired, late, lost;

    void add(const metrics::Labels& worker, const core::ReportedDocument& reported) {
        core::StreamReport sum;
        bool any = false;
        for (const auto& session : reported.sessions) {
            if (!session.stream) continue;
            any = true;
            sum.arrived += session.stream->arrived;
            sum.repaired += session.stream->repaired;
            sum.late += session.stream->late;
            sum.lost += session.stream->lost;
        }
        if (!any) return;
        arrived.push_back({static_cast<double>(sum.arrived), worker});
        repaired.push_back({static_cast<double>(sum.repaired), worker});
        late.push_back({static_cast<double>(sum.late), worker});
        lost.push_back({static_cast<double>(sum.lost), worker});
    }
    void write(Page& page) const {
        page.gauge("antiphon_worker_packets_arrived", "Of its live sessions, in time.", arrived);
        page.gauge("antiphon_worker_packets_repaired", "Of these: because they were asked for.", repaired);
        page.gauge("antiphon_worker_packets_late", "Came after their deadline.", late);
        page.gauge("antiphon_worker_packets_lost", "Were not there at their deadline: concealed.", lost);
    }
};

// By name: at most core::workers_max.
void write_workers(Page& page, const core::CoordinatorState& state) {
    Samples online;
    Samples synchronised;
    Samples error;
    Samples behind;
    Samples lost;
    Samples gaps;
    Samples wakeups;
    StreamSeries stream;
    OutputSeries outputs;
    for (const auto& [id, row] : state.workers.rows()) {
        const auto it = state.presence.rows().find(id);
        const auto presence = it == state.presence.rows().end() ? core::Presence{} : *it->second;
        const auto& reported = presence.reported;
        const metrics::Labels worker{{"worker", row->name}};
        online.push_back({presence.online ? 1.0 : 0.0, worker});
        const auto generation = row->generation.value;
        behind.push_back({static_cast<double>(generation - std::min(generation, reported.applied.value)), worker});
        if (!presence.online) continue;  // what it said last is not so any more
        synchronised.push_back({reported.clock.synchronised ? 1.0 : 0.0, worker});
        error.push_back({static_cast<double>(reported.clock.error_bound_ns) / 1e9, worker});
        lost.push_back({lost_frames(reported), worker});
        gaps.push_back({gap_frames(reported), worker});
        if (reported.wakeups_per_s) wakeups.push_back({*reported.wakeups_per_s, worker});
        stream.add(worker, reported);
        outputs.add(row->name, reported);
    }
    page.gauge("antiphon_worker_online", "1 while the worker is heard.", online);
    page.gauge("antiphon_worker_generations_behind", "Changes of its document that it has not applied.", behind);
    page.gauge("antiphon_worker_clock_synchronised", "1 while the worker knows cluster time well enough to play.",
               synchronised);
    page.gauge("antiphon_worker_clock_error_seconds", "Bound of the error of the worker's cluster time.", error);
    page.gauge("antiphon_worker_lost_frames", "Frames of silence in the sessions that it plays now.", lost);
    page.gauge("antiphon_worker_gap_frames", "Frames missing in the recordings that it has now.", gaps);
    stream.write(page);
    page.gauge("antiphon_worker_wakeups_per_second", "How often its process is woken.", wakeups);
    outputs.write(page);
}

void write_refusals(Page& page, const core::CoordinatorCounters& counters) {
    const auto reason = [](const char* name, std::uint64_t count) {
        return metrics::Sample{static_cast<double>(count), {{"reason", name}}};
    };
    page.counter("antiphon_reports_ignored_total", "Words of workers that changed nothing.",
                 {reason("old", counters.old_reports + counters.old_greetings),
                  reason("unknown_worker", counters.unknown_workers),
                  reason("removed_worker", counters.removed_workers), reason("misdirected", counters.misdirected),
                  reason("late_reply", counters.late_replies), reason("ahead", counters.ahead)});
    page.counter("antiphon_requests_inadmissible_total", "Requests without the permission, or after their deadline.",
                 counters.inadmissible);
    page.counter("antiphon_journal_dropped_total", "Events that were not written down: too many at once.",
                 counters.news_dropped);
}

}  // namespace

void write_cluster(Page& page, const core::CoordinatorState& state) {
    write_places(page, state);
    write_workers(page, state);
    write_refusals(page, state.counters);
}

}  // namespace antiphon::coordinator
