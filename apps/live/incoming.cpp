// One timer for whatever is next: a deadline, a question, a greeting.
#include "apps/live/incoming.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <utility>

#include "adapters/net/stamped_socket.hpp"
#include "media/rtp/rtcp.hpp"

namespace antiphon::live {
namespace {

using boost::asio::ip::udp;

constexpr core::Duration greet_each = std::chrono::seconds(1);
constexpr core::Duration greet_first_each = std::chrono::milliseconds(50);  // until something comes
constexpr core::Duration flows_within = std::chrono::milliseconds(500);
// Packets may wait for those behind them as long as that leaves most of the latency for repairs.
constexpr core::Duration gather_max = std::chrono::milliseconds(10);
constexpr int gather_part = 6;

udp::endpoint any_port(const udp::endpoint& like) { return {like.protocol(), 0}; }

bool is_control(std::span<const std::byte> datagram) {
    const auto type = datagram.size() > 1 ? std::to_integer<unsigned>(datagram[1]) : 0;
    return type >= 192 && type <= 223;  // RFC 5761, 4
}

}  // namespace

// Outlives the Incoming while a handler of the loop refers to it; then its socket is closed.
class Incoming::Service : public std::enable_shared_from_this<Service> {
  public:
    Service(boost::asio::io_context& io, const ports::Clock& clock, const Stream& stream,
            std::optional<udp::endpoint> from, const IncomingSettings& settings, Heard heard,
            std::unique_ptr<media::PacketDecoder> decoder, srtp::Sealer sealer, srtp::Opener opener)
        : clock_(clock),
          stream_(stream),
          learns_sender_(!from),
          from_(std::move(from)),
          ssrc_(settings.ssrc),
          heard_(std::move(heard)),
          decoder_(std::move(decoder)),
          sealer_(std::move(sealer)),
          opener_(std::move(opener)),
          receiver_(*decoder_,
                    {.channels = stream.channels,
                     .packet_frames = stream.identity.packet_frames,
                     .first_frame = first_frame(stream),
                     .fade_frames = std::min(120, stream.identity.packet_frames)},
                    {.latency = settings.latency, .gather = std::min(gather_max, settings.latency / gather_part)}),
          listener_(stream.identity, receiver_, settings.ssrc),
          datagram_(net::StampedSocket::audio_bytes),
          socket_(io, net::StampedSocket::audio_bytes),
          timer_(io) {}

    core::Result<void> begin(const udp::endpoint& local) {
        if (auto opened = socket_.open(local); !opened) return opened;
        work();
        return {};
    }
    void end() {
        rtp::ControlWriter writer(datagram_);
        writer.report(rtp::ReceiverReport{ssrc_});
        writer.goodbye(ssrc_);
        send_control(writer.size());
        socket_.close();
        timer_.cancel();
    }

    void set_start(core::ClusterTime start) { stream_.start = start; }
    void set_clock(const media::ClockMap& map) {
        if (map.incarnation != stream_.start.incarnation) return;
        const auto period_ns = static_cast<double>(stream_.period().count());
        departures_ = media::Departures{0, map.to_local(stream_.first_departure_ns()), period_ns / map.rate()};
        if (begun_) return receiver_.follow(departures_);
        begun_ = true;
        receiver_.begin(std::max<std::int64_t>(0, departures_.last_at(clock_.now()) + 1), departures_);
        for (const auto& [window, epoch] : waiting_) receiver_.add(*window, epoch);
        waiting_.clear();
        work();
    }
    void add(media::PcmWindow& window, std::uint64_t epoch) {
        if (begun_)
            receiver_.add(window, epoch);
        else
            waiting_[&window] = epoch;
    }
    void remove(media::PcmWindow& window) {
        receiver_.remove(window);
        waiting_.erase(&window);
    }
    udp::endpoint local_endpoint() const { return socket_.local_endpoint(); }
    bool flows() const { return came_ && clock_.now() - *came_ < flows_within; }
    IncomingCounters counters() const {
        auto counters = counters_;
        counters.receiver = receiver_.counters();
        counters.listener = listener_.counters();
        counters.opened = opener_.counters();
        return counters;
    }

