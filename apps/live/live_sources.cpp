// Orders go to the thread; what it has to say comes back when something is new.
#include "apps/live/live_sources.hpp"

#include <algorithm>

#include "adapters/system/log.hpp"
#include "apps/live/door.hpp"
#include "core/step.hpp"

namespace antiphon::live {
namespace {

namespace log = system::log;

constexpr std::chrono::milliseconds look_each{200};
constexpr std::chrono::seconds miss_each{1};
constexpr std::size_t title_bytes_max = 200;
// FLAC: 5 ms, the least latency that it is worth its while at. Opus: 10, for half of the packets a second.
constexpr int packet_frames(core::LiveCodec codec) { return codec == core::LiveCodec::opus ? 480 : 240; }

}  // namespace

void LiveTotals::add(const OutgoingCounters& counters) {
    packets += counters.sender.packets;
    resent += counters.sender.again.resent;
    skipped += counters.skipped;
    unsent += counters.unsent;
    refused += counters.refused;
    strange += counters.opened.forged + counters.opened.malformed + counters.opened.replayed + counters.malformed;
}

void LiveTotals::add(const OpenCopyCounters& counters) {
    open_packets += counters.packets;
    unsent += counters.unsent;
}

// One source and whoever takes it, which is the first to go: its sender, or who listens to it.
struct LiveSources::Running {
    std::unique_ptr<Source> source;
    core::LiveDoor door;
    std::optional<core::ClusterTime> begins;
    std::unique_ptr<OpenCopy> copy;
    std::unique_ptr<Outgoing> outgoing;
    std::shared_ptr<Listening> listening;
    core::SourceStatus told;
    core::LocalTime unheard_told;  // when it was said that nobody listens

    void add_to(LiveTotals& totals) const {
        totals.lost += source->lost_frames();
        if (outgoing) totals.add(outgoing->counters());
        if (copy) totals.add(copy->counters());
        if (listening) totals.skipped += listening->skipped();
    }

