// What goes wrong in a run, drawn from its seed: the network, the disks, and a hand that strikes now and then.
#pragma once

#include "sim/cluster.hpp"

namespace antiphon::sim {

class Faults {
  public:
    Faults(Cluster& cluster, Random& random) : cluster_(cluster), random_(random) {}

    // Before anything runs.
    void draw();
    // Something happens to somebody.
    void strike();
    // All of it stops, and everybody is up again.
    void end();

    std::uint64_t pauses() const { return pauses_; }
    std::uint64_t wall_steps() const { return wall_steps_; }
    std::uint64_t restores() const { return restores_; }

  private:
    bool start_what_is_down();
    void crash_or_start_coordinator();
    void crash_or_start_worker();
    void break_or_mend_link();
    void break_or_mend_coordinator_link();
    void one_way();
    void pause_coordinator();
    void pause_worker();
    void wipe_broker();
    void fill_a_disk();
    void step_the_wall();
    void back_up_or_restore();
    void break_somebody();
    void change_members();
    void mend_link_later(const core::WorkerId& id, core::Duration low, core::Duration high);
    bool runs(const core::WorkerId& id);

    Cluster& cluster_;
    Random& random_;
    bool ended_ = false;
    std::uint64_t pauses_ = 0;
    std::uint64_t wall_steps_ = 0;
    std::uint64_t restores_ = 0;
    std::uint64_t newcomers_ = 0;
};

}  // namespace antiphon::sim
