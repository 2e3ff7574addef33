// A timer for each packet; between them it hears who listens and what is missing there.
#include "apps/live/outgoing.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>

#include "adapters/net/stamped_socket.hpp"
#include "media/rtp/rtcp.hpp"

namespace antiphon::live {
namespace {

using boost::asio::ip::udp;

constexpr std::int64_t behind_max = 100;  // packets that are made up for at once; more are skipped
constexpr core::Duration report_each = std::chrono::seconds(2);
constexpr std::size_t asked_max = 64;

}  // namespace

// Outlives the Outgoing while a handler of the loop refers to it; then its socket is closed.
class Outgoing::Service : public std::enable_shared_from_this<Service> {
  public:
    Service(boost::asio::io_context& io, const ports::Clock& clock, const Stream& stream, Source source,
            std::unique_ptr<media::PacketEncoder> encoder, srtp::Sealer sealer, srtp::Opener opener)
        : clock_(clock),
          stream_(stream),
          source_(std::move(source)),
          encoder_(std::move(encoder)),
          sealer_(std::move(sealer)),
          opener_(std::move(opener)),
          sender_(stream.identity, *encoder_),
          frames_(static_cast<std::size_t>(stream.identity.packet_frames * stream.channels)),
          datagram_(net::StampedSocket::audio_bytes),
          socket_(io, net::StampedSocket::audio_bytes),
          timer_(io) {}

    core::Result<void> listen(const udp::endpoint& local) {
        if (auto opened = socket_.open(local); !opened) return opened;
        wait_to_receive();
        return {};
    }
    void begin(core::ClusterTime start) {
        stream_.start = start;
        sender_.skip_to(due_number() + 1);
        wait_to_send();
    }
    void send_always_to(const udp::endpoint& listener) {
        always_ = listener;
        list_everybody();
    }
    void end() {
        socket_.close();
        timer_.cancel();
    }
    udp::endpoint local_endpoint() const { return socket_.local_endpoint(); }
    OutgoingCounters counters() const {
        auto counters = counters_;
        counters.sender = sender_.counters();
        counters.opened = opener_.counters();
        counters.listeners = listeners_.size();
        return counters;
    }

  private:
    core::LocalTime departure(std::int64_t number) const {
        return core::LocalTime{stream_.first_departure_ns()} + number * stream_.period();
    }
    // The last packet whose departure is past.
    std::int64_t due_number() const {
        const auto since = clock_.now().ns - stream_.first_departure_ns();
        return since < 0 ? -1 : since / stream_.period().count();
    }

