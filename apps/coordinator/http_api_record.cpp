// Recording: start, stop, files in from the workers and out to people.
#include "adapters/files/atomic_write.hpp"
#include "adapters/files/posix.hpp"
#include "adapters/files/track_manifest.hpp"
#include "adapters/http/conditional.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/track_upload.hpp"
#include "apps/coordinator/views.hpp"
#include "apps/node/track_manifest.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

constexpr std::uint64_t track_bytes_max = 64ull << 30;

auto recording_of() {
    return
        [](const core::RecordingRow& row, const core::CoordinatorState& state) { return recording_view(state, row); };
}

void record(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::RecordBody>(request, responder);
    if (!body) return;
    parts.app.ask(core::RecordRequest{body->from}, asker_of(request),
                  answer_with<core::RecordingRow>(std::move(responder), recording_of(), 201));
}

void keep_manifest(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto recording = core::parse_name(request.param("id"));
    if (!recording) return responder.fail(recording.error());
    const auto input = core::parse_name(request.param("input"));
    if (!input) return responder.fail(input.error());
    if (auto read = json::decode<files::TrackManifest>(request.body, nullptr, node::manifest_bytes_max); !read)
        return responder.fail(read.error().within("the manifest"));
    const core::EndpointId endpoint{{request.identity->name}, *input};
    const auto folder = parts.recordings / *recording;
    const auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_for(parts.app, kept,
             [=, id = core::RecordingId{*recording}, text = request.body](const core::CoordinatorState& state) {
                 auto done = core::require_track(state, id, endpoint);
                 if (done) done = files::ensure_folder(folder);
                 if (done) done = files::atomic_write(folder / (track_file_name(endpoint) + ".flac.json"), text, 0640);
                 done ? kept->answer(http::Response::empty()) : kept->fail(done.error());
             });
}

// A plain file name: no folder, not hidden.
bool is_file_name(const std::string& name) {
    return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos && name.size() < 200;
}

void send_file(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto& file = request.param("file");
    const auto recording = core::parse_name(request.param("id"));
    if (!recording) return responder.fail(recording.error());
    const auto path = parts.recordings / *recording / file;
    std::error_code error;
    if (!is_file_name(file) || !std::filesystem::is_regular_file(path, error))
        return responder.fail(
            {core::ErrorCode::not_found, "recording '" + *recording + "' has no file '" + file.substr(0, 80) + "'"});
    const bool json = path.extension() == ".json";
    responder.answer(http::Response::of_file({path, ""}, json ? "application/json" : "audio/flac"));
}

}  // namespace

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
    router.add(
        Method::get, "/v1/recordings/{id}/files/{file}", Permission::view, bound(parts, send_file),
        Does("A recorded file, or FILE.json: which frame was heard when")
            .gives_file({{"audio/flac", ""}, {"application/json", json::reference_to<files::TrackManifest>()}}, false));
    router.add(Method::put, "/v1/recordings/{id}/tracks/{input}/manifest", Permission::worker,
               bound(parts, keep_manifest),
               Does("A worker hands in what stands beside a recorded file")
                   .takes<files::TrackManifest>()
                   .up_to(node::manifest_bytes_max)
                   .gives_nothing()
                   .refuses({404, 409, 507}));
    router.upload(
        Method::put, "/v1/recordings/{id}/tracks/{input}/audio", Permission::worker, track_bytes_max,
        [&parts] { return std::make_unique<TrackUpload>(parts.app, parts.incoming, parts.recordings); },
        Does("A worker hands in a recorded file")
            .takes_file("audio/flac")
            .must_have("query", "sha256", "of the file")
            .gives_nothing()
            .decided()
            .refuses({404}));
}

}  // namespace antiphon::coordinator
