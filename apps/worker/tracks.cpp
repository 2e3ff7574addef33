// Names of recordings and inputs follow the rules of names, so they are safe as folders and can be read back.
#include "apps/worker/tracks.hpp"

#include <algorithm>

#include "adapters/files/sha256.hpp"
#include "adapters/system/log.hpp"
#include "apps/node/segment_rows.hpp"
#include "apps/node/track_totals.hpp"
#include "media/recording/segment_mend.hpp"

namespace antiphon::worker {
namespace {

namespace fs = std::filesystem;

core::TrackReport failed(const core::TrackId& id, const std::string& reason) {
    core::TrackReport report;
    report.id = id.first;
    report.input = id.second;
    report.state = core::TrackState::failed;
    report.reason = reason;
    return report;
}

std::vector<std::string> names_in(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code none;
    for (auto it = fs::directory_iterator(folder, none); !none && it != fs::directory_iterator(); it.increment(none))
        if (it->is_directory(none) && core::parse_name(it->path().filename().string()))
            names.push_back(it->path().filename().string());
    std::ranges::sort(names);
    return names;
}

std::vector<media::SegmentRow> values_of(const std::map<int, media::SegmentRow>& rows) {
    std::vector<media::SegmentRow> values;
    for (const auto& [number, row] : rows) values.push_back(row);
    return values;
}

}  // namespace

Tracks::Tracks(fs::path folder, std::vector<Input>& inputs, WallClock wall, std::uint64_t quota_bytes)
    : folder_(std::move(folder)), inputs_(inputs), wall_(std::move(wall)), space_(quota_bytes) {}

Tracks::~Tracks() {
    for (const auto& [id, recorder] : recorders_) stop_listening(id, *recorder);
}

core::Result<files::SegmentFolder> Tracks::open(const core::TrackId& id) const {
    return files::SegmentFolder::open(folder_ / id.first.value / id.second, node::segment_row_text());
}

fs::path Tracks::file_of(const core::TrackId& id, int number) const {
    return files::SegmentFolder::whole_in(folder_ / id.first.value / id.second, number);
}

core::TrackReport Tracks::report_of(const core::TrackId& id, const Track& track) const {
    core::TrackReport report;
    report.id = id.first;
    report.input = id.second;
    report.frames = track.totals.frames;
    report.gap_frames = static_cast<std::uint64_t>(track.totals.gap_frames);
    report.reason = track.totals.note;
    if (!track.recorder) {
        report.state = core::TrackState::stored;
        report.sha256 = track.totals.sha256;
        return report;
    }
    const auto status = track.recorder->status();
    report.state = core::TrackState::recording;
    report.level = status.level;
    report.frames += status.frames;
    report.gap_frames += static_cast<std::uint64_t>(status.gap_frames);
    if (!status.trouble.empty()) report.reason = status.trouble;
    if (report.reason.empty()) report.reason = space_.warning();
    return report;
}

std::vector<core::TrackReport> Tracks::recover() {
    std::vector<core::TrackReport> found;
    for (const auto& recording : names_in(folder_))
        for (const auto& input : names_in(folder_ / recording))
            if (auto track = take_up({{recording}, input})) found.push_back(std::move(*track));
    return found;
}

std::optional<core::TrackReport> Tracks::take_up(const core::TrackId& id) {
    if (const auto known = tracks_.find(id); known != tracks_.end()) return report_of(id, known->second);
    auto folder = open(id);
    auto rows = folder ? media::mend_track(*folder) : core::Result<std::vector<media::SegmentRow>>(folder.error());
    if (!rows) {
        system::log::warning("track.unreadable", {{"recording", id.first.value}, {"input", id.second}},
                             rows.error().what);
        return failed(id, rows.error().what);
    }
    if (rows->empty()) {
        forget_empty(id);  // it had not begun
        return std::nullopt;
    }
    auto& track = tracks_[id];
    for (auto& row : *rows) {
        if (!row.kept) closed_.emplace_back(id, row);
        track.rows[row.number] = std::move(row);
    }
    track.totals = node::totals_of(values_of(track.rows));
    return report_of(id, track);
}

void Tracks::stop_listening(const core::TrackId& id, const files::TrackRecorder& recorder) {
    if (auto* input = find_input(inputs_, id.second); input && input->source) input->source->stop(recorder);
}

core::Result<void> Tracks::begin(const core::TrackId& id, const std::optional<core::SoundTrigger>& on_sound) {
    if (!core::parse_name(id.first.value) || !core::parse_name(id.second))
        return core::Error{core::ErrorCode::invalid, "'" + id.first.value + "/" + id.second + "' cannot name a folder"};
    auto* input = find_input(inputs_, id.second);
    if (!input) return core::Error{core::ErrorCode::not_found, "there is no input '" + id.second + "' here"};
    if (!input->source) return core::Error{core::ErrorCode::unavailable, input->failure};
    auto folder = open(id);
    if (!folder) return folder.error();
    const auto& rows = tracks_[id].rows;
    std::uint64_t life = 0;
    for (const auto& [number, row] : rows)
        if (row.life < media::rowless_life) life = std::max(life, row.life);
    media::SegmentOptions options;
    options.rate = input->source->format().rate;
    options.life = life + 1;
    options.first_number = rows.empty() ? 0 : rows.rbegin()->first + 1;
    options.title = id.first.value + " " + id.second;
    options.device = input->device;
    look_at_space();
    auto recorder = std::make_unique<files::TrackRecorder>(
        std::make_unique<files::LimitedSegments>(std::make_unique<files::SegmentFolder>(std::move(*folder)), space_),
        options, wall_, files::TrackRecorder::silent_after_default, on_sound);
    recorder->set_clock(map_);
    if (auto started = input->source->start(*recorder); !started) {
        if (rows.empty()) forget_empty(id);
        return started.error();
    }
    recorders_[id] = recorder.get();
    tracks_[id].recorder = std::move(recorder);
    return {};
}

// What is safe at the coordinator takes no room here any more.
void Tracks::look_at_space() {
    std::uint64_t bytes = 0;
    for (const auto& [id, track] : tracks_)
        for (const auto& [number, row] : track.rows) bytes += row.kept ? 0 : row.bytes;
    space_.tell(bytes, files::space_on_disk(folder_));
}

void Tracks::capture(const core::TrackId& id, const std::optional<core::SoundTrigger>& on_sound) {
    if (recorders_.contains(id)) return;
    if (auto begun = begin(id, on_sound); !begun) news_.push_back(failed(id, begun.error().what));
}

void Tracks::finish(const core::TrackId& id) {
    const auto it = recorders_.find(id);
    if (it == recorders_.end()) return;
    stop_listening(id, *it->second);
    it->second->finish();
}

void Tracks::discard(const core::TrackId& id) {
    tracks_.erase(id);
    std::error_code stays;
    fs::remove_all(folder_ / id.first.value / id.second, stays);
    fs::remove(folder_ / id.first.value, stays);  // once it is empty
}

void Tracks::forget_empty(const core::TrackId& id) {
    tracks_.erase(id);
    std::error_code stays;  // with what somebody else put there
    fs::remove(folder_ / id.first.value / id.second, stays);
    fs::remove(folder_ / id.first.value, stays);
}

void Tracks::set_clock(const media::ClockMap& map) {
    map_ = map;
    for (const auto& [id, recorder] : recorders_) recorder->set_clock(map);
}

void Tracks::keep_closed(const core::TrackId& id, Track& track) {
    for (auto& row : track.recorder->take_closed()) {
        closed_.emplace_back(id, row);
        track.rows[row.number] = std::move(row);
    }
}

std::vector<core::TrackReport> Tracks::poll() {
    auto news = std::exchange(news_, {});
    if (!recorders_.empty()) look_at_space();
    for (auto it = recorders_.begin(); it != recorders_.end();) {
        auto& track = tracks_[it->first];
        const bool finished = track.recorder->status().finished;
        keep_closed(it->first, track);
        if (finished) {
            track.recorder.reset();
            track.totals = node::totals_of(values_of(track.rows));
        }
        if (!track.safe.empty()) let_go(it->first, track);
        news.push_back(report_of(it->first, track));
        it = finished ? recorders_.erase(it) : std::next(it);
    }
    return news;
}

std::vector<std::pair<core::TrackId, media::SegmentRow>> Tracks::take_closed() { return std::exchange(closed_, {}); }

std::map<int, std::string> Tracks::hashes(const core::TrackId& id) const {
    std::map<int, std::string> hashes;
    if (const auto track = tracks_.find(id); track != tracks_.end())
        for (const auto& [number, row] : track->second.rows) hashes[number] = row.sha256;
    return hashes;
}

void Tracks::release(const core::TrackId& id, const media::SegmentRow& row) {
    const auto track = tracks_.find(id);
    if (track == tracks_.end()) return;
    const auto known = track->second.rows.find(row.number);
    if (known == track->second.rows.end() || known->second.kept || known->second.sha256 != row.sha256) return;
    track->second.safe.insert(row.number);
    let_go(id, track->second);
}

// The recorder may write the row of its last segment again: until then that is its own.
void Tracks::let_go(const core::TrackId& id, Track& track) {
    const int last = track.rows.rbegin()->first;
    std::erase_if(track.safe, [&](int number) {
        if (track.recorder && number == last) return false;
        auto& row = track.rows.at(number);
        auto folder = open(id);
        const auto released = folder ? media::release_segment(*folder, row) : core::Result<void>(folder.error());
        if (!released) {
            system::log::warning("segment.stays", {{"recording", id.first.value}, {"input", id.second}},
                                 released.error().what);
            return false;
        }
        row.kept = true;
        return true;
    });
}

}  // namespace antiphon::worker
