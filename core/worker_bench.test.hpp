// A worker whose clock and memory a test holds, and the documents that it is told.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/worker.hpp"

namespace antiphon::core {

// A worker whose clock and memory the test holds.
struct WorkerBench {
    WorkerState state;
    std::vector<WorkerEffect> effects;
    LocalTime now;
    DesiredSession rendering;  // what the renderer was last told

    void take(const WorkerEvent& event) {
        WorkerDraft draft(state);
        effects = WorkerMachine::step(draft, now, event);
        draft.apply_to(state);
        for (const auto& effect : effects)
            if (const auto* render = std::get_if<Render>(&effect)) rendering = render->session;
    }
    void desire(DesiredDocument document, std::uint64_t epoch = 1) {
        document.epoch = {epoch};
        Message message{{}, Desired{document}};
        message.header.epoch = {epoch};
        take(MessageArrived{message, {}});
    }
    // Session s1, looked at now.
    void progress(SessionState seen) { take(SessionProgressed{{{"s1"}, seen, "", 0, 0}, rendering}); }
    template <class Effect>
    int count() const {
        return static_cast<int>(std::count_if(effects.begin(), effects.end(),
                                              [](const auto& e) { return std::holds_alternative<Effect>(e); }));
    }
    const ReportedDocument* report() const {
        for (const auto& effect : effects)
            if (const auto* sent = std::get_if<SendReport>(&effect)) return &sent->document;
        return nullptr;
    }
};

inline WorkerBench started() {
    WorkerBench bench;
    bench.take(WorkerStarted{{{"left", "virtual:speaker", ""}}, {{"mic", "virtual:microphone", ""}}, {}});
    bench.take(LinkChanged{true});
    return bench;
}

inline DesiredDocument document(std::uint64_t generation) {
    DesiredDocument d;
    d.generation = {generation};
    return d;
}

inline DesiredDocument with_session(std::uint64_t generation, std::optional<ClusterTime> start = {}) {
    auto d = document(generation);
    d.sessions.push_back({{"s1"}, {{"blob"}, 9, 48000, "melody"}, {"left"}, start, 0, 1.0});
    return d;
}

inline DesiredDocument with_recording(std::uint64_t generation, bool stopped = false) {
    auto d = document(generation);
    d.recordings.push_back({{"r1"}, {"mic"}, stopped});
    return d;
}

// The same, which ends by itself.
inline DesiredDocument with_recording_until(std::uint64_t generation, std::int64_t cluster_ns) {
    auto d = with_recording(generation);
    d.recordings.front().ends = ClusterTime{{1}, cluster_ns};
    return d;
}

inline Message ping(const std::string& id, std::optional<ClusterTime> deadline = {}) {
    Message message{{}, Ping{}};
    message.header.id = {id};
    message.header.epoch = {1};
    message.header.deadline = deadline;
    return message;
}

}  // namespace antiphon::core
