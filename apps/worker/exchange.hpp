// What a worker fetches from the coordinator's HTTP server.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "adapters/files/blob_folder.hpp"
#include "adapters/http/client.hpp"
#include "core/worker.hpp"

namespace antiphon::worker {

// On the loop's thread. It is tried again with growing pauses for as long as the reason may pass.
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

  private:
    struct Fetch;

    void download(const std::shared_ptr<Fetch>& fetch);
    void end_fetch(const std::shared_ptr<Fetch>& fetch, const std::string& failure);

    http::Client& client_;
    files::BlobFolder& cache_;
    After after_;
    InUse in_use_;
    std::map<core::BlobHash, std::shared_ptr<Fetch>> fetches_;
};

}  // namespace antiphon::worker
