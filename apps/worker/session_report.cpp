// The best that one of them does is what the session does here.
#include "apps/worker/session_report.hpp"

#include <algorithm>

namespace antiphon::worker {

using core::SessionState;

core::SessionReport report_on(const core::SessionId& session, const std::vector<Output::View>& views) {
    core::SessionReport report;
    report.id = session;
    for (const auto& view : views) {
        report.position_frames = std::max(report.position_frames, view.position_frames);
        report.lost_frames += view.lost_frames;
        if (!view.reason.empty()) report.reason = view.reason;
        if (!view.sound) continue;
        if (!report.outputs) report.outputs.emplace();
        report.outputs->push_back(*view.sound);
    }
    const auto any = [&](SessionState state) {
        return std::any_of(views.begin(), views.end(), [&](const auto& view) { return view.state == state; });
    };
    const bool all_over = std::all_of(views.begin(), views.end(), [](const auto& view) {
        return view.state == SessionState::ended || view.state == SessionState::failed;
    });
    if (views.empty()) report.reason = "this worker has none of the session's outputs any more";
    if (views.empty() || (all_over && any(SessionState::failed)))
        report.state = SessionState::failed;
    else if (any(SessionState::playing))
        report.state = SessionState::playing;
    else if (all_over)
        report.state = SessionState::ended;
    else
        report.state = any(SessionState::fetching) ? SessionState::fetching : SessionState::ready;
    return report;
}

}  // namespace antiphon::worker
