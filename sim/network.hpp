// The hostile network with a broker in it: loss, duplicates, delay and so reordering; links that break and come back;
// retained messages that are delivered again; last wills.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "actors/executor.hpp"
#include "core/messages.hpp"
#include "sim/random.hpp"
#include "sim/trace.hpp"

namespace antiphon::sim {

// Per run, drawn from the seed within the ranges of FAULTS.
struct NetworkFaults {
    double loss = 0;        // 0..0.3
    double duplicates = 0;  // 0..0.5
    core::Duration delay_min = std::chrono::microseconds(100);
    core::Duration delay_max = std::chrono::milliseconds(20);  // up to seconds
};

struct NetworkCounters {
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t link_breaks = 0;
};

class Network {
  public:
    using WorkerInbox = std::function<void(const core::Message&)>;
    using CoordinatorInbox = std::function<void(const core::WorkerId& from, const core::Message&)>;
    using LinkHandler = std::function<void(bool up)>;

    Network(actors::Executor& executor, Random& random, Trace& trace)
        : executor_(executor), random_(random), trace_(trace) {}

    void set_faults(const NetworkFaults& faults) { faults_ = faults; }
    void attach_worker(const core::WorkerId& id, WorkerInbox inbox, LinkHandler link);
    void attach_coordinator(CoordinatorInbox inbox, std::function<void()> linked);

    void to_worker(const core::WorkerId& id, const core::Message& message, bool retain);
    void to_coordinator(const core::WorkerId& id, const core::Message& message, bool retain);

    // A link that breaks loses what is on its way; the broker says the worker's last will.
    void set_link(const core::WorkerId& id, bool up);
    void set_coordinator_link(bool up);
    bool link_up(const core::WorkerId& id) const { return links_.at(id).up; }
    bool coordinator_link_up() const { return coordinator_up_; }
    const NetworkCounters& counters() const { return counters_; }

  private:
    struct Link {
        WorkerInbox inbox;
        LinkHandler handler;
        bool up = false;
        std::uint64_t life = 0;  // grows with each break: deliveries of an earlier life are lost
        std::optional<core::Message> retained_desired;
        std::map<std::size_t, core::Message> retained_up;  // by kind of body: reported, alive
    };

    void deliver_down(const core::WorkerId& id, const core::Message& message);
    void deliver_up(const core::WorkerId& id, const core::Message& message);
    template <class Deliver>
    void carry(const char* what, const core::WorkerId& id, const Deliver& deliver);

    actors::Executor& executor_;
    Random& random_;
    Trace& trace_;
    NetworkFaults faults_;
    NetworkCounters counters_;
    std::map<core::WorkerId, Link> links_;
    CoordinatorInbox coordinator_inbox_;
    std::function<void()> coordinator_linked_;
    bool coordinator_up_ = false;
    std::uint64_t coordinator_life_ = 0;
};

}  // namespace antiphon::sim
