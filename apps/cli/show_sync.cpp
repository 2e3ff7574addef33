// How well outputs play, for people.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "apps/cli/show.hpp"
#include "apps/cli/table.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

using Align = Column::Align;

std::string ppm_text(double ppm) {
    char text[32];
    std::snprintf(text, sizeof text, "%+.2f ppm", ppm);
    return text;
}

std::string milliseconds_of(std::uint64_t frames) {
    return std::to_string((frames * 1000 + core::cluster_rate - 1) / core::cluster_rate) + " ms";
}

std::string ahead_text(std::int64_t ns) { return std::to_string((ns + 500'000) / 1'000'000) + " ms"; }

// What was silent instead of sound, and because of what.
Cell silent_cell(const api::OutputSyncView& output) {
    std::string text;
    const auto add = [&](std::uint64_t frames, const char* reason) {
        if (frames > 0) text += (text.empty() ? "" : ", ") + milliseconds_of(frames) + " " + reason;
    };
    add(output.late_frames, "late");
    add(output.device_lost_frames, "device");
    return text.empty() ? Cell("-") : Cell(text, Colour::yellow);
}

std::string outputs_table(const std::vector<api::SessionView>& sessions, const Look& look) {
    Table table({{"SESSION"},
                 {"OUTPUT"},
                 {"ERROR", Align::right},
                 {"BOUND", Align::right},
                 {"SERVO", Align::right},
                 {"CRYSTAL", Align::right},
                 {"AHEAD", Align::right},
                 {"SILENT", Align::left, true}});
    for (const auto& session : sessions)
        for (const auto& member : session.members)
            for (const auto& output : member.outputs.value_or(std::vector<api::OutputSyncView>()))
                table.add({session.id,
                           {output.output, Colour::bold},
                           deviation_text(output.error_ns),
                           clock_error_text(output.bound_ns),
                           ppm_text(output.correction_ppm),
                           ppm_text(output.device_ppm),
                           ahead_text(output.ahead_ns),
                           silent_cell(output)});
    return table.text(look);
}

std::string wakeups_of(const std::vector<api::WorkerView>& workers, const std::string& name) {
    for (const auto& worker : workers)
        if (worker.name == name && worker.wakeups_per_s)
            return std::to_string(std::lround(*worker.wakeups_per_s)) + "/s";
    return "-";
}

std::string streams_table(const api::StatusView& status, const Look& look) {
    Table table({{"SESSION"},
                 {"WORKER"},
                 {"PACKETS", Align::right},
                 {"REPAIRED", Align::right},
                 {"LATE", Align::right},
                 {"LOST", Align::right},
                 {"WAKEUPS", Align::right}});
    for (const auto& session : status.sessions)
        for (const auto& member : session.members) {
            if (!member.stream) continue;
            const auto& stream = *member.stream;
            table.add({session.id,
                       {member.worker, Colour::bold},
                       std::to_string(stream.arrived),
                       std::to_string(stream.repaired),
                       std::to_string(stream.late),
                       Cell(std::to_string(stream.lost), stream.lost > 0 ? Colour::yellow : Colour::plain),
                       wakeups_of(status.workers, member.worker)});
        }
    return table.text(look);
}

// How far apart the outputs of one session are, as far as they can tell.
std::string spread_line(const api::SessionView& session) {
    std::vector<std::int64_t> errors;
    for (const auto& member : session.members)
        for (const auto& output : member.outputs.value_or(std::vector<api::OutputSyncView>()))
            errors.push_back(output.error_ns);
    if (errors.size() < 2) return "";
    const auto [least, most] = std::minmax_element(errors.begin(), errors.end());
    return printable(session.id + ": " + count_text(errors.size(), "output") + " within " +
                     deviation_text(*most - *least).substr(1) + " of each other, as far as they can tell") +
           "\n";
}

}  // namespace

std::string show_sync(const api::StatusView& status, const Look& look) {
    auto text = outputs_table(status.sessions, look);
    if (text.empty()) return "Nothing plays.\n";
    for (const auto& session : status.sessions) text += spread_line(session);
    if (const auto streams = streams_table(status, look); !streams.empty()) text += "\n" + streams;
    return text;
}

}  // namespace antiphon::cli
