// A switch of Ethernet with a bad network behind each of its sockets: TAP devices, which the caller gives to network
// namespaces. The first is the uplink: what passes between it and another is delayed and lost; seeded, so that two runs
// see the same weather.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <queue>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr std::size_t frame_max = 2048;
constexpr std::size_t waiting_max = 20'000;  // frames; more are lost
constexpr std::int64_t second_ns = 1'000'000'000;
// A sleeper wakes some 100 us late on a virtual machine, which would be weather of our own: the last of a wait is
// awake.
constexpr std::int64_t awake_ns = 300'000;

struct Weather {
    double delay_ms = 0;
    double jitter_ms = 0;  // uniform in delay +/- jitter, each frame for itself
    bool triangular = false;
    double loss = 0;         // of 1, each way
    double burst_entry = 0;  // of 1: then frames are lost until the burst ends
    double burst_mean = 8;   // frames
    std::uint64_t seed = 1;
};

std::int64_t now_ns() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * second_ns + time.tv_nsec;
}

struct Waiting {
    std::int64_t due_ns;
    std::uint64_t order;
    std::size_t to;
    std::vector<std::byte> frame;
    bool operator>(const Waiting& other) const {
        return std::pair(due_ns, order) > std::pair(other.due_ns, other.order);
    }
};

class Switch {
  public:
    Switch(std::vector<int> sockets, const Weather& weather)
        : sockets_(std::move(sockets)), in_burst_(2 * sockets_.size()), weather_(weather), random_(weather.seed) {}

    [[noreturn]] void run() {
        std::vector<pollfd> looked_at;
        for (const int socket : sockets_) looked_at.push_back({socket, POLLIN, 0});
        while (true) {
            const auto wait_ns =
                waiting_.empty() ? second_ns : std::max<std::int64_t>(0, waiting_.top().due_ns - awake_ns - now_ns());
            const timespec wait{wait_ns / second_ns, wait_ns % second_ns};
            ppoll(looked_at.data(), looked_at.size(), &wait, nullptr);
            for (std::size_t from = 0; from < sockets_.size(); ++from)
                if (looked_at[from].revents != 0) take(from);
            deliver();
        }
    }

  private:
    using Address = std::array<std::byte, 6>;

    void take(std::size_t from) {
        std::array<std::byte, frame_max> frame;
        for (ssize_t size = 0; (size = read(sockets_[from], frame.data(), frame.size())) > 14;) {
            Address to, sender;
            std::copy_n(frame.begin(), 6, to.begin());
            std::copy_n(frame.begin() + 6, 6, sender.begin());
            known_[sender] = from;
            const auto place = known_.find(to);
            for (std::size_t other = 0; other < sockets_.size(); ++other)
                if (other != from && (place == known_.end() || place->second == other))
                    pass(from, other, std::span(frame).first(static_cast<std::size_t>(size)));
        }
    }

    void pass(std::size_t from, std::size_t to, std::span<const std::byte> frame) {
        const bool down = from == 0;
        if (lost(2 * (down ? to : from) + (down ? 1 : 0)) || waiting_.size() >= waiting_max) return;
        waiting_.push({now_ns() + delay_ns(), order_++, to, {frame.begin(), frame.end()}});
    }

    bool chance(double p) { return p > 0 && std::uniform_real_distribution<>(0, 1)(random_) < p; }
    // Gilbert's model where bursts are asked for.
    bool lost(std::size_t direction) {
        if (in_burst_[direction]) {
            in_burst_[direction] = !chance(1 / weather_.burst_mean);
            return true;
        }
        in_burst_[direction] = chance(weather_.burst_entry);
        return in_burst_[direction] || chance(weather_.loss);
    }
    std::int64_t delay_ns() {
        std::uniform_real_distribution<> unit(-1, 1);
        const double spread = weather_.triangular ? (unit(random_) + unit(random_)) / 2 : unit(random_);
        return static_cast<std::int64_t>(1e6 * std::max(0.0, weather_.delay_ms + weather_.jitter_ms * spread));
    }

    void deliver() {
        for (const auto now = now_ns(); !waiting_.empty() && waiting_.top().due_ns <= now; waiting_.pop()) {
            const auto& next = waiting_.top();
            if (write(sockets_[next.to], next.frame.data(), next.frame.size()) < 0 && errno != EAGAIN && errno != EIO)
                std::fprintf(stderr, "sync_switch: %s\n", std::strerror(errno));
        }
    }

    const std::vector<int> sockets_;
    std::vector<bool> in_burst_;  // of each socket, up and down
    const Weather weather_;
    std::mt19937_64 random_;
    std::map<Address, std::size_t> known_;
    std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
    std::uint64_t order_ = 0;
};

int open_tap(const std::string& name) {
    const int socket = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ifreq request{};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
    if (socket >= 0 && ioctl(socket, TUNSETIFF, &request) == 0) return socket;
    std::fprintf(stderr, "sync_switch: cannot make the device %s: %s\n", name.c_str(), std::strerror(errno));
    std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"A switch with a bad network in it, for bench/sync."};
    std::vector<std::string> names;
    Weather weather;
    app.add_option("TAP", names, "devices to make; the first is the uplink")->required();
    app.add_option("--delay", weather.delay_ms, "milliseconds, each way");
    app.add_option("--jitter", weather.jitter_ms, "milliseconds more or less");
    app.add_flag("--triangular", weather.triangular, "few frames are as quick as the quickest");
    app.add_option("--loss", weather.loss, "of 1, each way")->check(CLI::Range(0.0, 1.0));
    app.add_option("--burst-entry", weather.burst_entry, "of 1: how often frames begin to be lost in a row")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--burst-mean", weather.burst_mean, "how many in a row")->check(CLI::Range(1.0, 1e6));
    app.add_option("--seed", weather.seed);
    CLI11_PARSE(app, argc, argv);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    const sched_param first{1};
    sched_setscheduler(0, SCHED_FIFO, &first);  // where it is allowed
    std::vector<int> sockets;
    for (const auto& name : names) sockets.push_back(open_tap(name));
    std::puts("ready");
    std::fflush(stdout);
    Switch(std::move(sockets), weather).run();
}
