// The verb recordings: the list, and bringing one home.
#include <system_error>

#include "apps/cli/get_recording.hpp"
#include "apps/cli/lists.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

struct GetArguments {
    std::string id;
    std::optional<std::string> to;
};

int list(Call& call, const ApiClient& api) {
    return call.answer<RecordingsView>(api.get("/v1/recordings"),
                                       [&](const RecordingsView& view) { return show(view.recordings, call.look()); });
}

core::Result<api::RecordingView> recording_of(const ApiClient& api, const std::string& id) {
    const auto answer = api.get("/v1/recordings/" + http::percent_encoded(id));
    return answer ? Call::decoded<api::RecordingView>(*answer) : core::Result<api::RecordingView>(answer.error());
}

core::Result<void> make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!error) return {};
    return core::Error{core::ErrorCode::denied, "cannot make the folder '" + folder.string() + "': " + error.message()};
}

// Each track whose file is there; then what is missing.
int get_tracks(Call& call, const ApiClient& api, const api::RecordingView& recording, const std::filesystem::path& to) {
    std::vector<std::string> missing;
    for (const auto& track : recording.tracks) {
        if (track.state != "uploaded") {
            missing.push_back(track.input + " (" + words_of(track.state) +
                              (track.reason.empty() ? ")" : ": " + track.reason + ")"));
            continue;
        }
        const auto fetched = fetch_track(call, api, recording.id, track, to);
        if (!fetched) return call.fail(fetched.error());
        call.tell(fetched->file.string() + (fetched->was_there ? " was there already" : "") + " (" +
                  size_text(fetched->size_bytes) + ", " + duration_text(track.frames) + ")");
    }
    if (call.json()) call.print(json::encode(recording) + "\n");
    if (missing.empty()) return exit_done;
    return call.fail({core::ErrorCode::not_found, "not on the coordinator: " + listed(missing)});
}

int get(Call& call, const ApiClient& api, const GetArguments& asked) {
    const auto recording = recording_of(api, asked.id);
    if (!recording) return call.fail(recording.error());
    if (recording->phase == "recording")
        return call.fail({core::ErrorCode::conflict, "recording " + asked.id + " is not over; `antiphon record stop " +
                                                         asked.id + " --wait` ends it"});
    const std::filesystem::path folder = asked.to.value_or(".");
    if (const auto made = make_folder(folder); !made) return call.fail(made.error());
    return get_tracks(call, api, *recording, folder);
}

}  // namespace

void add_recordings(Command root) {
    const auto asked = std::make_shared<GetArguments>();
    auto group = root.client_verb({"recordings",
                                   "Lists the recordings, and brings one home.",
                                   {"antiphon recordings", "antiphon recordings get 3 --to monday"},
                                   "Recording"});
    group.runs(with_api(list));
    group
        .client_verb(
            {"get", "Downloads the files of a recording and checks them.", {"antiphon recordings get 3 --to monday"}})
        .argument("ID", asked->id, "of the recording, as `antiphon recordings` shows it")
        .option({"--to", "FOLDER", "made if need be", true}, asked->to)
        .runs(with_api([asked](Call& call, const ApiClient& api) { return get(call, api, *asked); }));
}

}  // namespace antiphon::cli
