// The coordinator's side of the clock service: answers each probe at once.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>

#include "adapters/net/stamped_socket.hpp"
#include "ports/clock.hpp"

namespace antiphon::net {

struct ClockServerCounters {
    std::uint64_t answered = 0;
    std::uint64_t malformed = 0;  // no probe: size, magic, version, kind or content
    std::uint64_t unstamped = 0;  // answered, but without the kernel's stamp, so with our own delay in it
    std::uint64_t unsent = 0;     // the kernel did not take the answer
};

// One thread: that of the loop. Work per wake is bounded by `batches_max` batches of StampedSocket, so a flood of
// probes delays other handlers of the loop by at most a millisecond or so; what the kernel's buffer cannot hold is
// lost.
class ClockServer {
  public:
    static constexpr int batches_max = 4;

    // `clock` is the cluster clock of this incarnation and outlives the server.
    ClockServer(boost::asio::io_context& io, const ports::Clock& clock, core::ClockIncarnation incarnation);
    ~ClockServer();

    // `unavailable` when the port is taken. Port 0: the system chooses.
    core::Result<void> listen(const boost::asio::ip::udp::endpoint& local);
    boost::asio::ip::udp::endpoint local_endpoint() const;

    ClockServerCounters counters() const;

  private:
    class Service;

    std::shared_ptr<Service> service_;
};

}  // namespace antiphon::net
