// Sends one live stream to all who ask for it, in time.
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "apps/live/stream.hpp"
#include "ports/clock.hpp"

namespace antiphon::live {

struct OutgoingCounters {
    media::SenderCounters sender;
    srtp::Counters opened;        // of what listeners said
    std::uint64_t malformed = 0;  // no RTCP
    std::uint64_t unsent = 0;     // datagrams that the kernel did not take
    std::uint64_t skipped = 0;    // packets that were not made: this machine stood still too long
    std::uint64_t refused = 0;    // listeners beyond the bound
    std::size_t listeners = 0;    // now
};

// On the cluster clock's own node, whose local time is cluster time. Who wants to listen greets (a receiver report) at
// least each silent_after, from the address to send to. Not thread-safe: for one loop, which shall do nothing that
// blocks.
class Outgoing {
  public:
    static constexpr std::size_t listeners_max = 4096;
    static constexpr core::Duration silent_after = std::chrono::seconds(5);

    // The frames of the stream from `first` on, a packet's worth, interleaved; called on the loop when they are due.
    // After a standstill some may be skipped. False: there are none, and no packet is made of them.
    using Source = std::function<bool(core::FrameCount first, std::span<float> frames)>;

    // Hears who wants to listen, and sends nothing yet. `invalid` for a stream that its codec does not have,
    // `unavailable` when the port is taken. `clock` outlives it. The stream's start is not looked at.
    static core::Result<std::unique_ptr<Outgoing>> open(boost::asio::io_context& io, const ports::Clock& clock,
                                                        const Stream& stream,
                                                        const boost::asio::ip::udp::endpoint& local, Source source);
    ~Outgoing();
    Outgoing(const Outgoing&) = delete;
    Outgoing& operator=(const Outgoing&) = delete;

    // Once: frame 0 comes from its source then. In the past, it begins with the packet that is due now.
    void begin(core::ClusterTime start);

    // This one listens without a greeting, for ever.
    void send_always_to(const boost::asio::ip::udp::endpoint& listener);

    boost::asio::ip::udp::endpoint local_endpoint() const;
    OutgoingCounters counters() const;

  private:
    class Service;
    explicit Outgoing(std::shared_ptr<Service> service) : service_(std::move(service)) {}

    std::shared_ptr<Service> service_;
};

}  // namespace antiphon::live
