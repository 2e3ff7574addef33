// Receive in batches, stamp, answer.
#include "adapters/net/clock_server.hpp"

#include "adapters/net/clock_packet.hpp"

namespace antiphon::net {

// Outlives the ClockServer while a handler of the loop refers to it; then its socket is closed.
class ClockServer::Service : public std::enable_shared_from_this<Service> {
  public:
    Service(boost::asio::io_context& io, const ports::Clock& clock, core::ClockIncarnation incarnation)
        : clock_(clock), incarnation_(incarnation), socket_(io, StampedSocket::clock_bytes) {}

    void wait() {
        socket_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || !self->socket_.is_open()) return;
            self->work();
            self->wait();
        });
    }

    void work() {
        for (int i = 0; i < batches_max; ++i) {
            const auto batch = socket_.receive();
            for (const auto& datagram : batch) answer(datagram);
            if (batch.size() < StampedSocket::batch_max) return;
        }
    }

    void answer(const Datagram& datagram) {
        const auto probe = datagram.cut ? std::nullopt : decode_clock_packet(datagram.bytes);
        if (!probe || probe->kind != ClockPacketKind::probe) {
            ++counters_.malformed;
            return;
        }
        ClockPacket reply = *probe;
        reply.kind = ClockPacketKind::answer;
        reply.incarnation = incarnation_.value;
        reply.t2_ns = (datagram.realtime ? clock_.from_kernel_stamp(*datagram.realtime) : clock_.now()).ns;
        if (!datagram.realtime) ++counters_.unstamped;
        reply.t3_ns = clock_.now().ns;
        const bool sent = socket_.send(encode(reply), datagram.from, datagram.arrived_at);
        ++(sent ? counters_.answered : counters_.unsent);
    }

    const ports::Clock& clock_;
    const core::ClockIncarnation incarnation_;
    StampedSocket socket_;
    ClockServerCounters counters_;
};

ClockServer::ClockServer(boost::asio::io_context& io, const ports::Clock& clock, core::ClockIncarnation incarnation)
    : service_(std::make_shared<Service>(io, clock, incarnation)) {}

ClockServer::~ClockServer() { service_->socket_.close(); }

core::Result<void> ClockServer::listen(const boost::asio::ip::udp::endpoint& local) {
    auto opened = service_->socket_.open(local);
    if (opened) service_->wait();
    return opened;
}

boost::asio::ip::udp::endpoint ClockServer::local_endpoint() const { return service_->socket_.local_endpoint(); }

ClockServerCounters ClockServer::counters() const { return service_->counters_; }

}  // namespace antiphon::net
