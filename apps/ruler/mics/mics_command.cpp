// From options to a report.
#include "apps/ruler/mics/mics_command.hpp"

#include <algorithm>
#include <iostream>

#include "apps/ruler/mics/mic_files.hpp"
#include "apps/ruler/mics/mic_print.hpp"

namespace antiphon::ruler {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

Result<std::vector<PlacedSpeaker>> parse_places(const std::vector<std::string>& texts) {
    std::vector<PlacedSpeaker> places;
    for (const auto& text : texts) {
        auto place = parse_place(text);
        if (!place) return place.error();
        places.push_back(std::move(*place));
    }
    return places;
}

// Those of the room, and those that were given, which count more.
Result<std::vector<PlacedSpeaker>> speakers_for(const MicsCommand& command) {
    auto speakers = parse_places(command.speakers);
    if (!speakers) return speakers.error();
    if (!command.room) return speakers;
    auto in_room = speakers_of(*command.room);
    if (!in_room) return in_room.error();
    const auto same = [](const std::string& name) { return [&](const PlacedSpeaker& s) { return s.name == name; }; };
    for (auto& speaker : *in_room)
        if (std::none_of(speakers->begin(), speakers->end(), same(speaker.name)))
            speakers->push_back(std::move(speaker));
    std::sort(speakers->begin(), speakers->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return speakers;
}

// A microphone is told by its name or by its file's.
Result<std::vector<Recording>> read_recordings(const MicsCommand& command) {
    const auto places = parse_places(command.mics);
    if (!places) return places.error();
    std::vector<Recording> recordings;
    for (const auto& file : command.recordings) {
        std::optional<virtual_audio::Position> at;
        for (const auto& place : *places)
            if (place.name == file.filename() || place.name == file.string()) at = place.at;
        auto recording = read_recording(file, at);
        if (!recording) return recording.error();
        recordings.push_back(std::move(*recording));
    }
    return recordings;
}

std::optional<std::int64_t> start_of_melody(const MicsCommand& command) {
    if (!command.session_start_ns) return std::nullopt;
    return *command.session_start_ns - command.from_frame * 1'000'000'000 / core::cluster_rate;
}

Result<HearingReport> report_for(const MicsCommand& command) {
    const auto speakers = speakers_for(command);
    if (!speakers) return speakers.error();
    if (speakers->empty()) return Error{ErrorCode::invalid, "no speakers are known; give --room or --speaker"};
    const auto melody = read_melody(command.melody);
    if (!melody) return melody.error();
    const auto recordings = read_recordings(command);
    if (!recordings) return recordings.error();
    return hear(*melody, *recordings, *speakers, start_of_melody(command), command.limits);
}

}  // namespace

core::Result<PlacedSpeaker> parse_place(const std::string& text) {
    const auto equals = text.rfind('=');
    if (equals != std::string::npos && equals > 0) {
        const auto device = virtual_audio::parse_virtual_device("virtual:speaker,at=" + text.substr(equals + 1));
        if (device) return PlacedSpeaker{text.substr(0, equals), *device->at};
    }
    return Error{ErrorCode::invalid, "'" + text + "' is no place; write NAME=X,Y in metres, such as hall/left=1.5,2"};
}

void add_options(CLI::App& mics, MicsCommand& command) {
    mics.add_option("FILE", command.recordings, "recordings, FLAC, each with its manifest beside it")->required();
    mics.add_option("--melody", command.melody, "what was played, FLAC")->required();
    mics.add_option("--room", command.room, "folder of the virtual room, which knows where its speakers stand");
    mics.add_option("--speaker", command.speakers, "where a speaker stands: NAME=X,Y; counts more than the room")
        ->allow_extra_args(false);
    mics.add_option("--mic", command.mics, "where a microphone was: FILE=X,Y; else its manifest knows")
        ->allow_extra_args(false);
    mics.add_option("--session-start-ns", command.session_start_ns,
                    "cluster time at which the session began, for absolute lags; else found by ear");
    mics.add_option("--from-frame", command.from_frame, "frame of the melody with which it began, 0 by default");
    mics.add_option("--late-us", command.limits.late_us, "what counts as late, 1000 by default")
        ->check(CLI::Range(1.0, 1e6));
    mics.add_option("--residual-db", command.limits.residual_db, "the most that may stay unexplained, -15 by default")
        ->check(CLI::Range(-200.0, 0.0));
    mics.add_flag("--json", command.json, "one JSON object instead of a table");
}

int run(const MicsCommand& command) {
    const auto report = report_for(command);
    if (!report) {
        std::cerr << "antiphon-ruler: " << report.error().what << "\n";
        return 1;
    }
    std::cout << (command.json ? as_json(*report) : as_text(*report)) << std::flush;
    return report->within_limits ? 0 : 1;
}

}  // namespace antiphon::ruler