    void produce(core::FrameCount first, std::span<float> frames, core::LocalTime now) {
        source->produce(first, frames, now);
        if (!copy || !begins) return;
        const auto end = first + door.packet_frames;  // of 1/48000 s: 125 us are six of them
        copy->send(first / door.packet_frames, frames, core::LocalTime{begins->ns + end * 125'000 / 6});
    }
};

LiveSources::LiveSources(boost::asio::io_context& owner, const ports::Clock& clock, PortRange ports, Handlers handlers)
    : clock_(clock), ports_(std::move(ports)), handlers_(std::move(handlers)), side_(owner) {
    side_.each(look_each, [this] { look(); });
}

LiveSources::~LiveSources() {
    side_.end([this] { running_.clear(); });
}

void LiveSources::tell(const core::SessionId& session, core::SourceState state, const std::string& reason) {
    side_.tell([this, session, state, reason] { handlers_.changed({{session, state, reason}}); });
}

void LiveSources::obey(const core::SourceOrder& order) {
    std::visit(core::Overloaded{[this](const core::OpenSource& it) { open(it); },
                                [this](const core::BeginSource& it) { begin(it.session, it.begins); },
                                [this](const core::SetOpenDoor& it) { set_open_door(it.session, it.door); },
                                [this](const core::CloseSource& it) { close(it.session); },
                                [this](const core::KeepSources& it) { keep(it.sessions); }},
               order);
}

void LiveSources::open(const core::OpenSource& wanted) {
    if (const auto spec = parse_source(wanted.source); spec && std::holds_alternative<FeedSpec>(*spec))
        feeds_.try_emplace(wanted.session);
    side_.run([this, wanted] {
        const auto& session = wanted.session;
        auto& running = running_[session];
        if (!running) {
            auto made = make(wanted);
            if (!made) {
                running_.erase(session);
                return tell(session, core::SourceState::failed, made.error().what);
            }
            running = std::move(*made);
            log::info("source.opened", {{"session", session.value}, {"port", running->door.port}}, wanted.source);
        }
        running->told = {};
        side_.tell([this, opened = core::SourceOpened{session, running->door, running->source->uplink()}] {
            handlers_.opened(opened);
        });
    });
}

core::Result<std::unique_ptr<LiveSources::Running>> LiveSources::make(const core::OpenSource& wanted) {
    const auto spec = parse_source(wanted.source);
    if (!spec) return spec.error();
    auto opened = open_source(side_.io(), clock_, ports_, *spec);
    if (!opened) return opened.error();
    auto running = std::make_unique<Running>();
    running->source = std::move(*opened);
    if (!wanted.codec) {
        running->listening =
            std::make_shared<Listening>(side_.io(), clock_, *running->source, wanted.source.substr(0, title_bytes_max),
                                        [this](Ear ear, Sound bytes) { give(ear, std::move(bytes)); });
        return running;
    }
    running->door = new_door(*wanted.codec, Source::channels, packet_frames(*wanted.codec));
    if (auto sent = send(*running); !sent) return sent.error();
    return running;
}

// The first port that is free is its door's.
core::Result<void> LiveSources::send(Running& running) {
    const auto stream = stream_of(running.door, {});
    if (!stream) return stream.error();
    auto outgoing = ports_.open_first_free([&](const auto& local) {
        return Outgoing::open(side_.io(), clock_, *stream, local,
                              [this, &running](core::FrameCount first, auto frames) {
                                  running.produce(first, frames, clock_.now());
                                  return true;
                              });
    });
    if (!outgoing) return outgoing.error();
    running.outgoing = std::move(*outgoing);
    running.door.port = running.outgoing->local_endpoint().port();
    return {};
}

void LiveSources::begin(const core::SessionId& session, core::ClusterTime begins) {
    side_.run([this, session, begins] {
        const auto it = running_.find(session);
        if (it == running_.end() || it->second->begins) return;
        it->second->begins = begins;
        it->second->source->begins_at(begins);
        if (it->second->outgoing) it->second->outgoing->begin(begins);
        if (it->second->listening) it->second->listening->begin(begins);
    });
}

void LiveSources::set_open_door(const core::SessionId& session, const std::optional<core::OpenDoor>& door) {
    side_.run([this, session, door] {
        const auto it = running_.find(session);
        if (it == running_.end() || !it->second->outgoing) return;
        auto& copy = it->second->copy;
        if (copy ? copy->door() == door : !door) return;
        if (copy) closed_.add(copy->counters());
        copy.reset();
        if (!door) return log::info("source.door", {{"session", session.value}}, "nobody but the cluster hears it");
        auto opened = OpenCopy::open(side_.io(), it->second->door, *door);
        if (!opened) return log::warning("source.door", {{"session", session.value}}, opened.error().what);
        copy = std::move(*opened);
        log::info("source.door", {{"session", session.value}, {"port", door->port}}, "sent to " + door->address);
    });
}

void LiveSources::close(const core::SessionId& session) {
    feeds_.erase(session);
    side_.run([this, session] { close_if([&](const auto& id) { return id == session; }); });
}

void LiveSources::keep(const std::set<core::SessionId>& sessions) {
    std::erase_if(feeds_, [&](const auto& entry) { return !sessions.contains(entry.first); });
    side_.run([this, sessions] { close_if([&](const auto& id) { return !sessions.contains(id); }); });
}

void LiveSources::close_if(const std::function<bool(const core::SessionId&)>& unwanted) {
    std::erase_if(running_, [&](const auto& entry) {
        const auto& [session, running] = entry;
        if (!unwanted(session)) return false;
        running->add_to(closed_);
        if (running->listening) running->listening->end();
        log::info("source.closed", {{"session", session.value}}, "its session is over");
        return true;
    });
}

core::Result<Feeder> LiveSources::begin_feed(const core::SessionId& session) {
    const auto it = feeds_.find(session);
    if (it == feeds_.end())
        return core::Error{core::ErrorCode::not_found, "there is no session '" + session.value.substr(0, 80) +
                                                           "' that is fed; play one first: antiphon play -"};
    if (it->second.whole)
        return core::Error{core::ErrorCode::conflict, "session " + session.value + " was fed to its end already"};
    const auto feeder = it->second.feeder = ++last_feeder_;
    side_.run([this, session, feeder] {
        if (auto* source = feed_of(session)) source->begin(feeder);
    });
    return feeder;
}

core::Result<void> LiveSources::feed(const core::SessionId& session, Feeder feeder, std::span<const std::byte> bytes) {
    const auto it = feeds_.find(session);
    if (it == feeds_.end()) return core::Error{core::ErrorCode::conflict, "session " + session.value + " is over"};
    if (it->second.feeder != feeder)
        return core::Error{core::ErrorCode::conflict, "somebody else feeds session " + session.value + " now"};
    side_.run([this, session, feeder, piece = std::vector(bytes.begin(), bytes.end())]() mutable {
        if (auto* source = feed_of(session)) source->give(feeder, std::move(piece));
    });
    return {};
}

void LiveSources::when_wanted(const core::SessionId& session, Feeder feeder, std::function<void()> go) {
    side_.run([this, session, feeder, go = std::move(go)] {
        auto* source = feed_of(session);
        if (!source) return side_.tell(go);
        source->when_room(feeder, [this, go] { side_.tell(go); });
    });
}

void LiveSources::end_feed(const core::SessionId& session, Feeder feeder, bool whole) {
    if (const auto it = feeds_.find(session); it != feeds_.end() && it->second.feeder == feeder)
        it->second.whole = whole;
    side_.run([this, session, feeder, whole] {
        if (auto* source = feed_of(session)) source->end(feeder, whole);
    });
}

FeedSource* LiveSources::feed_of(const core::SessionId& session) const {
    const auto it = running_.find(session);
    return it == running_.end() ? nullptr : dynamic_cast<FeedSource*>(it->second->source.get());
}

core::Result<Ear> LiveSources::listen(const core::SessionId& source, EarFormat format, Hear hear) {
    if (ears_.size() >= ears_max)
        return core::Error{core::ErrorCode::exhausted,
                           std::to_string(ears_max) + " listen already; one of them has to leave first"};
    const auto ear = ++last_ear_;
    ears_[ear] = {source, std::move(hear)};
    side_.run([this, ear, source, format] {
        const auto it = running_.find(source);
        if (it == running_.end() || !it->second->listening) return give(ear, nullptr);
        it->second->listening->add(ear, format);
    });
    return ear;
}

void LiveSources::hang_up(Ear ear) {
    const auto it = ears_.find(ear);
    if (it == ears_.end()) return;
    side_.run([this, ear, source = it->second.source] {
        const auto running = running_.find(source);
        if (running != running_.end() && running->second->listening) running->second->listening->remove(ear);
    });
    ears_.erase(it);
}

void LiveSources::give(Ear ear, Sound bytes) {
    side_.tell([this, ear, bytes = std::move(bytes)] {
        const auto it = ears_.find(ear);
        if (it == ears_.end()) return;
        // it may hang up meanwhile
        const auto hear = it->second.hear;
        if (!bytes) ears_.erase(it);
        hear(ear, bytes);
    });
}

// One that has begun flows, or does not for a reason.
std::optional<core::SourceState> LiveSources::state_of(const Running& running) const {
    const auto view = running.source->view();
    if (!running.begins || (!view.flows && view.reason.empty())) return std::nullopt;
    if (view.over) return core::SourceState::ended;
    return view.flows ? core::SourceState::flowing : core::SourceState::stalled;
}

// Said again and again until it is closed: what is said may be lost.
void LiveSources::miss_listeners(const core::SessionId& session, Running& running) {
    const auto now = clock_.now();
    if (running.listening->unheard_for() < core::listen_linger || now - running.unheard_told < miss_each) return;
    running.unheard_told = now;
    side_.tell([this, gone = core::ListenersGone{session}] { handlers_.unheard(gone); });
}

void LiveSources::look() {
    auto totals = closed_;
    for (const auto& [session, running] : running_) {
        running->add_to(totals);
        ++totals.sources;
        if (running->outgoing) totals.listeners += running->outgoing->counters().listeners;
        if (running->copy) ++totals.open_doors;
        if (const auto& listening = running->listening) {
            totals.ears += listening->ears();
            miss_listeners(session, *running);
        }
        const auto state = state_of(*running);
        // The seconds in a reason go on; that is nothing new.
        if (!state || running->told.state == *state) continue;
        running->told = {session, *state, running->source->view().reason};
        tell(session, *state, running->told.reason);
    }
    side_.tell([this, totals] { totals_ = totals; });
}

}  // namespace antiphon::live
