// True time as the kernel keeps it.
#include "adapters/virtual_audio/true_time.hpp"

#include <cerrno>
#include <ctime>

namespace antiphon::virtual_audio {
namespace {

constexpr std::int64_t ns_per_second = 1'000'000'000;

std::int64_t read_clock_ns(clockid_t clock) noexcept {
    timespec now{};
    clock_gettime(clock, &now);
    return now.tv_sec * ns_per_second + now.tv_nsec;
}

class MachineTrueClock final : public TrueClock {
  public:
    TrueTime now() const noexcept override { return {read_clock_ns(CLOCK_MONOTONIC)}; }

    std::chrono::nanoseconds realtime() const noexcept override {
        return std::chrono::nanoseconds{read_clock_ns(CLOCK_REALTIME)};
    }

    void wait_until(TrueTime until) const noexcept override {
        if (until.ns <= 0) return;
        const timespec at{until.ns / ns_per_second, until.ns % ns_per_second};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
        }
    }
};

}  // namespace

const TrueClock& machine_true_clock() {
    static const MachineTrueClock clock;
    return clock;
}

}  // namespace antiphon::virtual_audio
