// Status, workers, zones and events as people see them.
#include "apps/cli/show.hpp"

#include <algorithm>

#include "apps/cli/state_colours.hpp"
#include "apps/cli/table.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

using Align = Column::Align;

Cell clock_cell(const api::WorkerView& worker) {
    if (!worker.online) return "";
    if (!worker.clock_synchronised) return {"not synchronised", Colour::yellow};
    return clock_error_text(worker.clock_error_ns);
}

// How far the worker is behind what is desired of it.
Cell applied_cell(const api::WorkerView& worker) {
    if (worker.applied >= worker.generation) return "up to date";
    return {count_text(worker.generation - worker.applied, "change") + " behind", Colour::yellow};
}

Cell activity_cell(const api::WorkerView& worker) {
    if (!worker.online) return {"offline", Colour::red};
    const bool waits = worker.maintenance && worker.activity != "maintenance";
    return {words_of(worker.activity) + (waits ? ", then maintenance" : ""), colour_of_state(worker.activity)};
}

std::string headline(const api::StatusView& status, const Look& look) {
    const auto online =
        std::count_if(status.workers.begin(), status.workers.end(), [](const auto& w) { return w.online; });
    return look.paint(Colour::bold, "antiphon " + printable(status.cluster.version)) + "  cluster " +
           printable(status.cluster.id) + ", epoch " + std::to_string(status.cluster.epoch) + ", " +
           std::to_string(online) + " of " + count_text(status.workers.size(), "worker") + " online\n";
}

std::string warnings(const api::StatusView& status, const Look& look) {
    std::string text;
    for (const auto& warning : status.cluster.warnings)
        text += look.paint(Colour::yellow, "warning: " + printable(warning)) + "\n";
    return text;
}

// What is odd about a session's members: one line each.
std::string troubles(const std::vector<api::SessionView>& sessions, const Look& look) {
    std::string text;
    for (const auto& session : sessions) {
        if (!session.reason.empty())
            text += look.paint(Colour::red, printable(session.id + ": " + session.reason)) + "\n";
        if (session.live && session.live->state == "stalled")
            text += look.paint(Colour::yellow, printable(session.id + ": " + session.live->reason)) + "\n";
        if (session.live && session.live->open_door)
            text += look.paint(Colour::yellow,
                               printable(session.id + ": sent without encryption to " + session.live->open_door->to)) +
                    "\n";
        for (const auto& member : session.members) {
            auto what = member.reason;
            if (member.lost_frames > 0)
                what += (what.empty() ? "" : ", ") + std::to_string(member.lost_frames) + " frames were silent";
            if (!what.empty())
                text += look.paint(Colour::yellow, printable(session.id + " on " + member.worker + ": " + what)) + "\n";
        }
    }
    return text;
}

void append_block(std::string& text, const std::string& block) {
    if (!block.empty()) text += "\n" + block;
}

}  // namespace

std::string show(const std::vector<api::WorkerView>& workers, const Look& look) {
    if (workers.empty()) return "No worker has joined; `antiphon invite` prints an invitation.\n";
    Table table({{"WORKER"},
                 {"STATE"},
                 {"CLOCK", Align::right},
                 {"DESIRED STATE"},
                 {"OUTPUTS", Align::left, true},
                 {"INPUTS", Align::left, true}});
    for (const auto& worker : workers)
        table.add({{worker.name, Colour::bold},
                   activity_cell(worker),
                   clock_cell(worker),
                   applied_cell(worker),
                   listed(worker.outputs),
                   listed(worker.inputs)});
    return table.text(look);
}

std::string show(const std::vector<api::ZoneView>& zones, const Look& look) {
    Table table({{"ZONE"}, {"VERSION", Align::right}, {"OUTPUTS", Align::left, true}});
    for (const auto& zone : zones)
        table.add({{zone.name, Colour::bold}, std::to_string(zone.version), listed(zone.outputs)});
    return table.text(look);
}

std::string show(const api::StatusView& status, const Look& look) {
    auto text = warnings(status, look) + headline(status, look);
    append_block(text, show(status.workers, look));
    append_block(text, show(status.sessions, look) + troubles(status.sessions, look));
    if (!status.recordings.empty()) append_block(text, show(status.recordings, look));
    if (const auto levels = show_levels(status.recordings, look); !levels.empty()) append_block(text, levels);
    append_block(text, show(status.zones, look));
    return text;
}

std::string show(const api::EventView& event, const Look& look) {
    constexpr std::size_t event_columns = 22;
    auto name = printable(event.event);
    name += std::string(event_columns - std::min(event_columns, width_of(name)), ' ');
    return look.paint(Colour::dim, wall_text(event.time)) + "  " + look.paint(colour_of_event(event.event), name) +
           "  " + printable(event.text.empty() ? event.object : event.text) +
           (event.asked_by.empty() ? "" : look.paint(Colour::dim, "  (" + printable(event.asked_by) + ")")) + "\n";
}

std::string show(const api::WhyView& why, const Look& look) {
    const auto what = why.kind + " " + why.name + (why.object == why.name ? "" : " (" + why.object + ")");
    auto text = look.paint(Colour::bold, printable(what)) + ": " + printable(why.verdict) + "\n";
    for (const auto& ground : why.grounds) text += "  also: " + printable(ground) + "\n";
    if (!why.history.empty()) text += "\nwhat was decided, and because of what\n";
    for (const auto& event : why.history) {
        auto line = show(event, look);
        line.pop_back();
        text +=
            line + (event.ground.empty() ? "" : look.paint(Colour::dim, "  because " + printable(event.ground))) + "\n";
    }
    return text;
}

std::string show(const api::PongView& pong, const Look& look) {
    return printable(pong.worker) +
           " answers: " + look.paint(colour_of_state(pong.activity), words_of(printable(pong.activity))) + " (boot " +
           std::to_string(pong.boot) + ", desired state " + std::to_string(pong.applied) + " applied)\n";
}

}  // namespace antiphon::cli
