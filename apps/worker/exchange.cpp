// Download with resume; whether it is tried again is decided by the kind of error.
#include "apps/worker/exchange.hpp"

#include "apps/worker/pauses.hpp"

namespace antiphon::worker {
namespace {

constexpr int fetch_attempts_max = 20;

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

}  // namespace antiphon::worker
