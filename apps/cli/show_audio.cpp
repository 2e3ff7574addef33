// Devices, sessions and recordings as people see them.
#include <algorithm>

#include "apps/cli/recordings.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/state_colours.hpp"
#include "apps/cli/table.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

using Align = Column::Align;
constexpr std::size_t bar_cells = 16;

Cell health_cell(const api::EndpointView& endpoint) {
    if (!endpoint.online) return {"offline", Colour::red};
    if (!endpoint.failure.empty()) return {endpoint.failure, Colour::red};
    return {"ready", Colour::green};
}

Cell volume_cell(const api::EndpointView& endpoint) {
    if (endpoint.muted.value_or(false)) return {"muted", Colour::yellow};
    const auto most = endpoint.max_level.value_or(1.0);
    return (endpoint.volume ? level_text(*endpoint.volume) : "") + (most < 1 ? ", at most " + level_text(most) : "");
}

std::string uses_text(const api::EndpointView& input) {
    std::string text;
    for (const auto& use : input.uses.value_or(std::vector<std::string>())) text += (text.empty() ? "" : ", ") + use;
    return text;
}

std::string outputs_table(const std::vector<api::EndpointView>& outputs, const Look& look) {
    Table table({{"OUTPUT"}, {"STATE", Align::left, true}, {"VOLUME"}, {"DEVICE", Align::left, true}});
    for (const auto& output : outputs)
        table.add({{output.name, Colour::bold}, health_cell(output), volume_cell(output), output.device});
    return table.text(look);
}

std::string inputs_table(const std::vector<api::EndpointView>& inputs, const Look& look) {
    Table table({{"INPUT"}, {"STATE", Align::left, true}, {"USE", Align::left, true}, {"DEVICE", Align::left, true}});
    for (const auto& input : inputs)
        table.add({{input.name, Colour::bold}, health_cell(input), {uses_text(input), Colour::yellow}, input.device});
    return table.text(look);
}

std::string latency_text(const api::LiveView& live) {
    // A microphone of a board is some way off.
    const auto* from = live.source.starts_with("input:") ? "coordinator" : "source";
    return std::to_string((live.latency_ns + 500'000) / 1'000'000) + " ms from " + from + " to ear";
}

std::string position_text(const api::SessionView& session) {
    if (session.live) return "live, " + duration_text(session.position_frames);
    const auto whole = static_cast<double>(std::max<std::int64_t>(session.frames, 1));
    return bar_text(static_cast<double>(session.position_frames) / whole, bar_cells) + " " +
           duration_text(session.position_frames) + " / " + duration_text(session.frames);
}

Cell tracks_cell(const api::RecordingView& recording) {
    return std::to_string(tracks_here(recording)) + " of " + std::to_string(recording.tracks.size());
}

// What a person should know of the tracks: one line each.
std::string troubles(const std::vector<api::RecordingView>& recordings, const Look& look) {
    std::string text;
    for (const auto& recording : recordings)
        for (const auto& track : recording.tracks)
            if (!track.reason.empty())
                text +=
                    look.paint(Colour::yellow, printable(recording.id + " of " + track.input + ": " + track.reason)) +
                    "\n";
    return text;
}

std::vector<std::string> inputs_of(const api::RecordingView& recording) {
    std::vector<std::string> names;
    for (const auto& track : recording.tracks) names.push_back(track.input);
    return names;
}

}  // namespace

std::string show(const api::DevicesView& devices, const Look& look) {
    if (devices.outputs.empty() && devices.inputs.empty()) return "No worker has an output or an input.\n";
    const auto outputs = outputs_table(devices.outputs, look);
    const auto inputs = inputs_table(devices.inputs, look);
    return outputs + (outputs.empty() || inputs.empty() ? "" : "\n") + inputs;
}

std::string show(const std::vector<api::SessionView>& sessions, const Look& look) {
    Table table({{"SESSION"},
                 {"STATE"},
                 {"POSITION"},
                 {"VOLUME", Align::right},
                 {"TITLE", Align::left, true},
                 {"OUTPUTS", Align::left, true}});
    for (const auto& session : sessions)
        table.add({{session.id, Colour::bold},
                   {session.phase, colour_of_state(session.phase)},
                   position_text(session),
                   percent_text(session.volume),
                   session.title,
                   listed(session.outputs)});
    return table.text(look);
}

std::string show(const std::vector<api::RecordingView>& recordings, const Look& look) {
    if (recordings.empty()) return "There are no recordings; `antiphon record start --from INPUT,...` begins one.\n";
    const bool titled = std::any_of(recordings.begin(), recordings.end(), [](const auto& one) { return one.title; });
    std::vector<Column> columns{{"RECORDING"},
                                {"STATE"},
                                {"LENGTH", Align::right},
                                {"TRACKS HERE", Align::right},
                                {"STARTED"},
                                {"INPUTS", Align::left, true}};
    if (titled) columns.push_back({"TITLE", Align::left, true});
    Table table(std::move(columns));
    for (const auto& recording : recordings) {
        std::vector<Cell> cells{
            {recording.id, Colour::bold},        {recording.phase, colour_of_state(recording.phase)},
            duration_text(length_of(recording)), tracks_cell(recording),
            wall_text(recording.created),        listed(inputs_of(recording))};
        if (titled) cells.emplace_back(recording.title.value_or(""));
        table.add(std::move(cells));
    }
    return table.text(look) + troubles(recordings, look);
}

std::string show_levels(const std::vector<api::RecordingView>& recordings, const Look& look) {
    constexpr double shown_db = 60;  // of the meter, down from full scale
    constexpr std::size_t cells = 20;
    constexpr double loud_db = -3;  // what is louder is soon too loud
    Table table({{"INPUT"}, {"LEVEL"}, {"RMS", Align::right}, {"PEAK", Align::right}});
    for (const auto& recording : recordings)
        for (const auto& track : recording.tracks) {
            if (!track.level) continue;
            const auto part = std::clamp(1 + track.level->rms_db / shown_db, 0.0, 1.0);
            const auto colour = track.level->peak_db > loud_db ? Colour::red : Colour::green;
            table.add({{track.input, Colour::bold},
                       {bar_text(part, cells), colour},
                       decibel_text(track.level->rms_db),
                       {decibel_text(track.level->peak_db), colour}});
        }
    return table.text(look);
}

std::string show_tracks(const api::RecordingView& recording, const Look& look) {
    Table table(
        {{"INPUT"}, {"STATE"}, {"LENGTH", Align::right}, {"MISSING", Align::right}, {"REASON", Align::left, true}});
    for (const auto& track : recording.tracks)
        table.add({{track.input, Colour::bold},
                   {track.state, colour_of_state(track.state)},
                   duration_text(track.frames),
                   duration_text(static_cast<core::FrameCount>(track.gap_frames)),
                   track.reason});
    return table.text(look);
}

std::string sentence(const api::SessionView& session) {
    const auto title = session.title.empty() ? session.blob.substr(0, 12) : session.title;
    const auto length = session.live ? "live, " + latency_text(*session.live) : duration_text(session.frames);
    return printable("session " + session.id + ": " + title + " (" + length + ") on " + enumerated(session.outputs));
}

}  // namespace antiphon::cli
