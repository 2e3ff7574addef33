// Every message runs the gauntlet once per copy.
#include "sim/network.hpp"

namespace antiphon::sim {

void Network::attach_worker(const core::WorkerId& id, WorkerInbox inbox, LinkHandler link) {
    auto& entry = links_[id];
    entry.inbox = std::move(inbox);
    entry.handler = std::move(link);
}

void Network::attach_coordinator(CoordinatorInbox inbox, std::function<void()> linked) {
    coordinator_inbox_ = std::move(inbox);
    coordinator_linked_ = std::move(linked);
}

template <class Deliver>
void Network::carry(const char* what, const core::WorkerId& id, const Deliver& deliver) {
    ++counters_.sent;
    int copies = 1;
    if (random_.chance(faults_.loss)) {
        ++counters_.lost;
        trace_.line(executor_.now(), id.value, std::string("lost: ") + what);
        --copies;
    }
    if (random_.chance(faults_.duplicates)) {
        ++counters_.duplicated;
        ++copies;
    }
    for (; copies > 0; --copies) {
        const auto arrival = executor_.now() + random_.between(faults_.delay_min, faults_.delay_max);
        executor_.at(arrival, deliver);
    }
}

void Network::deliver_down(const core::WorkerId& id, const core::Message& message) {
    const auto life = links_[id].life;
    carry("to worker", id, [this, id, life, message] {
        auto& link = links_[id];
        if (!link.up || link.life != life) return;
        ++counters_.delivered;
        link.inbox(message);
    });
}

void Network::deliver_up(const core::WorkerId& id, const core::Message& message) {
    const auto life = coordinator_life_;
    carry("to coordinator", id, [this, id, life, message] {
        if (!coordinator_up_ || life != coordinator_life_) return;
        ++counters_.delivered;
        coordinator_inbox_(id, message);
    });
}

void Network::to_worker(const core::WorkerId& id, const core::Message& message, bool retain) {
    if (!coordinator_up_) return;
    auto& link = links_[id];
    if (retain) link.retained_desired = message;
    if (link.up) deliver_down(id, message);
}

void Network::to_coordinator(const core::WorkerId& id, const core::Message& message, bool retain) {
    auto& link = links_[id];
    if (!link.up) return;
    if (retain) link.retained_up[message.body.index()] = message;
    if (coordinator_up_) deliver_up(id, message);
}

void Network::set_link(const core::WorkerId& id, bool up) {
    auto& link = links_[id];
    if (link.up == up) return;
    link.up = up;
    ++link.life;
    trace_.line(executor_.now(), id.value, up ? "link up" : "link down");
    if (!up) {
        ++counters_.link_breaks;
        core::Message will{{}, core::Alive{false}};
        link.retained_up[will.body.index()] = will;
        if (coordinator_up_) deliver_up(id, will);
    }
    link.handler(up);
    if (up && link.retained_desired) deliver_down(id, *link.retained_desired);
}

void Network::set_coordinator_link(bool up) {
    if (coordinator_up_ == up) return;
    coordinator_up_ = up;
    ++coordinator_life_;
    if (!up) return;
    coordinator_linked_();
    for (const auto& [id, link] : links_)
        for (const auto& [kind, message] : link.retained_up) deliver_up(id, message);
}

}  // namespace antiphon::sim
