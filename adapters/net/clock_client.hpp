// A worker's side of the clock service: asks in a rhythm and delivers what comes back.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "media/probe_schedule.hpp"
#include "ports/clock.hpp"
#include "ports/random.hpp"

namespace antiphon::net {

// One question and its answer: t1 and t4 of the local clock, t2 and t3 of the cluster clock of this incarnation.
struct ClockExchange {
    core::ClockIncarnation incarnation;
    core::LocalTime t1;      // probe sent: given to the network's device, where the kernel tells
    std::int64_t t2_ns = 0;  // probe received
    std::int64_t t3_ns = 0;  // answer sent
    core::LocalTime t4;      // answer received
};

struct ClockClientCounters {
    std::uint64_t probes = 0;
    std::uint64_t unsent = 0;      // no route, no buffer
    std::uint64_t departures = 0;  // probes whose leaving the kernel has told
    std::uint64_t exchanges = 0;   // delivered
    std::uint64_t duplicates = 0;  // the probe was answered before
    std::uint64_t late = 0;        // older than `answer_within`
    std::uint64_t strangers = 0;   // from another address, or to a question we did not ask
    std::uint64_t malformed = 0;
    std::uint64_t unstamped = 0;  // delivered without the kernel's stamp
    std::uint64_t lookups = 0;    // of the server's name
};

struct ClockClientSettings {
    media::ProbeRhythm rhythm;
    core::Duration answer_within = std::chrono::seconds{4};
    core::Duration silence_max = std::chrono::seconds{10};  // then the server's name is looked up again;
    // after 1 s if it never answered
};

// One thread: that of the loop, and of the handler. Remembers the last `questions_max` probes; older ones are forgotten
// and their answers count as strangers.
class ClockClient {
  public:
    static constexpr std::size_t questions_max = 256;

    using Handler = std::function<void(const ClockExchange&)>;

    // `clock` outlives the client. `random` makes the nonces, which keep strangers from answering.
    ClockClient(boost::asio::io_context& io, const ports::Clock& clock, ports::RandomBytes random, Handler handler,
                const ClockClientSettings& settings = {});
    ~ClockClient();

    // Asks this server from now on, starting with a burst; another one was asked before: it becomes a stranger. The
    // name is looked up off the loop, and again for as long as that fails or the server stays silent.
    void ask(const std::string& host, std::uint16_t port);

    // See media::ProbeSchedule::pace.
    void pace(core::Duration sampling_error);

    // Starts the rhythm anew with a burst, for a new incarnation or after a suspend. Nothing before ask().
    void burst();

    ClockClientCounters counters() const;

  private:
    class Service;

    std::shared_ptr<Service> service_;
};

}  // namespace antiphon::net
