// scale_listeners: many light receivers in one process, for bench/scale/run.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "adapters/json/json.hpp"
#include "adapters/system/open_files.hpp"
#include "bench/scale/listeners.hpp"

namespace antiphon::bench {

std::int64_t now_ns() noexcept {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

void rest() noexcept {
    const timespec a_millisecond{0, 1'000'000};
    nanosleep(&a_millisecond, nullptr);
}

namespace {

int run(int argc, char** argv) {
    CLI::App app{"Many light receivers of a live stream, for bench/scale. Prints what they heard as JSON."};
    Crowd crowd;
    std::uint16_t snapserver = 0;
    app.add_option("--listeners", crowd.listeners)->check(CLI::Range(1, 60'000));
    app.add_option("--settle", crowd.settle_s, "seconds until what comes is counted")->check(CLI::Range(1.0, 60.0));
    app.add_option("--seconds", crowd.seconds, "that are counted")->check(CLI::Range(1.0, 600.0));
    app.add_option("--snapserver", snapserver,
                   "its port on the loopback; without it, a stream of ours comes as JSON at "
                   "standard input");
    CLI11_PARSE(app, argc, argv);
    system::allow_open_files(crowd.listeners + 64);
    if (snapserver != 0) {
        std::puts(json::encode(listen_to_snapserver(snapserver, crowd)).c_str());
        return 0;
    }
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    const auto stream = json::decode<OurStream>(text);
    if (!stream) throw std::runtime_error(stream.error().within("standard input").what);
    std::puts(json::encode(listen_to_ours(*stream, crowd)).c_str());
    return 0;
}

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
    try {
        return antiphon::bench::run(argc, argv);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "scale_listeners: %s\n", failure.what());
        return 1;
    }
}
