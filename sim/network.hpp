// The hostile network with a broker in it: loss, duplicates, delay and so reordering, copies that come much too late;
// links that break, or carry one way only; a broker that forgets; retained messages that are delivered again; last
// wills.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "actors/executor.hpp"
#include "core/messages.hpp"
#include "sim/random.hpp"
#include "sim/trace.hpp"

namespace antiphon::sim {

// Per run, drawn from the seed within the ranges of docs/testing.md.
struct NetworkFaults {
    double loss = 0;         // 0..0.3
    double duplicates = 0;   // 0..0.5
    double late_copies = 0;  // 0..0.05: once more, 5 to 40 s later, whatever became of the connection
    core::Duration delay_min = std::chrono::microseconds(100);
    core::Duration delay_max = std::chrono::milliseconds(20);  // up to seconds
};

struct NetworkCounters {
    std::uint64_t sent = 0;
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t late_copies = 0;
    std::uint64_t link_breaks = 0;
    std::uint64_t one_way = 0;  // messages that a link carried one way only and this was the other
    std::uint64_t wipes = 0;
    std::array<std::uint64_t, std::variant_size_v<core::MessageBody>> by_kind{};
};

enum class Way { up, down };  // from a worker; to it

class Network {
  public:
    using CoordinatorIndex = std::size_t;
    using WorkerInbox = std::function<void(const core::Message&)>;
    using CoordinatorInbox = std::function<void(const core::WorkerId& from, const core::Message&)>;
    using LinkHandler = std::function<void(bool up)>;

    Network(actors::Executor& executor, Random& random, Trace& trace)
        : executor_(executor), random_(random), trace_(trace) {}

    void set_faults(const NetworkFaults& faults) { faults_ = faults; }
    void attach_worker(const core::WorkerId& id, WorkerInbox inbox, LinkHandler link);
    void detach_worker(const core::WorkerId& id);
    CoordinatorIndex attach_coordinator(CoordinatorInbox inbox, std::function<void()> linked);

    void to_worker(CoordinatorIndex from, const core::WorkerId& id, const core::Message& message, bool retain);
    void to_coordinators(const core::WorkerId& id, const core::Message& message, bool retain);
    // What the broker retains of a worker that was removed.
    void forget(CoordinatorIndex from, const core::WorkerId& id);

    // A link that breaks loses what is on its way; the broker says the worker's last will.
    void set_link(const core::WorkerId& id, bool up);
    void set_will(const core::WorkerId& id, const core::Alive& will) { links_[id].will = will; }
    void set_coordinator_link(CoordinatorIndex coordinator, bool up);
    // What the broker retains of the workers is delivered again to a coordinator that asks for it.
    void repeat_retained(CoordinatorIndex coordinator);
    // Nothing goes this way any more, although the connection stands.
    void block(const core::WorkerId& id, Way way);
    void unblock_all();
    // The broker forgets what it retained, and every connection breaks.
    void wipe();
    bool link_up(const core::WorkerId& id) const { return links_.at(id).up; }
    bool coordinator_link_up(CoordinatorIndex coordinator) const { return coordinators_[coordinator].up; }
    const NetworkCounters& counters() const { return counters_; }

  private:
    struct Link {
        WorkerInbox inbox;
        LinkHandler handler;
        bool up = false;
        std::array<bool, 2> blocked{};  // by Way
        std::uint64_t life = 0;         // grows with each break: deliveries of an earlier life are lost
        core::Alive will;
        std::optional<core::Message> retained_desired;
        std::map<std::size_t, core::Message> retained_up;  // by kind of body: reported, alive
    };
    struct CoordinatorEnd {
        CoordinatorInbox inbox;
        std::function<void()> linked;
        bool up = false;
        std::uint64_t life = 0;
    };

    void deliver_down(const core::WorkerId& id, const core::Message& message);
    void deliver_up(CoordinatorIndex to, const core::WorkerId& id, const core::Message& message);
    // `deliver(late)`: late copies ask only whether the connection stands now.
    template <class Deliver>
    void carry(Way way, const core::WorkerId& id, const core::Message& message, const Deliver& deliver);

    actors::Executor& executor_;
    Random& random_;
    Trace& trace_;
    NetworkFaults faults_;
    NetworkCounters counters_;
    std::map<core::WorkerId, Link> links_;
    std::vector<CoordinatorEnd> coordinators_;
};

}  // namespace antiphon::sim
