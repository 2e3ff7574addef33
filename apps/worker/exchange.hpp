// What a worker fetches from the coordinator's HTTP server, and hands in there.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "adapters/files/blob_folder.hpp"
#include "adapters/files/track_recorder.hpp"
#include "adapters/http/client.hpp"
#include "core/worker.hpp"

namespace antiphon::worker {

// On the loop's thread. Both directions are tried again with growing pauses for as long as the reason may pass.
class Exchange {
  public:
    using After = std::function<void(core::Duration, std::function<void()>)>;  // calls once, later
    using Fetched = std::function<void(const core::BlobHash&, const std::string& failure)>;
    using InUse = std::function<bool(const core::BlobHash&)>;

    Exchange(http::Client& client, files::BlobFolder& cache, After after, InUse in_use)
        : client_(client), cache_(cache), after_(std::move(after)), in_use_(std::move(in_use)) {}

    // Calls `fetched` once: the blob is in the cache and its hash checked, or why not. Several wishes for one blob are
    // one download. Where the cache is full, what is not in use and was not used for the longest time goes.
    void fetch(const core::Programme& programme, Fetched fetched);

    // Hands in the manifest and the file until the coordinator has both; then calls `done`. A refusal that will not
    // pass calls it with a reason.
    void upload(const core::TrackId& id, const files::TrackFile& file, const std::string& sha256,
                std::function<void(const std::string& refusal)> done);

  private:
    struct Fetch;
    struct Upload;

    void download(const std::shared_ptr<Fetch>& fetch);
    void end_fetch(const std::shared_ptr<Fetch>& fetch, const std::string& failure);
    void send_manifest(const std::shared_ptr<Upload>& upload);
    void send_audio(const std::shared_ptr<Upload>& upload);
    void retry_upload(const std::shared_ptr<Upload>& upload, const core::Error& why);

    http::Client& client_;
    files::BlobFolder& cache_;
    After after_;
    InUse in_use_;
    std::map<core::BlobHash, std::shared_ptr<Fetch>> fetches_;
    std::set<core::TrackId> uploads_;
};

}  // namespace antiphon::worker