  private:
    void wait_to_receive() {
        if (std::exchange(waits_, true)) return;
        socket_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            self->waits_ = false;
            if (!error && self->socket_.is_open()) self->work();
        });
    }

    void hear(const net::Datagram& datagram) {
        if (!learns_sender_ && datagram.from != from_) return void(++counters_.strangers);
        const auto at = datagram.realtime ? clock_.from_kernel_stamp(*datagram.realtime) : clock_.now();
        auto bytes = datagram.bytes;
        if (is_control(bytes)) return void(opener_.open_rtcp(bytes));  // its reports say what the packets say
        if (datagram.cut || !begun_) return;  // without the time nobody can tell which packet it is
        const auto index = index_of(stream_, bytes, departures_.last_at(at));
        if (!index) return void(++counters_.strangers);
        if (opener_.open_rtp(bytes, *index) != srtp::Opened::good) return;
        came_ = at;
        if (learns_sender_) from_ = datagram.from;
        const auto told = listener_.take(bytes, at, departures_);
        if (told && told->departure_ns && heard_) heard_(*told->departure_ns, at);
    }

    // What has come, then what is due now: after a standstill nothing is given up that waits in the socket. Then it
    // waits for what is next.
    void work() {
        for (bool more = true; more;) {
            const auto batch = socket_.receive();
            for (const auto& datagram : batch) hear(datagram);
            more = batch.size() == net::StampedSocket::batch_max;
        }
        const auto now = clock_.now();
        if (begun_) {
            receiver_.advance(now);
            ask(now);
        }
        if (now >= next_greeting_) {
            send_control(listener_.greet(datagram_));
            next_greeting_ = now + (flows() ? greet_each : greet_first_each);
        }
        auto next = next_greeting_;
        if (begun_) next = std::min({next, receiver_.next_due(), receiver_.next_ask(now)});
        // What comes otherwise is soon enough when the timer is.
        if (!begun_ || !flows() || receiver_.wants(now))
            wait_to_receive();
        else if (!waits_)
            socket_.rest();
        timer_.expires_after(clock_.wait_for(next));
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && self->socket_.is_open()) self->work();
        });
    }

    void ask(core::LocalTime now) {
        const auto size = listener_.ask(now, datagram_);
        if (size == 0) return;
        ++counters_.questions;
        send_control(size);
    }

    void send_control(std::size_t size) {
        if (!from_) return;
        const auto sealed = sealer_.seal_rtcp(datagram_, size);
        if (!socket_.send(std::span(datagram_).first(sealed), *from_)) ++counters_.unsent;
    }

    const ports::Clock& clock_;
    Stream stream_;
    const bool learns_sender_;
    std::optional<udp::endpoint> from_;  // the sender
    const std::uint32_t ssrc_;
    const Heard heard_;
    const std::unique_ptr<media::PacketDecoder> decoder_;
    srtp::Sealer sealer_;
    srtp::Opener opener_;
    media::LiveReceiver receiver_;
    media::LiveListener listener_;
    media::Departures departures_;
    bool begun_ = false;
    bool waits_ = false;                                  // for the socket
    std::map<media::PcmWindow*, std::uint64_t> waiting_;  // for the first clock map; with the epoch of each
    std::vector<std::byte> datagram_;                     // sealed in place
    net::StampedSocket socket_;
    boost::asio::steady_timer timer_;
    core::LocalTime next_greeting_;
    std::optional<core::LocalTime> came_;  // the last packet
    IncomingCounters counters_;
};

core::Result<std::shared_ptr<Incoming::Service>> Incoming::make(boost::asio::io_context& io, const ports::Clock& clock,
                                                                const Stream& stream, std::optional<udp::endpoint> from,
                                                                const IncomingSettings& settings, Heard heard) {
    auto decoder = make_decoder(stream);
    if (!decoder) return decoder.error();
    auto sealer = srtp::Sealer::open(stream.key);
    auto opener = srtp::Opener::open(stream.key);
    if (!sealer) return sealer.error();
    if (!opener) return opener.error();
    return std::make_shared<Service>(io, clock, stream, std::move(from), settings, std::move(heard),
                                     std::move(*decoder), std::move(*sealer), std::move(*opener));
}

core::Result<std::unique_ptr<Incoming>> Incoming::open(boost::asio::io_context& io, const ports::Clock& clock,
                                                       const Stream& stream, const udp::endpoint& from,
                                                       const IncomingSettings& settings, Heard heard) {
    auto service = make(io, clock, stream, from, settings, std::move(heard));
    if (!service) return service.error();
    if (auto begun = (*service)->begin(any_port(from)); !begun) return begun.error();
    return std::unique_ptr<Incoming>(new Incoming(std::move(*service)));
}

core::Result<std::unique_ptr<Incoming>> Incoming::await(boost::asio::io_context& io, const ports::Clock& clock,
                                                        const Stream& stream, const udp::endpoint& local,
                                                        const IncomingSettings& settings) {
    auto service = make(io, clock, stream, std::nullopt, settings, {});
    if (!service) return service.error();
    if (auto begun = (*service)->begin(local); !begun) return begun.error();
    return std::unique_ptr<Incoming>(new Incoming(std::move(*service)));
}

Incoming::~Incoming() { service_->end(); }
void Incoming::set_start(core::ClusterTime start) { service_->set_start(start); }
void Incoming::set_clock(const media::ClockMap& map) { service_->set_clock(map); }
void Incoming::add(media::PcmWindow& window, std::uint64_t epoch) { service_->add(window, epoch); }
void Incoming::remove(media::PcmWindow& window) { service_->remove(window); }
udp::endpoint Incoming::local_endpoint() const { return service_->local_endpoint(); }
bool Incoming::flows() const { return service_->flows(); }
IncomingCounters Incoming::counters() const { return service_->counters(); }

}  // namespace antiphon::live
