// First the line of time, then the sound in blocks of a second, then what is to be told of it.
#include "apps/export/exporter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ranges>

#include "adapters/files/atomic_write.hpp"
#include "adapters/files/sha256.hpp"
#include "adapters/json/json.hpp"
#include "apps/export/marks.hpp"
#include "apps/export/track_renderer.hpp"
#include "apps/export/waveform_picture.hpp"
#include "media/recording/segment_check.hpp"
#include "media/recording/waveform.hpp"

namespace antiphon::exporting {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;

constexpr core::FrameCount block_frames = core::cluster_rate;
constexpr ::mode_t file_mode = 0644;
constexpr core::FrameCount frames_a_day = 86'400 * core::FrameCount{core::cluster_rate};
constexpr core::FrameCount days_max = 1'000;

// "hall/mic" is hall.mic; both are names, so it is safe.
std::string file_name(const std::string& input) {
    auto name = input;
    for (auto& c : name)
        if (c == '/' || static_cast<unsigned char>(c) < ' ') c = '.';
    return name.empty() || name.front() == '.' ? "_" + name : name;
}

core::WallTime started_of(const std::vector<Track>& tracks) {
    core::WallTime first{std::numeric_limits<std::int64_t>::max()};
    for (const auto& track : tracks)
        for (const auto& row : track.rows) first = std::min(first, row.started);
    return first;
}

std::int64_t frames_since_midnight(core::WallTime time) {
    constexpr std::int64_t day_ns = 86'400'000'000'000;
    const auto ns = (time.ns % day_ns + day_ns) % day_ns;
    return ns / 1000 * core::cluster_rate / 1'000'000;
}

ExportedTrack described(const Track& track, const media::TimedTrack& timed, std::int64_t begin_ns) {
    ExportedTrack told;
    told.input = track.input;
    told.gaps = media::gaps_on_line(timed, track.rows, begin_ns);
    double sigma_ns = 0;
    for (const auto& life : timed.lives) {
        told.by_wall_clock |= life.by_wall;
        for (const auto frame : {core::FrameCount{0}, life.end / 2, life.end})
            sigma_ns = std::max(sigma_ns, life.time.sigma_ns_at(static_cast<double>(frame)));
    }
    told.clock_error_ns = std::llround(sigma_ns);
    if (!timed.lives.empty()) told.drift_ppm = timed.lives.front().time.drift() * 1e6;
    told.note = media::notes_of(track.rows);
    if (timed.unplaced > 0) {
        told.unplaced_frames = timed.unplaced;
        told.note +=
            std::string(told.note.empty() ? "" : "; ") + "a board without the cluster's time had another date: " +
            std::to_string(timed.unplaced / core::cluster_rate) + " s of its sound have no place, and are left out";
    }
    if (!track.rows.empty()) told.device = track.rows.back().device;
    return told;
}

class Export {
  public:
    Export(const std::vector<Track>& tracks, const Wanted& wanted, media::RecordingTime time)
        : tracks_(tracks), wanted_(wanted), time_(std::move(time)) {
        manifest_.recording = wanted.recording;
        manifest_.incarnation = time_.incarnation;
        manifest_.origin_ns = time_.begin_ns();
        manifest_.started = started_of(tracks);
        manifest_.frames = time_.frames();
        for (std::size_t i = 0; i < tracks.size(); ++i)
            manifest_.tracks.push_back(described(tracks[i], time_.tracks[i], manifest_.origin_ns));
        if (!wanted.title.empty()) manifest_.title = wanted.title;
        if (!wanted.marks.empty()) manifest_.marks = marks_on_line(wanted.marks, manifest_);
        for (std::size_t i = 0; i < tracks.size(); ++i)
            if (tracks[i].rows.empty())
                manifest_.tracks[i].gaps.push_back({0, manifest_.frames, "nothing of it is at the coordinator", {}});
    }

    core::Result<ExportManifest> run() {
        auto done = wanted_.one_file ? write_one() : write_each();
        if (!done) return done.error();
        if (auto written = write_marks(); !written) return written.error();
        const auto file = wanted_.folder / manifest_name;
        if (auto written = files::atomic_write(file, json::encode(manifest_) + "\n", file_mode); !written)
            return written.error();
        return manifest_;
    }

  private:
    std::string title_of(const std::string& more) const {
        return (wanted_.title.empty() ? wanted_.recording : wanted_.title + " (" + wanted_.recording + ")") + more;
    }

    TrackRenderer renderer_of(std::size_t track) const {
        return {time_.tracks[track], tracks_[track].rows, tracks_[track].file_of, manifest_.origin_ns};
    }

