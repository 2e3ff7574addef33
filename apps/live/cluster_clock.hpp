// Cluster time as a clock of its own.
#pragma once

#include "media/clock_map.hpp"
#include "ports/clock.hpp"

namespace antiphon::live {

// What is local at another node's clock is cluster time at this one. The map has to be set before anything is asked,
// and goes on where it stands: a new one makes small steps. For one thread.
class ClusterClock final : public ports::Clock {
  public:
    // `local` outlives it.
    explicit ClusterClock(const ports::Clock& local) : local_(local) {}
    void set(const media::ClockMap& map) noexcept { map_ = map; }

    core::LocalTime now() const noexcept override { return cluster(local_.now()); }
    core::WallTime wall() const noexcept override { return local_.wall(); }
    core::LocalTime from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept override {
        return cluster(local_.from_kernel_stamp(realtime));
    }
    core::LocalTime from_steady(std::chrono::steady_clock::time_point stamp) const noexcept override {
        return cluster(local_.from_steady(stamp));
    }
    std::chrono::steady_clock::duration wait_for(core::LocalTime until) const noexcept override {
        return local_.wait_for(map_.to_local(until.ns));
    }

  private:
    core::LocalTime cluster(core::LocalTime at) const noexcept { return core::LocalTime{map_.to_cluster(at)}; }

    const ports::Clock& local_;
    media::ClockMap map_;
};

}  // namespace antiphon::live
