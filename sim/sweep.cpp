// A sweep that exercised too little proves nothing, and says so.
#include "sim/exercised.hpp"
#include "sim/simulation.hpp"

namespace antiphon::sim {

void Sweep::add(const Outcome& outcome) {
    ++runs;
    failures += outcome.broken ? 1 : 0;
    total.requests += outcome.requests;
    total.crashes += outcome.crashes;
    total.disk_failures += outcome.disk_failures;
    total.lines += outcome.lines;
    total.deaths_at_disk += outcome.deaths_at_disk;
    total.pauses += outcome.pauses;
    total.wall_steps += outcome.wall_steps;
    total.restores += outcome.restores;
    total.network.late_copies += outcome.network.late_copies;
    total.network.one_way += outcome.network.one_way;
    total.network.wipes += outcome.network.wipes;
    total.checks.reports_checked += outcome.checks.reports_checked;
    total.checks.denied += outcome.checks.denied;
    total.checks.conflicts += outcome.checks.conflicts;
    total.checks.repeated += outcome.checks.repeated;
    total.checks.shared_played += outcome.checks.shared_played;
    total.checks.paired += outcome.checks.paired;
    total.checks.superseded += outcome.checks.superseded;
    total.checks.restarts += outcome.checks.restarts;
    total.checks.gave_up += outcome.checks.gave_up;
    total.checks.let_in += outcome.checks.let_in;
    total.checks.shut_out += outcome.checks.shut_out;
    total.network.sent += outcome.network.sent;
    total.network.lost += outcome.network.lost;
    total.network.duplicated += outcome.network.duplicated;
    total.network.link_breaks += outcome.network.link_breaks;
    total.checks.worker_checks += outcome.checks.worker_checks;
    total.checks.coordinator_checks += outcome.checks.coordinator_checks;
    total.checks.answers += outcome.checks.answers;
    total.checks.refusals += outcome.checks.refusals;
    total.checks.pongs += outcome.checks.pongs;
    total.checks.granted += outcome.checks.granted;
    total.checks.refused_busy += outcome.checks.refused_busy;
    total.checks.played += outcome.checks.played;
    total.checks.sources += outcome.checks.sources;
    total.checks.listened += outcome.checks.listened;
    total.checks.inputs_sent += outcome.checks.inputs_sent;
    total.checks.uploaded += outcome.checks.uploaded;
    total.checks.scheduled += outcome.checks.scheduled;
}

std::optional<std::string> Sweep::too_little() const {
    const Exercise needs[] = {{"requests", total.requests, 300},
                              {"failed commits", total.disk_failures, 20},
                              {"deaths at a disk call", total.deaths_at_disk, 2},
                              {"stopped processes", total.pauses, 3},
                              {"steps of the wall clock", total.wall_steps, 3},
                              {"restored backups", total.restores, 1},
                              {"superseded coordinators", total.checks.superseded, 1},
                              {"actors restarted", total.checks.restarts, 10},
                              {"supervisors gave up", total.checks.gave_up, 1},
                              {"requests let in by a token", total.checks.let_in, 2},
                              {"requests whose token was over", total.checks.shut_out, 2},
                              {"late copies", total.network.late_copies, 10},
                              {"messages lost one way", total.network.one_way, 3},
                              {"wiped brokers", total.network.wipes, 3},
                              {"reports checked", total.checks.reports_checked, 500},
                              {"requests without the permission", total.checks.denied, 5},
                              {"conflicts of versions", total.checks.conflicts, 2},
                              {"repeated requests", total.checks.repeated, 1},
                              {"sessions on shared devices", total.checks.shared_played, 1},
                              {"devices paired", total.checks.paired, 1},
                              {"crashes", total.crashes, 10},
                              {"lost messages", total.network.lost, 50},
                              {"duplicated messages", total.network.duplicated, 50},
                              {"broken links", total.network.link_breaks, 10},
                              {"worker checks", total.checks.worker_checks, 5000},
                              {"coordinator checks", total.checks.coordinator_checks, 300},
                              {"pongs", total.checks.pongs, 10},
                              {"maintenances granted", total.checks.granted, 3},
                              {"maintenances refused", total.checks.refused_busy, 3},
                              {"sessions heard", total.checks.played, 20},
                              {"live sources", total.checks.sources, 3},
                              {"listeners", total.checks.listened, 3},
                              {"inputs sent", total.checks.inputs_sent, 1},
                              {"recordings handed in", total.checks.uploaded, 3},
                              {"recordings by a schedule", total.checks.scheduled, 3}};
    return too_seldom(needs, runs);
}

}  // namespace antiphon::sim
