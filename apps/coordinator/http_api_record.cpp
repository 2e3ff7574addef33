// Recording: start, stop, segments in from the workers and out to people.
#include "adapters/files/segment_folder.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/integrity.hpp"
#include "apps/coordinator/segment_upload.hpp"
#include "apps/coordinator/views.hpp"
#include "apps/node/segment_rows.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

constexpr std::uint64_t segment_bytes_max = 4ull << 30;

auto recording_of() {
    return
        [](const core::RecordingRow& row, const core::CoordinatorState& state) { return recording_view(state, row); };
}

void record(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::RecordBody>(request, responder);
    if (!body) return;
    const auto trigger = trigger_of(body->on_sound);
    if (!trigger) return responder.fail(trigger.error());
    core::RecordRequest record{body->from, {}, body->title.value_or(""), *trigger};
    if (body->for_s) {
        const auto length = duration_of(*body->for_s, "for_s");
        if (!length) return responder.fail(length.error());
        record.length = *length;
    }
    parts.app.ask(std::move(record), asker_of(request),
                  answer_with<core::RecordingRow>(std::move(responder), recording_of(), 201));
}

// Calls `then`, of the loop, with what `work` made of the request's folder on the thread beside it.
template <class Work, class Then>
void look_into(ApiParts& parts, const std::shared_ptr<http::Responder>& responder, Work work, Then then) {
    const bool taken = parts.background.run([work = std::move(work), then = std::move(then), responder]() mutable {
        return [then = std::move(then), responder, result = work()]() mutable {
            if (!result) return responder->fail(result.error());
            then(std::move(*result));
        };
    });
    if (!taken) responder->fail({core::ErrorCode::unavailable, "too many segments are being looked at; try again"});
}

void announce_segment(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto folder = track_folder(parts.recordings, request);
    if (!folder) return responder.fail(folder.error());
    auto row = node::segment_row_text().read(request.body);
    if (!row) return responder.fail(row.error().within("the segment's row"));
    const auto number = segment_number(request);
    if (!number) return responder.fail(number.error());
    if (row->number != *number)
        return responder.fail({core::ErrorCode::invalid, "the row is of segment " + std::to_string(row->number)});
    const core::RecordingId recording{request.param("id")};
    const core::EndpointId input{{request.identity->name}, request.param("input")};
    const auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_for(
        parts.app, kept,
        [&parts, kept, recording, input, row = *row,
         catalogue = SegmentCatalogue(*folder)](const core::CoordinatorState& state) {
            if (auto known = core::require_track(state, recording, input); !known) return kept->fail(known.error());
            look_into(
                parts, kept, [catalogue, row] { return catalogue.announce(row); },
                [kept](const api::SegmentPlace& place) { kept->answer(http::Response::json(json::encode(place))); });
        });
}

void complete_track(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto folder = track_folder(parts.recordings, request);
    if (!folder) return responder.fail(folder.error());
    const auto told = body_of<api::TrackComplete>(request, responder);
    if (!told) return;
    const core::RecordingId recording{request.param("id")};
    const core::EndpointId input{{request.identity->name}, request.param("input")};
    const auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_into(
        parts, kept, [catalogue = SegmentCatalogue(*folder), told = *told] { return catalogue.complete(told); },
        [&parts, kept, recording, input](const node::TrackTotals& totals) {
            parts.app.receive_track(received_track(recording, input, totals), answer_empty(std::move(*kept)));
        });
}

// The folder of a track as its name in a view says: no other folder, not hidden.
core::Result<std::filesystem::path> folder_of(const ApiParts& parts, const http::Request& request) {
    const auto recording = core::parse_name(request.param("id"));
    if (!recording) return recording.error();
    const auto& track = request.param("track");
    const auto folder = parts.recordings / *recording / track;
    const bool plain = !track.empty() && track.front() != '.' && track.find('/') == std::string::npos;
    std::error_code none;
    if (plain && track.size() < 200 && std::filesystem::is_directory(folder, none)) return folder;
    return core::Error{core::ErrorCode::not_found,
                       "recording '" + *recording + "' has nothing of a track '" + track.substr(0, 80) + "' here"};
}

void list_segments(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto folder = folder_of(parts, request);
    if (!folder) return responder.fail(folder.error());
    const auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_into(
        parts, kept, [catalogue = SegmentCatalogue(*folder)] { return catalogue.kept(); },
        [kept](std::vector<media::SegmentRow> rows) {
            kept->answer(http::Response::json(json::encode(api::SegmentsView{std::move(rows)})));
        });
}

