// Each fault, once. What is broken for a while mends itself, or is mended at the end.
#include "sim/faults.hpp"

#include <algorithm>

namespace antiphon::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr core::Duration ten_years = std::chrono::hours(24 * 3653);
constexpr core::Duration half_a_minute = std::chrono::seconds(30);

core::Duration between(Random& random, core::Duration low, core::Duration high) { return random.between(low, high); }

// `likely`: that something is wrong with it at all; then within its next `calls`.
DiskFaults some_disk(Random& random, const Disk& disk, double likely, std::size_t calls) {
    DiskFaults faults;
    faults.failures = random.chance(likely) ? 0.02 : 0;
    faults.survives_unsynced = random.between(0.0, 0.2);
    if (random.chance(likely)) faults.fails_at = disk.calls() + 1 + random.below(calls);
    if (random.chance(likely)) faults.dies_at = disk.calls() + 1 + random.below(calls);
    return faults;
}

}  // namespace

void Faults::draw() {
    NetworkFaults network;
    network.loss = random_.between(0.0, 0.3);
    network.duplicates = random_.between(0.0, 0.5);
    network.late_copies = random_.between(0.0, 0.05);
    network.delay_max = between(random_, milliseconds(1), seconds(3));
    cluster_.network().set_faults(network);
    auto& disk = cluster_.coordinator().disk();
    disk.set_faults(some_disk(random_, disk, 0.6, 150));
}

// A supervisor would: what died comes back, sooner or later.
bool Faults::start_what_is_down() {
    for (auto& one : cluster_.coordinators())
        if (!one->running()) return one->start(), true;
    for (auto& worker : cluster_.workers())
        if (!worker->running()) return worker->start(), true;
    return false;
}

void Faults::strike() {
    if (random_.chance(0.5) && start_what_is_down()) return;
    switch (random_.below(14)) {
        case 0:
        case 1:
            return crash_or_start_coordinator();
        case 2:
        case 3:
            return crash_or_start_worker();
        case 4:
            return break_or_mend_link();
        case 5:
            return break_or_mend_coordinator_link();
        case 6:
            return one_way();
        case 7:
            return random_.chance(0.5) ? pause_coordinator() : pause_worker();
        case 8:
            return wipe_broker();
        case 9:
            return fill_a_disk();
        case 10:
            return step_the_wall();
        case 11:
            return back_up_or_restore();
        case 12:
            return break_somebody();
        default:
            return change_members();
    }
}

void Faults::crash_or_start_coordinator() {
    auto& all = cluster_.coordinators();
    auto& one = *all[random_.below(all.size())];
    if (one.running())
        cluster_.crash(one);
    else
        one.start();
}

void Faults::crash_or_start_worker() {
    if (cluster_.workers().empty()) return;
    auto& worker = cluster_.some_worker();
    if (worker.running()) return cluster_.crash(worker);
    worker.disk().set_faults(some_disk(random_, worker.disk(), 0.3, 40));
    worker.start();
}

void Faults::break_or_mend_link() {
    if (cluster_.workers().empty()) return;
    auto& worker = cluster_.some_worker();
    if (worker.running()) cluster_.network().set_link(worker.id(), !cluster_.network().link_up(worker.id()));
}

void Faults::break_or_mend_coordinator_link() {
    auto& one = cluster_.coordinator();
    auto& network = cluster_.network();
    if (one.running()) network.set_coordinator_link(one.index(), !network.coordinator_link_up(one.index()));
}

bool Faults::runs(const core::WorkerId& id) {
    const auto& workers = cluster_.workers();
    return std::any_of(workers.begin(), workers.end(),
                       [&](const auto& worker) { return worker->id() == id && worker->running(); });
}

// The broker misses a client after one and a half keepalives; the client comes back when it can.
void Faults::mend_link_later(const core::WorkerId& id, core::Duration low, core::Duration high) {
    cluster_.at(seconds(8), [this, id, low, high] {
        if (ended_ || !runs(id)) return;
        cluster_.network().set_link(id, false);
        cluster_.at(between(random_, low, high), [this, id] {
            if (runs(id)) cluster_.network().set_link(id, true);
        });
    });
}

