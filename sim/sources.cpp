// Delays are drawn from the seed; what is closed, or opened anew, says nothing any more.
#include "sim/sources.hpp"

namespace antiphon::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr double fails = 0.05;

}  // namespace

void Sources::later(core::Duration low, core::Duration high, const core::SessionId& session,
                    std::function<void(Source&)> action) {
    const auto opening = sources_[session].opening;
    executor_.at(executor_.now() + random_.between(low, high), [this, session, opening, action = std::move(action)] {
        const auto it = sources_.find(session);
        if (it != sources_.end() && it->second.opening == opening) action(it->second);
    });
}

void Sources::change(const core::SessionId& session, core::SourceState state, std::string reason) {
    auto& told = sources_[session].told;
    told = {session, state, std::move(reason)};
    report_(core::SourceChanged{told});
}

// What is open already is told again, with what became of it.
void Sources::open(const core::OpenSource& order) {
    const auto& session = order.session;
    auto& source = sources_[session];
    if (order.source.starts_with("input:") && !source.uplink) source.uplink.emplace();
    source.listened = !order.codec;
    if (source.opening == 0) source.opening = ++openings_;
    later(milliseconds(1), milliseconds(50), session, [this, session](Source& opening) { opened(session, opening); });
}

void Sources::opened(const core::SessionId& session, Source& source) {
    const bool anew = source.door.port == 0;
    if (anew && random_.chance(fails)) return change(session, core::SourceState::failed, "there is no such source");
    if (anew) {
        source.door.port = static_cast<std::uint16_t>(8744 + source.opening % 256);
        source.door.ssrc = static_cast<std::uint32_t>(source.opening);
        if (source.uplink) source.uplink->port = static_cast<std::uint16_t>(source.door.port + 256);
        source.told = {};
    }
    report_(core::SourceOpened{session, source.door, source.uplink});
    if (!anew && source.told.state != core::SourceState::opening) report_(core::SourceChanged{source.told});
}

// Said again and again, as the real ones do.
void Sources::miss_listeners(core::Duration low, core::Duration high, const core::SessionId& session) {
    later(low, high, session, [this, session](Source&) {
        report_(core::ListenersGone{session});
        miss_listeners(seconds(1), seconds(2), session);
    });
}

// It gives, is silent for a while, gives again, and may come to its end.
void Sources::begin(const core::SessionId& session, core::ClusterTime begins) {
    auto& source = sources_[session];
    if (source.begins) return;
    source.begins = begins;
    if (source.listened) miss_listeners(seconds(1), seconds(12), session);
    later(milliseconds(10), seconds(1), session,
          [this, session](Source&) { change(session, core::SourceState::flowing); });
    later(seconds(2), seconds(15), session,
          [this, session](Source&) { change(session, core::SourceState::stalled, "nothing has come for 100 ms"); });
    if (random_.chance(0.5))
        later(seconds(3), seconds(15), session,
              [this, session](Source&) { change(session, core::SourceState::ended, "its writer has gone"); });
}

}  // namespace antiphon::sim