void check_segment_again(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto folder = folder_of(parts, request);
    if (!folder) return responder.fail(folder.error());
    const auto number = segment_number(request);
    if (!number) return responder.fail(number.error());
    const auto kept = std::make_shared<http::Responder>(std::move(responder));
    const bool taken = parts.integrity.check({*folder, *number}, [kept](const core::Result<api::SegmentCheck>& check) {
        check ? kept->answer(http::Response::json(json::encode(*check))) : kept->fail(check.error());
    });
    if (!taken) kept->fail({core::ErrorCode::unavailable, "too many segments are being looked at; try again"});
}

void send_segment(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto folder = folder_of(parts, request);
    if (!folder) return responder.fail(folder.error());
    const auto number = segment_number(request);
    if (!number) return responder.fail(number.error());
    const SegmentCatalogue catalogue(*folder);
    const auto row = catalogue.row(*number);
    std::error_code none;
    if (!row || !row->kept || !std::filesystem::is_regular_file(catalogue.file(*number), none))
        return responder.fail(
            {core::ErrorCode::not_found, "segment " + std::to_string(*number) + " of that track is not here"});
    responder.answer(http::Response::of_file({catalogue.file(*number), "\"" + row->sha256 + "\""}, "audio/flac"));
}

}  // namespace

core::Result<std::optional<core::SoundTrigger>> trigger_of(const std::optional<api::OnSoundBody>& body) {
    using Trigger = std::optional<core::SoundTrigger>;
    if (!body) return Trigger();
    core::SoundTrigger trigger;
    trigger.level_db = body->level_db.value_or(trigger.level_db);
    const auto take = [](const std::optional<double>& seconds, const char* name, std::int64_t& ms) {
        if (!seconds) return core::Result<void>();
        const auto duration = duration_of(*seconds, name);
        if (!duration) return core::Result<void>(duration.error());
        ms = duration->count() / 1'000'000;
        return core::Result<void>();
    };
    if (auto taken = take(body->pre_roll_s, "pre_roll_s", trigger.pre_roll_ms); !taken) return taken.error();
    if (auto taken = take(body->hold_s, "hold_s", trigger.hold_ms); !taken) return taken.error();
    return Trigger(trigger);
}

void add_record_routes(http::Router& router, ApiParts& parts) {
    router.add(
        Method::post, "/v1/recordings", Permission::record, bound(parts, record),
        Does("Records from inputs").takes<api::RecordBody>().gives<api::RecordingView>(201).keyed().refuses({404}));
    router.add(
        Method::post, "/v1/recordings/{id}/stop", Permission::record,
        [&parts](const http::Request& request, http::Responder responder) {
            parts.app.ask(core::RecordStopRequest{{request.param("id")}}, asker_of(request),
                          answer_with<core::RecordingRow>(std::move(responder), recording_of()));
        },
        Does("Stops a recording").gives<api::RecordingView>().keyed().refuses({404}));
    router.add(Method::get, "/v1/recordings/{id}/tracks/{track}/segments", Permission::view,
               bound(parts, list_segments),
               Does("The segments of a track that are here: frames, times, gaps, hashes")
                   .gives<api::SegmentsView>()
                   .refuses({404, 503}));
    router.add(Method::get, "/v1/recordings/{id}/tracks/{track}/segments/{number}", Permission::view,
               bound(parts, send_segment), Does("The sound of a segment").gives_file({{"audio/flac", ""}}, true));
    router.add(Method::post, "/v1/recordings/{id}/tracks/{track}/segments/{number}/check", Permission::record,
               bound(parts, check_segment_again),
               Does("Reads a segment's file again; what is damaged of it becomes a gap")
                   .gives<api::SegmentCheck>()
                   .refuses({404, 503}));
    router.add(Method::put, "/v1/recordings/{id}/inputs/{input}/segments/{number}", Permission::worker,
               bound(parts, announce_segment),
               Does("A worker tells of a segment, and hears what is here of it")
                   .takes<media::SegmentRow>()
                   .up_to(files::SegmentFolder::row_bytes_max)
                   .gives<api::SegmentPlace>()
                   .refuses({404, 503, 507}));
    router.upload(
        Method::put, "/v1/recordings/{id}/inputs/{input}/segments/{number}/audio", Permission::worker,
        segment_bytes_max, [&parts] { return std::make_unique<SegmentUpload>(parts.background, parts.recordings); },
        Does("A worker sends a segment's file, from `offset` on")
            .takes_file("audio/flac")
            .may_have("query", "offset", "bytes that have come already")
            .gives_nothing()
            .refuses({404, 409, 503, 507}));
    router.add(Method::post, "/v1/recordings/{id}/inputs/{input}/complete", Permission::worker,
               bound(parts, complete_track),
               Does("A worker tells that these are all segments of a track")
                   .takes<api::TrackComplete>()
                   .gives_nothing()
                   .decided()
                   .refuses({404, 503}));
}

}  // namespace antiphon::coordinator