void Faults::one_way() {
    if (cluster_.workers().empty()) return;
    const auto id = cluster_.some_worker().id();
    if (!cluster_.network().link_up(id)) return;
    cluster_.network().block(id, random_.chance(0.5) ? Way::up : Way::down);
    mend_link_later(id, milliseconds(100), seconds(10));
}

void Faults::pause_coordinator() {
    auto& all = cluster_.coordinators();
    auto* one = all[random_.below(all.size())].get();
    if (!one->running() || one->paused()) return;
    ++pauses_;
    one->pause();
    cluster_.at(between(random_, seconds(1), seconds(25)), [one] { one->resume(); });
}

void Faults::pause_worker() {
    if (cluster_.workers().empty()) return;
    auto& worker = cluster_.some_worker();
    if (!worker.running() || worker.paused()) return;
    ++pauses_;
    worker.pause();
    cluster_.at(between(random_, milliseconds(100), seconds(12)), [this, id = worker.id()] {
        for (auto& other : cluster_.workers())
            if (other->id() == id) other->resume();
    });
}

void Faults::wipe_broker() {
    cluster_.network().wipe();
    cluster_.at(between(random_, milliseconds(500), seconds(5)), [this] {
        for (auto& one : cluster_.coordinators())
            if (one->running()) cluster_.network().set_coordinator_link(one->index(), true);
        for (auto& worker : cluster_.workers())
            if (worker->running()) cluster_.network().set_link(worker->id(), true);
    });
}

void Faults::fill_a_disk() {
    const auto until = cluster_.now() + between(random_, milliseconds(200), seconds(8));
    if (random_.chance(0.5) || cluster_.workers().empty())
        cluster_.coordinator().disk().fill_until(until);
    else
        cluster_.some_worker().disk().fill_until(until);
}

void Faults::step_the_wall() {
    ++wall_steps_;
    const auto most = random_.chance(0.5) ? ten_years : half_a_minute;
    cluster_.coordinator().step_wall(between(random_, -most, most));
}

// So often that a supervisor must give up, now and then.
void Faults::break_somebody() {
    const auto failures = 1 + random_.below(5);
    if (random_.chance(0.5) || cluster_.workers().empty())
        cluster_.coordinator().fragility().set(failures);
    else
        cluster_.some_worker().fragility().set(failures);
}

// A backup is restored where the first coordinator is dead, or is thought to be.
void Faults::back_up_or_restore() {
    auto& original = cluster_.coordinator();
    if (cluster_.coordinators().size() > 1) return;
    if (!cluster_.has_backup()) return cluster_.keep_backup();
    ++restores_;
    if (random_.chance(0.5)) {
        cluster_.crash(original);
    } else if (original.running()) {
        auto* old = &original;
        old->pause();
        cluster_.at(between(random_, seconds(1), seconds(25)), [old] { old->resume(); });
    }
    cluster_.restore_backup();
}

// Boards that are dead are removed or replaced; new ones come.
void Faults::change_members() {
    for (auto& worker : cluster_.workers()) {
        if (worker->running()) continue;
        if (random_.chance(0.5)) return cluster_.ask(core::WorkerRemoveRequest{worker->id().value});
        return cluster_.join(worker->name(), worker->id().value);
    }
    if (cluster_.workers().size() < 8) cluster_.join("late" + std::to_string(++newcomers_));
}

void Faults::end() {
    ended_ = true;
    auto& network = cluster_.network();
    network.set_faults({});
    network.unblock_all();
    for (auto& one : cluster_.coordinators()) {
        one->disk().set_faults({});
        one->fragility().set(0);
        one->disk().fill_until({});
        one->resume();
        if (!one->running()) one->start();
        network.set_coordinator_link(one->index(), true);
    }
    for (auto& worker : cluster_.workers()) {
        worker->disk().set_faults({});
        worker->fragility().set(0);
        worker->disk().fill_until({});
        worker->resume();
        if (!worker->running()) worker->start();
        network.set_link(worker->id(), true);
    }
}

}  // namespace antiphon::sim
