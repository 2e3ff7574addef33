// A file's name is RECORDING.INPUT; both follow the rules of names, so it is safe and can be read back.
#include "apps/worker/tracks.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "adapters/files/atomic_write.hpp"
#include "adapters/files/sha256.hpp"
#include "adapters/json/json.hpp"
#include "adapters/system/log.hpp"
#include "apps/node/track_manifest.hpp"

namespace antiphon::worker {
namespace {

std::optional<core::TrackId> id_of(const std::string& stem) {
    const auto dot = stem.find('.');
    if (dot == std::string::npos) return std::nullopt;
    const auto recording = core::parse_name(stem.substr(0, dot));
    const auto input = core::parse_name(stem.substr(dot + 1));
    if (!recording || !input) return std::nullopt;
    return core::TrackId{{*recording}, *input};
}

core::TrackReport report_of(const core::TrackId& id, const files::TrackRecorder::Status& status) {
    return {id.first, id.second, status.state, status.reason, status.frames, status.gap_frames, status.sha256};
}

core::TrackReport failed(const core::TrackId& id, const std::string& reason) {
    core::TrackReport report;
    report.id = id.first;
    report.input = id.second;
    report.state = core::TrackState::failed;
    report.reason = reason;
    return report;
}

core::Result<files::TrackRecorder::Status> stored_status(const files::TrackFile& file) {
    auto digest = files::sha256_file(file.audio());
    if (!digest) return digest.error();
    files::TrackRecorder::Status status;
    status.state = core::TrackState::stored;
    status.sha256 = digest->value;
    if (const auto manifest = node::read_track_manifest(file.manifest())) {
        status.frames = manifest->frames;
        status.gap_frames = files::gap_frames(*manifest);
        status.reason = manifest->note.value_or("");
    }
    return status;
}

// The manifest of a growing file is saved now and then; here it learns what the file holds in the end.
core::Result<files::TrackRecorder::Status> recovered(const files::TrackFile& file) {
    return files::recover_track(file, [&](files::TrackRecorder::Status& status) -> core::Result<void> {
        auto manifest = node::read_track_manifest(file.manifest());
        if (!manifest) return manifest.error();
        manifest->frames = status.frames;
        manifest->sha256 = status.sha256;
        status.reason = files::cut_short;
        manifest->note = status.reason;
        status.gap_frames = files::gap_frames(*manifest);
        return files::atomic_write(file.manifest(), json::encode(*manifest) + "\n", 0640);
    });
}

// So that its input can be recorded again; a person may still find something in it.
void put_aside(const std::filesystem::path& growing) {
    auto aside = growing;
    aside += ".broken";
    std::error_code stays;
    std::filesystem::rename(growing, aside, stays);
}

}  // namespace

Tracks::Tracks(std::filesystem::path folder, std::string worker_name, std::vector<Input>& inputs)
    : folder_(std::move(folder)), worker_name_(std::move(worker_name)), inputs_(inputs) {}

Tracks::~Tracks() {
    for (const auto& [id, recorder] : recorders_) stop_listening(id, *recorder);
}

files::TrackFile Tracks::file_of(const core::TrackId& id) const { return {folder_, id.first.value + "." + id.second}; }

std::vector<core::TrackReport> Tracks::recover() {
    std::vector<core::TrackReport> found;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder_, none)) {
        const auto ending = entry.path().extension();
        const auto id = id_of(entry.path().stem());
        if (!id || (ending != ".part" && ending != ".flac")) continue;
        if (const auto growing = recorders_.find(*id); growing != recorders_.end()) {
            found.push_back(report_of(*id, growing->second->status()));
            continue;
        }
        if (const auto known = whole_.find(*id); known != whole_.end()) {
            found.push_back(known->second);
            continue;
        }
        const auto file = file_of(*id);
        const auto status = ending == ".part" ? recovered(file) : stored_status(file);
        if (status) {
            found.push_back(whole_[*id] = report_of(*id, *status));
            continue;
        }
        system::log::warning("track.unreadable", {{"file", entry.path().string()}}, status.error().what);
        // Only what will never be readable makes way; what the disk refuses now is tried again at the next start.
        if (ending == ".part" && status.error().code == core::ErrorCode::corrupt)
            put_aside(entry.path());
        else
            found.push_back(failed(*id, status.error().what));
    }
    return found;
}

void Tracks::stop_listening(const core::TrackId& id, const files::TrackRecorder& recorder) {
    if (auto* input = find_input(inputs_, id.second); input && input->source) input->source->stop(recorder);
}

core::Result<void> Tracks::begin(const core::TrackId& id, core::WallTime now) {
    if (!core::parse_name(id.first.value) || !core::parse_name(id.second))
        return core::Error{core::ErrorCode::invalid, "'" + id.first.value + "." + id.second + "' cannot name a file"};
    auto* input = find_input(inputs_, id.second);
    if (!input) return core::Error{core::ErrorCode::not_found, "there is no input '" + id.second + "' here"};
    if (!input->source) return core::Error{core::ErrorCode::unavailable, input->failure};
    files::TrackManifest manifest;
    manifest.recording = id.first.value;
    manifest.worker = worker_name_;
    manifest.input = input->name;
    manifest.device = input->device;
    manifest.rate = input->source->format().rate;
    manifest.started = now;
    auto recorder = files::TrackRecorder::open(file_of(id), std::move(manifest),
                                               [](const files::TrackManifest& m) { return json::encode(m) + "\n"; });
    if (!recorder) return recorder.error();
    (*recorder)->set_clock(map_);
    if (auto started = input->source->start(**recorder); !started) return started.error();
    recorders_[id] = std::move(*recorder);
    return {};
}

void Tracks::capture(const core::TrackId& id, core::WallTime now) {
    if (recorders_.contains(id)) return;
    if (auto begun = begin(id, now); !begun) news_.push_back(failed(id, begun.error().what));
}

void Tracks::finish(const core::TrackId& id) {
    const auto it = recorders_.find(id);
    if (it == recorders_.end()) return;
    stop_listening(id, *it->second);
    it->second->finish();
}

void Tracks::discard(const core::TrackId& id) {
    whole_.erase(id);
    const auto file = file_of(id);
    std::error_code gone;
    std::filesystem::remove(file.audio(), gone);
    std::filesystem::remove(file.manifest(), gone);
}

void Tracks::set_clock(const media::ClockMap& map) {
    map_ = map;
    for (const auto& [id, recorder] : recorders_) recorder->set_clock(map);
}

std::vector<core::TrackReport> Tracks::poll() {
    auto news = std::exchange(news_, {});
    for (auto it = recorders_.begin(); it != recorders_.end();) {
        const auto status = it->second->status();
        news.push_back(report_of(it->first, status));
        if (status.state == core::TrackState::recording) {
            ++it;
            continue;
        }
        stop_listening(it->first, *it->second);
        if (status.state == core::TrackState::stored) whole_[it->first] = news.back();
        it = recorders_.erase(it);
    }
    return news;
}

}  // namespace antiphon::worker