    void wait_to_send() {
        timer_.expires_after(clock_.wait_for(departure(sender_.next_number())));
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || !self->socket_.is_open()) return;
            self->send_due();
            self->wait_to_send();
        });
    }

    void send_due() {
        const auto due = due_number();
        if (due - sender_.next_number() > behind_max) {
            counters_.skipped += static_cast<std::uint64_t>(due - sender_.next_number());
            sender_.skip_to(due);
        }
        while (sender_.next_number() <= due) {
            if (!source_(sender_.next_number() * stream_.identity.packet_frames, frames_)) {
                sender_.skip_to(sender_.next_number() + 1);
                continue;
            }
            sender_.load(frames_);
            const auto now = clock_.now();
            send(sender_.next(everybody_.size(), now.ns, now), everybody_);
            take_turns();
        }
        report_when_due();
    }

    void send(std::span<const std::byte> packet, std::span<const udp::endpoint> to, bool control = false) {
        if (packet.empty() || to.empty()) return;
        std::copy(packet.begin(), packet.end(), datagram_.begin());
        const auto size = control ? sealer_.seal_rtcp(datagram_, packet.size()) : seal(packet);
        const auto taken = socket_.send_to_all(std::span(datagram_).first(size), to);
        counters_.unsent += to.size() - taken;
    }

    // The kernel takes some microseconds for each: nobody shall always be the last.
    void take_turns() {
        if (everybody_.size() > 1) std::rotate(everybody_.begin(), everybody_.begin() + 1, everybody_.end());
    }

    std::size_t seal(std::span<const std::byte> packet) {
        const auto index = index_of(stream_, packet, sender_.next_number());
        return sealer_.seal_rtp(datagram_, packet.size(), index.value_or(0));
    }

    void report_when_due() {
        const auto now = clock_.now();
        if (now - reported_ < report_each) return;
        reported_ = now;
        forget_silent();
        send(sender_.report(now.ns, "antiphon"), everybody_, true);
    }

    void wait_to_receive() {
        socket_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || !self->socket_.is_open()) return;
            for (const auto& datagram : self->socket_.receive()) self->hear(datagram);
            self->wait_to_receive();
        });
    }

    void hear(const net::Datagram& datagram) {
        auto bytes = datagram.bytes;
        if (datagram.cut || opener_.open_rtcp(bytes) != srtp::Opened::good) return;
        media_control(bytes, datagram.from);
    }

    void media_control(std::span<const std::byte> bytes, const udp::endpoint& from) {
        rtp::ControlReader reader(bytes);
        bool any = false;
        while (const auto control = reader.next()) {
            any = true;
            if (std::holds_alternative<rtp::ReceiverReport>(*control)) greet(from);
            if (const auto* nack = std::get_if<rtp::Nack>(&*control)) repair(*nack, from);
            if (std::holds_alternative<rtp::Goodbye>(*control)) leave(from);
        }
        if (!any) ++counters_.malformed;
    }

    void greet(const udp::endpoint& from) {
        const bool known = listeners_.contains(from);
        if (!known && listeners_.size() >= listeners_max) return void(++counters_.refused);
        listeners_[from] = clock_.now();
        if (!known) list_everybody();
    }
    void leave(const udp::endpoint& from) {
        if (listeners_.erase(from) > 0) list_everybody();
    }
    void forget_silent() {
        const auto now = clock_.now();
        if (std::erase_if(listeners_, [&](const auto& entry) { return now - entry.second > silent_after; }) > 0)
            list_everybody();
    }
    void list_everybody() {
        everybody_.clear();
        if (always_) everybody_.push_back(*always_);
        for (const auto& [endpoint, heard] : listeners_)
            if (endpoint != always_) everybody_.push_back(endpoint);
    }

    void repair(const rtp::Nack& nack, const udp::endpoint& from) {
        if (nack.media_ssrc != stream_.identity.ssrc) return;
        std::array<std::uint16_t, asked_max> sequences{};
        const auto count = nack.sequences(sequences);
        for (std::size_t i = 0; i < count; ++i) {
            const auto now = clock_.now();
            send(sender_.again(sequences[i], now.ns, now), std::span(&from, 1));
        }
    }

    const ports::Clock& clock_;
    Stream stream_;
    const Source source_;
    const std::unique_ptr<media::PacketEncoder> encoder_;
    srtp::Sealer sealer_;
    srtp::Opener opener_;
    media::LiveSender sender_;
    std::vector<float> frames_;
    std::vector<std::byte> datagram_;  // sealed in place
    net::StampedSocket socket_;
    boost::asio::steady_timer timer_;
    std::map<udp::endpoint, core::LocalTime> listeners_;  // when each last spoke
    std::optional<udp::endpoint> always_;                 // who need not speak
    std::vector<udp::endpoint> everybody_;                // all of them
    core::LocalTime reported_;
    OutgoingCounters counters_;
};

core::Result<std::unique_ptr<Outgoing>> Outgoing::open(boost::asio::io_context& io, const ports::Clock& clock,
                                                       const Stream& stream, const udp::endpoint& local,
                                                       Source source) {
    auto encoder = make_encoder(stream);
    if (!encoder) return encoder.error();
    auto sealer = srtp::Sealer::open(stream.key);
    auto opener = srtp::Opener::open(stream.key);
    if (!sealer) return sealer.error();
    if (!opener) return opener.error();
    auto service = std::make_shared<Service>(io, clock, stream, std::move(source), std::move(*encoder),
                                             std::move(*sealer), std::move(*opener));
    if (auto begun = service->listen(local); !begun) return begun.error();
    return std::unique_ptr<Outgoing>(new Outgoing(std::move(service)));
}

void Outgoing::begin(core::ClusterTime start) { service_->begin(start); }
void Outgoing::send_always_to(const udp::endpoint& listener) { service_->send_always_to(listener); }
Outgoing::~Outgoing() { service_->end(); }
udp::endpoint Outgoing::local_endpoint() const { return service_->local_endpoint(); }
OutgoingCounters Outgoing::counters() const { return service_->counters(); }

}  // namespace antiphon::live
