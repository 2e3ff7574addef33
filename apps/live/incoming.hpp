// Receives one live stream for the outputs of a board.
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "apps/live/stream.hpp"
#include "media/clock_map.hpp"
#include "media/live/live_listener.hpp"
#include "ports/clock.hpp"

namespace antiphon::live {

struct IncomingSettings {
    // From a packet's departure to its deadline: the stream's whole latency less what its packets, the device and its
    // fades take.
    core::Duration latency = std::chrono::milliseconds(100);
    std::uint32_t ssrc = 0;  // random, another for each listener
};

struct IncomingCounters {
    media::LiveCounters receiver;
    media::ListenerCounters listener;
    srtp::Counters opened;
    std::uint64_t questions = 0;  // datagrams that asked for packets
    std::uint64_t strangers = 0;  // datagrams from elsewhere than the sender's address, or of another source
    std::uint64_t unsent = 0;
};

// Greets the sender, asks for what is missing, and feeds the windows of who listens. Until the first clock map it only
// greets. Not thread-safe: for one loop, which shall do nothing that blocks.
class Incoming {
  public:
    // A packet left at this cluster time and came at that local one, by the kernel's stamp: a probe of the clock.
    using Heard = std::function<void(std::int64_t departure_ns, core::LocalTime at)>;

    // `invalid` for a stream that its codec does not have; `unavailable` without a socket. `clock` outlives it.
    static core::Result<std::unique_ptr<Incoming>> open(boost::asio::io_context& io, const ports::Clock& clock,
                                                        const Stream& stream,
                                                        const boost::asio::ip::udp::endpoint& from,
                                                        const IncomingSettings& settings, Heard heard = {});
    // One whose sender is not known and sends by itself: where its packets come from, it is.
    static core::Result<std::unique_ptr<Incoming>> await(boost::asio::io_context& io, const ports::Clock& clock,
                                                         const Stream& stream,
                                                         const boost::asio::ip::udp::endpoint& local,
                                                         const IncomingSettings& settings);
    // Says goodbye.
    ~Incoming();
    Incoming(const Incoming&) = delete;
    Incoming& operator=(const Incoming&) = delete;

    // Another time than the stream was opened with; before the first clock map.
    void set_start(core::ClusterTime start);
    // One of another incarnation than the stream's is not followed: the last one of its own is, until the stream ends.
    void set_clock(const media::ClockMap& map);

    // See LiveReceiver::add; before the first clock map it waits for that.
    void add(media::PcmWindow& window, std::uint64_t epoch);
    void remove(media::PcmWindow& window);

    boost::asio::ip::udp::endpoint local_endpoint() const;
    // Something came lately.
    bool flows() const;
    IncomingCounters counters() const;

  private:
    class Service;
    static core::Result<std::shared_ptr<Service>> make(boost::asio::io_context& io, const ports::Clock& clock,
                                                       const Stream& stream,
                                                       std::optional<boost::asio::ip::udp::endpoint> from,
                                                       const IncomingSettings& settings, Heard heard);
    explicit Incoming(std::shared_ptr<Service> service) : service_(std::move(service)) {}

    std::shared_ptr<Service> service_;
};

}  // namespace antiphon::live
