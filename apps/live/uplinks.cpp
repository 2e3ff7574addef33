// The device's thread fills the flow, the side's empties it when a packet is due.
#include "apps/live/uplinks.hpp"

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "adapters/system/log.hpp"
#include "apps/live/capture_flow.hpp"
#include "apps/live/cluster_clock.hpp"
#include "apps/live/door.hpp"
#include "apps/live/outgoing.hpp"

namespace antiphon::live {
namespace {

namespace log = system::log;
using boost::asio::ip::udp;

constexpr std::chrono::seconds try_again_after{2};

bool gives(media::SourcePhase phase) {
    return phase == media::SourcePhase::flowing || phase == media::SourcePhase::starved;
}

}  // namespace

// One input on its way. Handlers of what was left meanwhile find it gone.
class Uplinks::Sending : public std::enable_shared_from_this<Uplinks::Sending> {
  public:
    Sending(boost::asio::io_context& io, const ports::Clock& clock, core::DesiredUplink uplink, const Stream& stream,
            std::shared_ptr<CaptureFlow> flow)
        : io_(io),
          clock_(clock),
          cluster_(clock),
          uplink_(std::move(uplink)),
          stream_(stream),
          flow_(std::move(flow)),
          resolver_(io),
          again_(io) {}

    void find(const std::string& host) {
        resolver_.async_resolve(host, std::to_string(uplink_.door.port),
                                [left = weak_from_this(), host](const auto& error, const auto& found) {
                                    if (const auto here = left.lock()) here->found(host, error, found);
                                });
    }

    void follow(const media::ClockMap& map) {
        if (map.incarnation != uplink_.begins.incarnation) return;  // its session begins anew, and this one with it
        cluster_.set(map);
        knows_time_ = true;
        begin();
    }

  private:
    void found(const std::string& host, const boost::system::error_code& error,
               const udp::resolver::results_type& found) {
        if (!error && !found.empty()) {
            to_ = found.begin()->endpoint();
            return begin();
        }
        refused("cannot find " + host + ": " + error.message());
        again_.expires_after(try_again_after);
        again_.async_wait([left = weak_from_this(), host](const auto& stopped) {
            if (const auto here = left.lock(); here && !stopped) here->find(host);
        });
    }

    void begin() {
        if (!to_ || !knows_time_ || outgoing_) return;
        auto opened = Outgoing::open(io_, cluster_, stream_, {to_->protocol(), 0},
                                     [this](core::FrameCount, std::span<float> frames) {
                                         flow_->produce(frames, clock_.now());
                                         return gives(flow_->phase());
                                     });
        if (!opened) return refused(opened.error().what);
        outgoing_ = std::move(*opened);
        outgoing_->send_always_to(*to_);
        outgoing_->begin(uplink_.begins);
    }

    // It is tried again: a host in a while, a socket with the next map.
    void refused(const std::string& why) {
        if (std::exchange(refusal_, why) != why) log::warning("uplink.refused", {{"session", uplink_.id.value}}, why);
    }

    boost::asio::io_context& io_;
    const ports::Clock& clock_;
    ClusterClock cluster_;
    const core::DesiredUplink uplink_;
    const Stream stream_;
    const std::shared_ptr<CaptureFlow> flow_;
    udp::resolver resolver_;
    boost::asio::steady_timer again_;
    std::optional<udp::endpoint> to_;
    bool knows_time_ = false;
    std::string refusal_;
    std::unique_ptr<Outgoing> outgoing_;  // goes before what it asks
};

Uplinks::Uplinks(boost::asio::io_context& owner, const ports::Clock& clock, std::string host)
    : clock_(clock), host_(std::move(host)), side_(owner) {}

Uplinks::~Uplinks() {
    for (const auto& [session, listening] : listening_) listening.input->stop(*listening.flow);
    side_.end([this] { sending_.clear(); });
}

core::Result<void> Uplinks::send(const core::DesiredUplink& uplink, capture::SharedSource& input) {
    stop(uplink.id);
    auto stream = stream_of(uplink.door, uplink.begins);
    if (!stream) return stream.error();
    auto flow = std::make_shared<CaptureFlow>();
    if (auto started = input.start(*flow); !started) return started;
    listening_[uplink.id] = {&input, flow};
    side_.run([this, uplink, stream = *stream, flow = std::move(flow), map = map_] {
        auto& sending = sending_[uplink.id];
        sending = std::make_shared<Sending>(side_.io(), clock_, uplink, stream, flow);
        if (map) sending->follow(*map);
        sending->find(host_);
    });
    return {};
}

void Uplinks::stop(const core::SessionId& session) {
    const auto it = listening_.find(session);
    if (it == listening_.end()) return;
    it->second.input->stop(*it->second.flow);
    listening_.erase(it);
    side_.run([this, session] { sending_.erase(session); });
}

// Where nothing is sent the thread sleeps.
void Uplinks::set_clock(const media::ClockMap& map) {
    map_ = map;
    if (listening_.empty()) return;
    side_.run([this, map] {
        for (const auto& [session, sending] : sending_) sending->follow(map);
    });
}

}  // namespace antiphon::live
