// Download with resume, upload with a hash; who retries and when is decided by the kind of error.
#include "apps/worker/exchange.hpp"

#include <algorithm>

#include "adapters/files/atomic_write.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/system/log.hpp"
#include "apps/node/track_manifest.hpp"

namespace antiphon::worker {
namespace {

constexpr int fetch_attempts_max = 20;
constexpr core::Duration first_pause = std::chrono::milliseconds(200);
constexpr core::Duration longest_pause = std::chrono::seconds(10);

core::Duration pause_after(int attempts) {
    return std::min<core::Duration>(first_pause * (1 << std::min(attempts, 8)), longest_pause);
}

bool may_pass(const core::Error& error) {
    return error.code == core::ErrorCode::unavailable || error.code == core::ErrorCode::internal ||
           error.code == core::ErrorCode::exhausted;
}

}  // namespace

struct Exchange::Fetch {
    core::Programme programme;
    std::vector<Fetched> waiting;
    std::unique_ptr<ports::BlobWriter> writer;
    int attempts = 0;
};

struct Exchange::Upload {
    core::TrackId id;
    files::TrackFile file;
    std::string sha256;
    std::function<void(const std::string&)> done;
    int attempts = 0;
};

void Exchange::fetch(const core::Programme& programme, Fetched fetched) {
    if (cache_.find(programme.blob)) {
        cache_.touch(programme.blob);
        return fetched(programme.blob, "");
    }
    auto& fetch = fetches_[programme.blob];
    const bool under_way = static_cast<bool>(fetch);
    if (!under_way) fetch = std::make_shared<Fetch>(Fetch{programme, {}, nullptr, 0});
    fetch->waiting.push_back(std::move(fetched));
    if (!under_way) download(std::shared_ptr<Fetch>(fetch));
}

void Exchange::end_fetch(const std::shared_ptr<Fetch>& fetch, const std::string& failure) {
    fetches_.erase(fetch->programme.blob);
    for (const auto& fetched : fetch->waiting) fetched(fetch->programme.blob, failure);
}

void Exchange::download(const std::shared_ptr<Fetch>& fetch) {
    const auto size_bytes = fetch->programme.size_bytes;
    auto writer = cache_.create(size_bytes);
    const bool full = !writer && writer.error().code == core::ErrorCode::exhausted;
    if (full && cache_.make_room(size_bytes, in_use_)) writer = cache_.create(size_bytes);
    if (!writer) return end_fetch(fetch, writer.error().what);
    fetch->writer = std::move(*writer);
    http::DownloadRequest request;
    request.target = "/v1/blobs/" + fetch->programme.blob.value;
    const auto sink = [fetch](std::span<const std::byte> piece) { return fetch->writer->append(piece); };
    client_.download(std::move(request), sink, [this, fetch](const core::Result<http::Downloaded>& got) {
        core::Result<void> end = got ? core::Result<void>() : core::Result<void>(got.error());
        if (got)
            if (auto finished = fetch->writer->finish(fetch->programme.blob); !finished) end = finished.error();
        fetch->writer.reset();
        if (end) return end_fetch(fetch, "");
        if (!may_pass(end.error()) || ++fetch->attempts >= fetch_attempts_max)
            return end_fetch(fetch, end.error().what);
        after_(pause_after(fetch->attempts), [this, fetch] { download(fetch); });
    });
}

void Exchange::upload(const core::TrackId& id, const files::TrackFile& file, const std::string& sha256,
                      std::function<void(const std::string&)> done) {
    if (!uploads_.insert(id).second) return;
    send_manifest(std::make_shared<Upload>(Upload{id, file, sha256, std::move(done), 0}));
}

void Exchange::retry_upload(const std::shared_ptr<Upload>& upload, const core::Error& why) {
    if (!may_pass(why)) {
        uploads_.erase(upload->id);
        system::log::warning("upload.refused", {{"file", upload->file.audio().string()}}, why.what);
        upload->done(why.what);
        return;
    }
    after_(pause_after(++upload->attempts), [this, upload] { send_manifest(upload); });
}

void Exchange::send_manifest(const std::shared_ptr<Upload>& upload) {
    auto text = files::read_text(upload->file.manifest(), node::manifest_bytes_max);
    if (!text) return retry_upload(upload, {core::ErrorCode::not_found, text.error().what});
    http::ClientRequest request;
    request.method = http::Method::put;
    request.target = "/v1/recordings/" + upload->id.first.value + "/tracks/" + upload->id.second + "/manifest";
    request.body = std::move(*text);
    client_.request(std::move(request), [this, upload](const core::Result<http::Response>& got) {
        if (!got) return retry_upload(upload, got.error());
        if (got->status >= 400) return retry_upload(upload, http::error_of(*got));
        send_audio(upload);
    });
}

void Exchange::send_audio(const std::shared_ptr<Upload>& upload) {
    http::UploadRequest request;
    request.target =
        "/v1/recordings/" + upload->id.first.value + "/tracks/" + upload->id.second + "/audio?sha256=" + upload->sha256;
    request.content_type = "audio/flac";
    request.source = upload->file.audio();
    client_.upload(std::move(request), [this, upload](const core::Result<http::Response>& got) {
        if (!got) return retry_upload(upload, got.error());
        if (got->status >= 400) return retry_upload(upload, http::error_of(*got));
        uploads_.erase(upload->id);
        upload->done("");
    });
}

}  // namespace antiphon::worker
