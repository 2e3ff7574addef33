// Waits in poll, so that a stop need not wait for a turn.
#include "actors/device_thread.hpp"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "core/contract.hpp"

namespace antiphon::actors {
namespace {

constexpr int priority = 10;  // of 1 to 99: above all ordinary work, below the kernel's threads

void wait(int wake, std::chrono::nanoseconds at_most) {
    pollfd ends{wake, POLLIN, 0};
    const timespec left{static_cast<time_t>(at_most.count() / 1'000'000'000),
                        static_cast<long>(at_most.count() % 1'000'000'000)};
    ::ppoll(&ends, 1, &left, nullptr);
}

}  // namespace

void ask_for_device_priority() {
    const sched_param wanted{priority};
    pthread_setschedparam(pthread_self(), SCHED_RR, &wanted);
}

void DeviceThread::start(std::function<std::chrono::nanoseconds()> turn) {
    wake_ = ::eventfd(0, EFD_CLOEXEC);
    ANTIPHON_ASSERT(wake_ >= 0);
    thread_ = std::jthread([this, turn = std::move(turn)](const std::stop_token& stopping) {
        ask_for_device_priority();
        while (!stopping.stop_requested()) wait(wake_, turn());
    });
}

void DeviceThread::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    ::eventfd_write(wake_, 1);
    thread_.join();
    ::close(wake_);
}

}  // namespace antiphon::actors
