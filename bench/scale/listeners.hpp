// Light receivers of a live stream, many in one process: they take what comes, count it and decode nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/documents.hpp"

namespace antiphon::bench {

struct Crowd {
    std::size_t listeners = 100;
    double settle_s = 3;  // until what comes is counted: they arrive one after the other within the first second
    double seconds = 10;  // that are counted
};

// What it is like to be one of them.
struct Heard {
    std::size_t listeners = 0;
    double packets_per_s = 0;    // each should get
    double bytes_per_s = 0;      // each got, of datagrams or of the stream
    std::size_t unserved = 0;    // listeners that got nothing, or were cut off
    double missing_percent = 0;  // of all packets
    double age_p50_ms = 0;       // since a packet was due to leave
    double age_p99_ms = 0;
    double age_max_ms = 0;
    std::uint64_t authentic = 0;  // packets of one of them that were opened with the key, and were what they should be
    std::uint64_t answers = 0;    // to questions for the time
};
BOOST_DESCRIBE_STRUCT(Heard, (),
                      (listeners, packets_per_s, bytes_per_s, unserved, missing_percent, age_p50_ms, age_p99_ms,
                       age_max_ms, authentic, answers))

// How old packets were when they came, to a tenth of a millisecond.
class Ages {
  public:
    void add(std::int64_t age_ns) noexcept {
        const auto bin = static_cast<std::size_t>(std::max<std::int64_t>(0, age_ns) / bin_ns);
        ++bins_[std::min(bin, bins_.size() - 1)];
        ++count_;
        max_ns_ = std::max(max_ns_, age_ns);
    }
    std::uint64_t count() const noexcept { return count_; }
    double percentile_ms(double part) const noexcept {
        const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t bin = 0; bin < bins_.size(); ++bin)
            if ((seen += bins_[bin]) > wanted) return static_cast<double>(bin) * (bin_ns / 1e6);
        return 0;
    }
    double max_ms() const noexcept { return static_cast<double>(max_ns_) / 1e6; }

  private:
    static constexpr std::int64_t bin_ns = 100'000;
    std::vector<std::uint64_t> bins_ = std::vector<std::uint64_t>(100'000);  // the last: ten seconds and more
    std::uint64_t count_ = 0;
    std::int64_t max_ns_ = 0;
};

// How to listen to a session of ours on this machine, which a worker's document tells.
struct OurStream {
    core::LiveDoor door;
    std::int64_t begins_ns = 0;  // cluster time, which is this machine's
    std::uint16_t clock_port = 0;
};
BOOST_DESCRIBE_STRUCT(OurStream, (), (door, begins_ns, clock_port))

// Listeners on addresses of their own in 127/8; each greets each second and asks for the time ten times a second, as a
// worker does. Throws std::runtime_error when this machine does not let it.
Heard listen_to_ours(const OurStream& stream, const Crowd& crowd);

// Clients of a snapserver on the loopback: each says hello, takes its chunks and asks for the time each second.
Heard listen_to_snapserver(std::uint16_t port, const Crowd& crowd);

std::int64_t now_ns() noexcept;  // CLOCK_MONOTONIC

// Between looks: who waits for each packet is woken by its sender, which is not the sender's burden where listeners are
// on other machines.
void rest() noexcept;

}  // namespace antiphon::bench
