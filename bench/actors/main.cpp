// actors_bench: our actors beside CAF's, in one run: messages a second on one thread, bytes of an idle actor.
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "bench/actors/peer.hpp"

namespace antiphon::bench {

double bytes_in_use() {
    const auto info = mallinfo2();
    return static_cast<double>(info.uordblks + info.hblkhd);
}

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

namespace {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct Runs {
    std::vector<double> messages_per_s;
    std::vector<double> bytes_per_actor;
    void add(const Measured& measured) {
        messages_per_s.push_back(measured.messages_per_s);
        bytes_per_actor.push_back(measured.bytes_per_actor);
    }
};

int compare(std::uint64_t rounds, std::uint64_t actors, int runs) {
    Runs ours;
    Runs peer;
    // In turn, so that a busy machine is busy for both.
    for (int i = 0; i < runs; ++i) {
        ours.add(measure_ours(rounds, actors));
        peer.add(measure_caf(rounds, actors));
    }
    const double our_rate = median(ours.messages_per_s);
    const double peer_rate = median(peer.messages_per_s);
    const double our_bytes = median(ours.bytes_per_actor);
    const double peer_bytes = median(peer.bytes_per_actor);
    double load[1] = {};
    (void)getloadavg(load, 1);
    std::printf("medians of %d runs, load %.1f\n\n", runs, load[0]);
    std::printf("%-28s %14s %14s %10s\n", "", "Antiphon", "CAF 0.17", "ratio");
    std::printf("%-28s %14.0f %14.0f %9.1fx\n", "ping-pong, messages/s", our_rate, peer_rate,
                peer_rate > 0 ? our_rate / peer_rate : 0);
    std::printf("%-28s %14.0f %14.0f %9.2fx\n", "idle actor, bytes", our_bytes, peer_bytes,
                peer_bytes > 0 ? our_bytes / peer_bytes : 0);
    if (peer_rate == 0) std::puts("built without CAF (libcaf-dev): nothing to compare with");
    return 0;
}

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
    const bool smoke = argc == 2 && std::strcmp(argv[1], "--smoke") == 0;
    if (argc > 1 && !smoke) {
        std::fprintf(stderr, "usage: actors_bench [--smoke]\n");
        return 2;
    }
    return smoke ? antiphon::bench::compare(20'000, 1'000, 1) : antiphon::bench::compare(3'000'000, 100'000, 5);
}