    core::Result<files::SoundWriter> open(const std::string& name, const std::string& title,
                                          std::size_t channels) const {
        return files::SoundWriter::open(wanted_.folder / name, wanted_.format,
                                        {.channels = static_cast<int>(channels),
                                         .title = title,
                                         .started = manifest_.started,
                                         .time_reference = frames_since_midnight(manifest_.started)});
    }

    // Each block of all renderers, side by side, into one file, and each of them into its picture.
    core::Result<void> write(const std::string& name, const std::string& title, std::vector<std::size_t> which) {
        auto writer = open(name, title, which.size());
        if (!writer) return writer.error();
        std::vector<TrackRenderer> renderers;
        for (const auto track : which) renderers.push_back(renderer_of(track));
        std::vector<media::Waveform> waveforms(which.size());
        std::vector<float> mono, together;
        for (core::FrameCount at = 0; at < manifest_.frames; at += block_frames) {
            const auto frames = static_cast<std::size_t>(std::min(block_frames, manifest_.frames - at));
            mono.resize(frames);
            together.resize(frames * which.size());
            for (std::size_t channel = 0; channel < which.size(); ++channel) {
                if (auto rendered = renderers[channel].render(mono); !rendered)
                    return rendered.error().within(tracks_[which[channel]].input);
                waveforms[channel].add(mono);
                for (std::size_t i = 0; i < frames; ++i) together[i * which.size() + channel] = mono[i];
            }
            if (auto written = writer->write(together); !written) return written;
            done_ += static_cast<core::FrameCount>(frames * which.size());
            const auto all = static_cast<double>(manifest_.frames) * static_cast<double>(tracks_.size());
            if (wanted_.progress) wanted_.progress(static_cast<double>(done_) / all);
        }
        if (auto finished = writer->finish(); !finished) return finished;
        return tell(name, which, waveforms);
    }

    core::Result<void> tell(const std::string& name, const std::vector<std::size_t>& which,
                            const std::vector<media::Waveform>& waveforms) {
        const auto hash = files::sha256_file(wanted_.folder / name);
        if (!hash) return hash.error();
        for (std::size_t channel = 0; channel < which.size(); ++channel) {
            auto& told = manifest_.tracks[which[channel]];
            told.file = name;
            told.channel = static_cast<int>(channel);
            told.sha256 = hash->value;
            const auto picture = waveform_picture(waveforms[channel], told.gaps, wanted_.recording + "  " + told.input);
            const auto file = wanted_.folder / (file_name(told.input) + ".svg");
            if (auto written = files::atomic_write(file, picture, file_mode); !written) return written;
        }
        return {};
    }

    core::Result<void> write_marks() const {
        const auto file = wanted_.folder / marks_name;
        std::error_code none;
        if (!manifest_.marks) return fs::remove(file, none), core::Result<void>();
        return files::atomic_write(file, label_track(*manifest_.marks), file_mode);
    }

    core::Result<void> write_one() {
        std::vector<std::size_t> all(tracks_.size());
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
        return write(wanted_.recording + files::ending_of(wanted_.format), title_of(""), all);
    }
    core::Result<void> write_each() {
        for (std::size_t i = 0; i < tracks_.size(); ++i) {
            const auto& input = tracks_[i].input;
            auto written = write(file_name(input) + files::ending_of(wanted_.format), title_of(" " + input), {i});
            if (!written) return written;
        }
        return {};
    }

    const std::vector<Track>& tracks_;
    const Wanted& wanted_;
    const media::RecordingTime time_;
    ExportManifest manifest_;
    core::FrameCount done_ = 0;  // of all tracks
};

}  // namespace

core::Result<ExportManifest> export_recording(const std::vector<Track>& tracks, const Wanted& wanted) {
    std::vector<std::vector<media::SegmentRow>> rows;
    for (const auto& track : tracks) rows.push_back(track.rows);
    if (std::ranges::all_of(rows, [](const auto& track) { return track.empty(); }))
        return Error{ErrorCode::not_found, "of recording " + wanted.recording + " no sound is here"};
    const auto here = "recording " + wanted.recording;
    for (const auto& row : std::views::join(rows))
        if (const auto checked = media::check_row(row); !checked) return checked.error().within(here);
    auto time = media::recording_time(rows);
    if (!time) return time.error().within(here);
    if (const auto days = time->frames() / frames_a_day; days > days_max)
        return Error{ErrorCode::invalid, here + " would be " + std::to_string(days) +
                                             " days long: a board that did not know the cluster's time had another "
                                             "date than the others, so its sound has no place; its segments are in "
                                             "the coordinator's folder recordings/" +
                                             wanted.recording};
    return Export(tracks, wanted, std::move(*time)).run();
}

}  // namespace antiphon::exporting
