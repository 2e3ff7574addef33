// Nothing is answered before the file is in its place and the row is durable.
#include "apps/coordinator/track_upload.hpp"

#include "adapters/files/atomic_write.hpp"
#include "adapters/files/posix.hpp"
#include "adapters/files/track_manifest.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/node/track_manifest.hpp"

namespace antiphon::coordinator {
namespace {

core::Result<void> put_in_place(files::BlobFolder& incoming, const core::BlobHash& hash,
                                const std::filesystem::path& target) {
    if (auto made = files::ensure_folder(target.parent_path()); !made) return made;
    std::error_code error;
    std::filesystem::remove(target, error);  // handed in before: the same, or an older try
    std::filesystem::create_hard_link(incoming.path(hash), target, error);
    if (error)
        return core::Error{core::ErrorCode::unavailable, "cannot keep " + target.string() + ": " + error.message()};
    if (auto synced = files::sync_folder(target.parent_path()); !synced) return synced;
    return incoming.remove(hash);
}

// What remains of an upload once its sink is gone.
struct HandedIn {
    CoordinatorApp& app;
    files::BlobFolder& incoming;
    std::filesystem::path folder;  // its recording's
    core::RecordingId recording;
    core::EndpointId input;
    core::BlobHash sha256;

    void keep(http::Responder responder) const {
        const auto name = track_file_name(input);
        if (auto kept = put_in_place(incoming, sha256, folder / (name + ".flac")); !kept)
            return responder.fail(kept.error());
        core::TrackReceived track;
        track.recording = recording;
        track.input = input;
        if (const auto manifest = node::read_track_manifest(folder / (name + ".flac.json"))) {
            track.frames = manifest->frames;
            track.gap_frames = files::gap_frames(*manifest);
            track.note = manifest->note.value_or("");
        }
        track.sha256 = sha256.value;
        track.file = name + ".flac";
        app.receive_track(std::move(track), answer_empty(std::move(responder)));
    }
};

}  // namespace

std::string track_file_name(const core::EndpointId& input) { return input.worker.value + "." + input.name; }

core::Result<void> TrackUpload::begin(const http::Request& request, std::optional<std::uint64_t> content_length_bytes) {
    auto recording = core::parse_name(request.param("id"));
    if (!recording) return recording.error();
    auto input = core::parse_name(request.param("input"));
    if (!input) return input.error();
    auto sha256 = core::parse_blob_hash(request.query_or("sha256", ""));
    if (!sha256) return sha256.error();
    recording_ = {*recording};
    input_ = {{request.identity->name}, *input};
    sha256_ = *sha256;
    auto writer = incoming_.create(content_length_bytes.value_or(0));
    if (!writer) return writer.error();
    writer_ = std::move(*writer);
    return {};
}

void TrackUpload::finish(http::Responder responder) {
    const auto info = writer_->finish(sha256_);
    if (!info) return responder.fail(info.error());
    const HandedIn file{app_, incoming_, recordings_ / recording_.value, recording_, input_, sha256_};
    const auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_for(app_, kept, [kept, file](const core::CoordinatorState& state) {
        const auto wanted = core::require_track(state, file.recording, file.input);
        if (wanted) return file.keep(std::move(*kept));
        static_cast<void>(file.incoming.remove(file.sha256));
        kept->fail(wanted.error());
    });
}

}  // namespace antiphon::coordinator
