// Orders go to the thread; what it has to say comes back each tenth of a second.
#include "apps/live/live_streams.hpp"

#include <boost/asio/steady_timer.hpp>

#include "adapters/system/random.hpp"

namespace antiphon::live {
namespace {

using boost::asio::ip::udp;

constexpr std::chrono::milliseconds tell_each{100};
constexpr std::chrono::seconds try_again_after{1};
constexpr std::size_t probes_max = 1024;  // between two tellings; more are not kept

}  // namespace

struct LiveStreams::Listening {
    Stream stream;
    std::string host;
    std::uint16_t port = 0;
    core::Duration latency;
    std::vector<Feed> feeds;
    std::unique_ptr<udp::resolver> resolver;
    std::unique_ptr<boost::asio::steady_timer> again;
    std::string failure;
    std::unique_ptr<Incoming> incoming;
};

LiveStreams::LiveStreams(boost::asio::io_context& owner, const ports::Clock& clock, Probes probes)
    : clock_(clock), probes_(std::move(probes)), side_(owner) {
    side_.each(tell_each, [this] { tell(); });
}

LiveStreams::~LiveStreams() {
    side_.end([this] { listening_.clear(); });  // says goodbye
}

void LiveStreams::listen(const core::SessionId& session, const Stream& stream, const std::string& host,
                         std::uint16_t port, core::Duration latency, std::vector<Feed> feeds) {
    views_[session] = {};
    side_.run([this, session, stream, host, port, latency, feeds = std::move(feeds)] {
        listening_.erase(session);  // leaves the windows before another fills them
        auto& listening = listening_[session];
        listening = std::make_shared<Listening>(Listening{stream, host, port, latency, feeds, {}, {}, {}, {}});
        find(listening);
    });
}

void LiveStreams::leave(const core::SessionId& session) {
    views_.erase(session);
    side_.run([this, session] { listening_.erase(session); });
}

void LiveStreams::set_clock(const media::ClockMap& map) {
    side_.run([this, map] {
        map_ = map;
        for (auto& [session, listening] : listening_)
            if (listening->incoming) listening->incoming->set_clock(map);
    });
}

std::optional<LiveStreams::View> LiveStreams::view(const core::SessionId& session) const {
    const auto it = views_.find(session);
    return it == views_.end() ? std::nullopt : std::optional(it->second);
}

// A handler of what was left meanwhile finds it gone.
void LiveStreams::find(const std::shared_ptr<Listening>& listening) {
    listening->resolver = std::make_unique<udp::resolver>(side_.io());
    listening->resolver->async_resolve(
        listening->host, std::to_string(listening->port),
        [this, left = std::weak_ptr(listening)](const boost::system::error_code& error, const auto& found) {
            const auto here = left.lock();
            if (!here) return;
            here->failure = error || found.empty() ? "cannot find " + here->host + ": " + error.message()
                                                   : open(*here, found.begin()->endpoint());
            if (here->failure.empty()) return;
            here->again = std::make_unique<boost::asio::steady_timer>(side_.io(), try_again_after);
            here->again->async_wait([this, left](const boost::system::error_code& stopped) {
                if (const auto still = left.lock(); still && !stopped) find(still);
            });
        });
}

std::string LiveStreams::open(Listening& listening, const udp::endpoint& from) {
    const auto incarnation = listening.stream.start.incarnation;
    auto incoming = Incoming::open(side_.io(), clock_, listening.stream, from,
                                   {listening.latency, static_cast<std::uint32_t>(system::random_u64())},
                                   [this, incarnation](std::int64_t departure_ns, core::LocalTime at) {
                                       if (heard_.size() < probes_max)
                                           heard_.push_back({incarnation, departure_ns, at});
                                   });
    if (!incoming) return incoming.error().what;
    listening.incoming = std::move(*incoming);
    if (map_) listening.incoming->set_clock(*map_);
    for (const auto& feed : listening.feeds) listening.incoming->add(*feed.window, feed.epoch);
    return {};
}

void LiveStreams::tell() {
    std::map<core::SessionId, View> views;
    for (const auto& [session, listening] : listening_) {
        auto& view = views[session];
        view.failure = listening->failure;
        if (!listening->incoming) continue;
        view.flows = listening->incoming->flows();
        const auto counters = listening->incoming->counters().receiver;
        view.packets = {counters.repair.arrived, counters.repair.repaired, counters.repair.asked, counters.repair.late,
                        counters.repair.lost};
        view.lost_frames = counters.lost_frames();
    }
    if (views.empty() && heard_.empty()) return;
    side_.tell([this, views = std::move(views), heard = std::exchange(heard_, {})]() mutable {
        take(std::move(views), heard);
    });
}

// What was left meanwhile is not taken up again.
void LiveStreams::take(std::map<core::SessionId, View> views, const std::vector<Probe>& heard) {
    for (auto& [session, view] : views_)
        if (const auto it = views.find(session); it != views.end()) view = it->second;
    if (!heard.empty()) probes_(heard);
}

}  // namespace antiphon::live
