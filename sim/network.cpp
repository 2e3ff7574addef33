// Every message runs the gauntlet once per copy.
#include "sim/network.hpp"

namespace antiphon::sim {

using std::chrono::seconds;

void Network::attach_worker(const core::WorkerId& id, WorkerInbox inbox, LinkHandler link) {
    auto& entry = links_[id];
    entry.inbox = std::move(inbox);
    entry.handler = std::move(link);
}

void Network::detach_worker(const core::WorkerId& id) { links_.erase(id); }

Network::CoordinatorIndex Network::attach_coordinator(CoordinatorInbox inbox, std::function<void()> linked) {
    coordinators_.push_back({std::move(inbox), std::move(linked)});
    return coordinators_.size() - 1;
}

template <class Deliver>
void Network::carry(Way way, const core::WorkerId& id, const core::Message& message, const Deliver& deliver) {
    ++counters_.sent;
    ++counters_.by_kind[message.body.index()];
    if (links_[id].blocked[static_cast<std::size_t>(way)]) {
        ++counters_.one_way;
        return;
    }
    int copies = 1;
    if (random_.chance(faults_.loss)) {
        ++counters_.lost;
        trace_.line(executor_.now(), id.value, way == Way::down ? "lost: to worker" : "lost: to coordinator");
        --copies;
    }
    if (random_.chance(faults_.duplicates)) {
        ++counters_.duplicated;
        ++copies;
    }
    for (; copies > 0; --copies)
        executor_.at(executor_.now() + random_.between(faults_.delay_min, faults_.delay_max),
                     [deliver] { deliver(false); });
    if (random_.chance(faults_.late_copies)) {
        ++counters_.late_copies;
        executor_.at(executor_.now() + random_.between(core::Duration{seconds(5)}, core::Duration{seconds(40)}),
                     [deliver] { deliver(true); });
    }
}

void Network::deliver_down(const core::WorkerId& id, const core::Message& message) {
    const auto life = links_[id].life;
    carry(Way::down, id, message, [this, id, life, message](bool late) {
        const auto it = links_.find(id);
        if (it == links_.end() || !it->second.up || (!late && it->second.life != life)) return;
        ++counters_.delivered;
        it->second.inbox(message);
    });
}

void Network::deliver_up(CoordinatorIndex to, const core::WorkerId& id, const core::Message& message) {
    const auto life = coordinators_[to].life;
    carry(Way::up, id, message, [this, to, id, life, message](bool late) {
        const auto& end = coordinators_[to];
        if (!end.up || (!late && life != end.life)) return;
        ++counters_.delivered;
        end.inbox(id, message);
    });
}

void Network::to_worker(CoordinatorIndex from, const core::WorkerId& id, const core::Message& message, bool retain) {
    const auto it = links_.find(id);
    if (!coordinators_[from].up || it == links_.end()) return;
    if (retain) it->second.retained_desired = message;
    if (it->second.up) deliver_down(id, message);
}

void Network::to_coordinators(const core::WorkerId& id, const core::Message& message, bool retain) {
    const auto it = links_.find(id);
    if (it == links_.end() || !it->second.up) return;
    if (retain) it->second.retained_up[message.body.index()] = message;
    for (CoordinatorIndex to = 0; to < coordinators_.size(); ++to)
        if (coordinators_[to].up) deliver_up(to, id, message);
}

void Network::forget(CoordinatorIndex from, const core::WorkerId& id) {
    const auto it = links_.find(id);
    if (!coordinators_[from].up || it == links_.end()) return;
    it->second.retained_desired.reset();
    it->second.retained_up.clear();
}

void Network::set_link(const core::WorkerId& id, bool up) {
    auto& link = links_[id];
    if (link.up == up) return;
    link.up = up;
    link.blocked = {};
    ++link.life;
    trace_.line(executor_.now(), id.value, up ? "link up" : "link down");
    if (!up) {
        ++counters_.link_breaks;
        const core::Message will{{}, link.will};
        link.retained_up[will.body.index()] = will;
        for (CoordinatorIndex to = 0; to < coordinators_.size(); ++to)
            if (coordinators_[to].up) deliver_up(to, id, will);
    }
    link.handler(up);
    if (up && link.retained_desired) deliver_down(id, *link.retained_desired);
}

void Network::set_coordinator_link(CoordinatorIndex coordinator, bool up) {
    auto& end = coordinators_[coordinator];
    if (end.up == up) return;
    end.up = up;
    ++end.life;
    if (!up) return;
    end.linked();
    repeat_retained(coordinator);
}

void Network::repeat_retained(CoordinatorIndex coordinator) {
    for (const auto& [id, link] : links_)
        for (const auto& [kind, message] : link.retained_up) deliver_up(coordinator, id, message);
}

void Network::block(const core::WorkerId& id, Way way) {
    trace_.line(executor_.now(), id.value, way == Way::up ? "is not heard any more" : "hears nothing any more");
    links_[id].blocked[static_cast<std::size_t>(way)] = true;
}

void Network::unblock_all() {
    for (auto& [id, link] : links_) link.blocked = {};
}

void Network::wipe() {
    ++counters_.wipes;
    trace_.line(executor_.now(), "broker", "dies, and remembers nothing");
    for (auto& [id, link] : links_) {
        link.retained_desired.reset();
        link.retained_up.clear();
    }
    // nobody is left to say a last will
    for (auto& [id, link] : links_) {
        if (!link.up) continue;
        link.up = false;
        ++link.life;
        ++counters_.link_breaks;
        link.handler(false);
    }
    for (CoordinatorIndex i = 0; i < coordinators_.size(); ++i) set_coordinator_link(i, false);
}

}  // namespace antiphon::sim
