// A change of anything but its volume is listened to anew.
#include "apps/worker/live_sessions.hpp"

#include <algorithm>

#include "apps/live/door.hpp"

namespace antiphon::worker {
namespace {

// From a packet's departure to its deadline, at least: the network takes some, and the thread that hears it.
constexpr core::Duration way_min = std::chrono::milliseconds(1);

bool same_but_volume(core::DesiredSession a, const core::DesiredSession& b) {
    a.volume = b.volume;
    return a == b;
}

}  // namespace

void LiveSessions::render(const core::DesiredSession& session, const std::vector<Output*>& outputs) {
    const auto known = rendered_.find(session.id);
    const bool anew = known == rendered_.end() || !same_but_volume(known->second.session, session);
    std::vector<live::Feed> feeds;
    for (auto* output : outputs)
        if (const auto feed = output->listen(session, anew)) feeds.push_back(*feed);
    auto& rendered = rendered_[session.id];
    rendered.session = session;
    if (!anew) return;
    if (const auto view = streams_.view(session.id)) rendered.lost_earlier += view->lost_frames;
    streams_.leave(session.id);
    rendered.refusal = listen(session, outputs, std::move(feeds));
}

// Empty: it is listened to, or there is nothing to be heard yet.
std::string LiveSessions::listen(const core::DesiredSession& session, const std::vector<Output*>& outputs,
                                 std::vector<live::Feed> feeds) {
    const auto& live = *session.programme.live;
    if (!live.door || !live.begins || !session.start || feeds.empty()) return {};
    const auto stream = live::stream_of(*live.door, *live.begins);
    if (!stream) return stream.error().what;
    core::Duration lead{0};
    for (const auto* output : outputs) lead = std::max(lead, output->lead().value_or(core::Duration{0}));
    const auto way = core::Duration{live.latency_ns} - stream->period() - lead;
    if (way < way_min)
        return "its outputs need " + std::to_string((lead + stream->period() + way_min).count() / 1'000'000 + 1) +
               " ms from the source to the ear, and the session has " + std::to_string(live.latency_ns / 1'000'000) +
               " ms; stop it and play again";
    streams_.listen(session.id, *stream, host_, live.door->port, way, std::move(feeds));
    return {};
}

void LiveSessions::stop(const core::SessionId& session) {
    streams_.leave(session);
    rendered_.erase(session);
}

void LiveSessions::add_to(core::SessionReport& report) const {
    const auto it = rendered_.find(report.id);
    if (it == rendered_.end()) return;
    if (!it->second.refusal.empty()) {
        report.state = core::SessionState::failed;
        report.reason = it->second.refusal;
        return;
    }
    report.lost_frames += it->second.lost_earlier;
    const auto view = streams_.view(report.id);
    if (!view) return;
    report.lost_frames += view->lost_frames;
    report.stream = view->packets;
    const bool plays = report.state == core::SessionState::playing;
    // Its outputs play what was concealed so far.
    if (plays && !view->came()) report.state = core::SessionState::ready;
    if (!report.reason.empty()) return;
    if (!view->failure.empty())
        report.reason = view->failure;
    else if (!view->flows && plays)
        report.reason = "nothing arrives from " + host_;
}

}  // namespace antiphon::worker
