// The verb export: a recording as files that an editor opens.
#include <algorithm>
#include <boost/describe/enum_from_string.hpp>
#include <system_error>

#include "adapters/files/posix.hpp"
#include "adapters/files/segment_folder.hpp"
#include "apps/cli/fetch_segments.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"
#include "apps/export/exporter.hpp"

namespace antiphon::cli {
namespace {

namespace fs = std::filesystem;

struct ExportArguments {
    std::string id;
    std::optional<std::string> to;
    std::optional<std::string> format;
    bool one_file = false;
};

core::Result<files::SoundFormat> format_of(const ExportArguments& asked) {
    auto format = files::SoundFormat::flac;
    if (!asked.format || boost::describe::enum_from_string(asked.format->c_str(), format)) return format;
    return core::Error{core::ErrorCode::invalid,
                       "--format '" + asked.format->substr(0, 40) + "': write flac, wav or opus"};
}

// What was fetched, which is not needed once it is exported.
class Fetched {
  public:
    explicit Fetched(fs::path folder) : folder_(std::move(folder)) {}
    ~Fetched() {
        std::error_code stays;
        if (done_) fs::remove_all(folder_, stays);
    }
    Fetched(const Fetched&) = delete;
    Fetched& operator=(const Fetched&) = delete;

    fs::path of_track(std::size_t index) const { return folder_ / std::to_string(index); }
    void done() { done_ = true; }

  private:
    const fs::path folder_;
    bool done_ = false;
};

core::Result<std::vector<exporting::Track>> fetch_tracks(const Call& call, const ApiClient& api,
                                                         const api::RecordingView& recording, const Fetched& fetched) {
    std::vector<exporting::Track> tracks;
    for (const auto& track : recording.tracks) {
        const auto folder = fetched.of_track(tracks.size());
        auto rows = fetch_segments(call, api, recording.id, track.id, folder);
        const bool nothing = !rows && rows.error().code == core::ErrorCode::not_found;
        if (!rows && !nothing) return rows.error().within(track.input);
        tracks.push_back({track.input, nothing ? std::vector<media::SegmentRow>() : std::move(*rows),
                          [folder](int number) { return files::SegmentFolder::whole_in(folder, number); }});
        if (track.state != "uploaded")
            call.tell(track.input + ": not all of it is here (" + words_of(track.state) +
                      (track.reason.empty() ? ")" : ": " + track.reason + ")"));
    }
    return tracks;
}

core::Result<std::vector<exporting::Moment>> fetch_marks(const ApiClient& api, const std::string& id) {
    const auto view = Call::decoded<api::MarksView>(api.get("/v1/recordings/" + http::percent_encoded(id) + "/marks"));
    if (!view) return view.error();
    std::vector<exporting::Moment> marks;
    for (const auto& mark : view->marks) marks.push_back({{{mark.incarnation}, mark.at_ns}, mark.time, mark.text});
    return marks;
}

std::string missing_text(core::FrameCount frames) {
    const auto ms = (frames * 1000 + core::cluster_rate - 1) / core::cluster_rate;
    return ms < 10'000 ? std::to_string(ms) + " ms" : duration_text(frames);
}

void tell(const Call& call, const exporting::ExportManifest& manifest, const fs::path& folder) {
    for (const auto& track : manifest.tracks) {
        const auto missing = media::lost_frames(track.gaps);
        const auto lost = std::ranges::count_if(track.gaps, [](const auto& gap) { return !gap.quiet.value_or(false); });
        core::FrameCount quiet = -missing;
        for (const auto& gap : track.gaps) quiet += gap.count;
        if (track.file.empty()) continue;
        auto line = (folder / track.file).string();
        if (manifest.tracks.size() > 1 && track.channel > 0) line += ", channel " + std::to_string(track.channel + 1);
        line += ": " + track.input + ", " + duration_text(manifest.frames);
        if (missing > 0)
            line +=
                ", of it " + missing_text(missing) + " missing in " + count_text(static_cast<std::size_t>(lost), "gap");
        if (quiet > 0) line += ", " + duration_text(quiet) + " quiet and left out";
        if (!track.note.empty()) line += "; " + track.note;
        call.tell(line);
    }
}

// Two exports into one folder would take each other's files away.
core::Result<files::Descriptor> take_folder(const fs::path& folder) {
    if (auto made = files::ensure_folder(folder, files::open_to_all); !made) return made.error();
    auto lock = files::lock_folder(folder);
    if (lock || lock.error().code != core::ErrorCode::conflict) return lock;
    return lock.error().within("export (wait for it, or choose another folder with --to)");
}

int export_files(Call& call, const ApiClient& api, const ExportArguments& asked) {
    const auto format = format_of(asked);
    if (!format) return call.usage(format.error());
    const auto recording =
        Call::decoded<api::RecordingView>(api.get("/v1/recordings/" + http::percent_encoded(asked.id)));
    if (!recording) return call.fail(recording.error());
    const fs::path folder = asked.to.value_or(asked.id);
    const auto ours = take_folder(folder);
    if (!ours) return call.fail(ours.error());
    Fetched fetched(folder / (".segments-" + asked.id));
    auto tracks = fetch_tracks(call, api, *recording, fetched);
    if (!tracks) return call.fail(tracks.error());
    auto marks = fetch_marks(api, recording->id);
    if (!marks) return call.fail(marks.error());
    Progress progress(progress_stream(call));
    exporting::Wanted wanted{
        .recording = recording->id, .folder = folder, .format = *format, .one_file = asked.one_file};
    wanted.title = recording->title.value_or("");
    wanted.marks = std::move(*marks);
    wanted.progress = [&](double share) {
        progress.show("exporting " + recording->id + ": " + std::to_string(static_cast<int>(100 * share)) + " %");
    };
    const auto manifest = exporting::export_recording(*tracks, wanted);
    progress.clear();
    if (!manifest) return call.fail(manifest.error());
    fetched.done();
    tell(call, *manifest, folder);
    return call.json() ? call.print(json::encode(*manifest) + "\n") : exit_done;
}

}  // namespace

void add_export(Command root) {
    const auto asked = std::make_shared<ExportArguments>();
    root.client_verb({"export",
                      "Brings a recording home as files that an editor opens, all tracks on one line of time.",
                      {"antiphon export r3 --to monday", "antiphon export r3 --to monday --format wav --one-file"},
                      "Recording"})
        .argument("ID", asked->id, "of the recording, as `antiphon recordings` shows it")
        .option({"--to", "FOLDER", "made if need be (default: ID)", true}, asked->to)
        .option(
            {"--format", "flac|wav|opus", "flac (default) and wav have 24 bits; wav tells the time of its beginning"},
            asked->format)
        .flag({"--one-file", "", "one file with a channel for each track, not a file for each"}, asked->one_file)
        .runs(with_api([asked](Call& call, const ApiClient& api) { return export_files(call, api, *asked); }));
}

}  // namespace antiphon::cli
