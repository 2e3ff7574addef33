// Each segment is announced by its row; the answer says what the coordinator has of it already.
#include "apps/worker/segment_sender.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <tuple>

#include "adapters/http/problem.hpp"
#include "adapters/json/json.hpp"
#include "adapters/system/log.hpp"
#include "apps/api/segments.hpp"
#include "apps/worker/pauses.hpp"

namespace antiphon::worker {
namespace {

// `conflict`: somebody else sent from elsewhere meanwhile; `corrupt`: it came damaged, and begins anew.
bool may_pass(const core::Error& error) {
    return error.code == core::ErrorCode::unavailable || error.code == core::ErrorCode::internal ||
           error.code == core::ErrorCode::exhausted || error.code == core::ErrorCode::conflict ||
           error.code == core::ErrorCode::corrupt;
}

std::string target_of(const core::TrackId& id) { return "/v1/recordings/" + id.first.value + "/inputs/" + id.second; }
std::string target_of(const core::TrackId& id, const media::SegmentRow& row) {
    return target_of(id) + "/segments/" + std::to_string(row.number);
}

std::optional<core::Error> error_in(const core::Result<http::Response>& got) {
    if (!got) return got.error();
    return got->status >= 400 ? std::optional(http::error_of(*got)) : std::nullopt;
}

// A file from `offset` on.
http::ChunkSource source_of(const std::filesystem::path& file, std::uint64_t offset) {
    auto in = std::make_shared<std::ifstream>(file, std::ios::binary);
    in->seekg(static_cast<std::streamoff>(offset));
    return [in, file](std::span<std::byte> out) -> core::Result<std::size_t> {
        if (!in->good() && !in->eof()) return core::Error{core::ErrorCode::not_found, "cannot read " + file.string()};
        std::vector<char> piece(out.size());
        in->read(piece.data(), static_cast<std::streamsize>(piece.size()));
        const auto got = std::as_bytes(std::span(piece).first(static_cast<std::size_t>(in->gcount())));
        std::copy(got.begin(), got.end(), out.begin());
        return got.size();
    };
}

}  // namespace

std::size_t SegmentSender::waiting() const {
    return std::accumulate(tracks_.begin(), tracks_.end(), std::size_t{0},
                           [](std::size_t sum, const auto& entry) { return sum + entry.second.rows.size(); });
}

void SegmentSender::send(const core::TrackId& id, media::SegmentRow row) {
    auto& track = tracks_[id];
    if (!track.refused.empty()) return;
    const auto number = row.number;
    track.rows[number] = std::move(row);
    next();
}

void SegmentSender::complete(const core::TrackId& id, std::map<int, std::string> all,
                             std::function<void(const std::string&)> done) {
    auto& track = tracks_[id];
    if (!track.refused.empty()) {
        const auto refused = track.refused;
        tracks_.erase(id);
        return done(refused);
    }
    track.all = std::move(all);
    track.done = std::move(done);
    next();
}

void SegmentSender::forget(const core::TrackId& id) { tracks_.erase(id); }

const media::SegmentRow* SegmentSender::first_of(const Track& track) {
    const auto times = [&](int number) {
        const auto known = track.damaged.find(number);
        return known == track.damaged.end() ? 0 : known->second;
    };
    const auto least = std::ranges::min_element(
        track.rows, {}, [&](const auto& entry) { return std::pair(times(entry.first), entry.first); });
    return least == track.rows.end() ? nullptr : &least->second;
}

SegmentSender::Tracks::iterator SegmentSender::most_urgent() {
    const auto order = [](const auto& entry) {
        const auto& track = entry.second;
        const auto* row = first_of(track);
        const auto damaged = row ? track.damaged.find(row->number) : track.damaged.end();
        return std::tuple(damaged == track.damaged.end() ? 0 : damaged->second, !track.all.has_value(),
                          row ? row->started.ns : 0);
    };
    auto best = tracks_.end();
    for (auto it = tracks_.begin(); it != tracks_.end(); ++it)
        if ((!it->second.rows.empty() || it->second.all) && (best == tracks_.end() || order(*it) < order(*best)))
            best = it;
    return best;
}

void SegmentSender::came_damaged(const core::TrackId& id, int number) {
    if (const auto it = tracks_.find(id); it != tracks_.end()) ++it->second.damaged[number];
}

void SegmentSender::next() {
    if (busy_) return;
    const auto it = most_urgent();
    if (it == tracks_.end()) return;
    busy_ = true;
    const auto& [id, track] = *it;
    const auto* row = first_of(track);
    row ? announce(id, *row) : finish(id, track);
}

void SegmentSender::announce(const core::TrackId& id, const media::SegmentRow& row) {
    http::ClientRequest request;
    request.method = http::Method::put;
    request.target = target_of(id, row);
    request.body = json::encode(row);
    client_.request(std::move(request), [this, id, row](const core::Result<http::Response>& got) {
        if (const auto error = error_in(got)) return fail(id, *error);
        const auto place = json::decode<api::SegmentPlace>(got->body);
        if (!place) return fail(id, place.error());
        if (place->kept) return is_kept(id, row);
        send_audio(id, row, place->received_bytes);
    });
}

void SegmentSender::send_audio(const core::TrackId& id, const media::SegmentRow& row, std::uint64_t offset) {
    http::UploadRequest request;
    request.target = target_of(id, row) + "/audio?offset=" + std::to_string(offset);
    request.content_type = "audio/flac";
    request.source = source_of(handlers_.file_of(id, row.number), offset);
    request.content_length = row.bytes - std::min(offset, row.bytes);
    client_.upload(std::move(request), [this, id, row](const core::Result<http::Response>& got) {
        const auto error = error_in(got);
        if (!error) return is_kept(id, row);
        if (error->code == core::ErrorCode::corrupt) came_damaged(id, row.number);
        fail(id, *error);
    });
}

void SegmentSender::is_kept(const core::TrackId& id, const media::SegmentRow& row) {
    attempts_ = 0;
    busy_ = false;
    if (const auto it = tracks_.find(id); it != tracks_.end()) {
        auto& rows = it->second.rows;
        if (const auto sent = rows.find(row.number); sent != rows.end() && sent->second == row) rows.erase(sent);
    }
    handlers_.kept(id, row);
    next();
}

void SegmentSender::finish(const core::TrackId& id, const Track& track) {
    api::TrackComplete complete;
    for (const auto& [number, sha256] : *track.all) complete.segments.push_back({number, sha256});
    http::ClientRequest request;
    request.method = http::Method::post;
    request.target = target_of(id) + "/complete";
    request.body = json::encode(complete);
    client_.request(std::move(request), [this, id](const core::Result<http::Response>& got) {
        if (const auto error = error_in(got)) return fail(id, *error);
        attempts_ = 0;
        busy_ = false;
        const auto it = tracks_.find(id);
        const auto done = it == tracks_.end() ? nullptr : std::move(it->second.done);
        if (it != tracks_.end()) tracks_.erase(it);
        if (done) done("");
        next();
    });
}

void SegmentSender::fail(const core::TrackId& id, const core::Error& why) {
    if (may_pass(why))
        return after_(pause_after(++attempts_), [this] {
            busy_ = false;
            next();
        });
    busy_ = false;
    system::log::warning("segment.refused", {{"recording", id.first.value}, {"input", id.second}}, why.what);
    if (const auto it = tracks_.find(id); it != tracks_.end()) {
        auto& track = it->second;
        track.refused = why.what;
        track.rows.clear();
        track.all.reset();
        if (const auto done = std::exchange(track.done, nullptr)) {
            tracks_.erase(it);
            done(why.what);
        }
    }
    next();
}

}  // namespace antiphon::worker
