// The verbs record start and record stop.
#include "apps/cli/on_sound.hpp"
#include "apps/cli/parse.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"
#include "apps/cli/recordings.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/waiting.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

struct RecordArguments {
    std::vector<std::string> from;
    std::optional<std::string> length;
    std::optional<std::string> title;
    OnSoundArguments on_sound;
    std::string id;
    bool wait = false;
};

std::string recording_sentence(const api::RecordingView& recording) {
    std::vector<std::string> inputs;
    for (const auto& track : recording.tracks) inputs.push_back(track.input);
    auto text = "recording " + recording.id + ": " + words_of(recording.phase) + ", " + enumerated(inputs);
    if (recording.phase == "recording" && recording.ends) text += ", until " + wall_text(*recording.ends);
    return printable(text) + "\n";
}

int start(Call& call, const ApiClient& api, const RecordArguments& asked) {
    auto from = parse_list(asked.from, "--from");
    if (!from) return call.usage(from.error());
    auto on_sound = on_sound_of(asked.on_sound);
    if (!on_sound) return call.usage(on_sound.error());
    api::RecordBody body{std::move(*from), {}, asked.title, *on_sound};
    if (asked.length) {
        const auto seconds = parse_duration(*asked.length);
        if (!seconds) return call.usage(seconds.error().within("--for"));
        body.for_s = static_cast<double>(*seconds);
    }
    return call.answer<api::RecordingView>(api.post_once("/v1/recordings", json::encode(body)), recording_sentence);
}

// Follows one recording until all of its files are on the coordinator, or never will be.
class RecordingWait {
  public:
    RecordingWait(const Call& call, std::string id) : id_(std::move(id)), progress_(progress_stream(call)) {}

    bool look_at(const core::Result<http::Response>& answer) {
        failure_ = waiting_.look_at(answer);
        if (failure_) return true;
        if (!answer) return progress_.show("the coordinator does not answer"), false;
        auto recording = Call::decoded<api::RecordingView>(*answer);
        if (!recording) return failure_ = recording.error(), true;
        recording_ = std::move(*recording);
        progress_.show("bringing in recording " + printable(id_) + ": " + std::to_string(tracks_here(recording_)) +
                       " of " + count_text(recording_.tracks.size(), "track"));
        return recording_.phase == "complete" || recording_.phase == "failed";
    }

    int end(const Call& call, bool over) {
        progress_.clear();
        if (failure_) return call.fail(*failure_);
        if (!over)
            return call.fail(
                {core::ErrorCode::unavailable, "not waiting any more; the boards bring recording " + id_ + " in"});
        if (recording_.phase == "failed") return call.fail({core::ErrorCode::unavailable, failure_text(recording_)});
        return call.print(call.json() ? json::encode(recording_) + "\n"
                                      : recording_sentence(recording_) + show_tracks(recording_, call.look()));
    }

  private:
    const std::string id_;
    api::RecordingView recording_;
    Progress progress_;
    Waiting waiting_;
    std::optional<core::Error> failure_;
};

int stop(Call& call, const ApiClient& api, const RecordArguments& asked) {
    const auto target = "/v1/recordings/" + http::percent_encoded(asked.id);
    const auto answer = api.send(http::Method::post, target + "/stop");
    if (!answer || !asked.wait) return call.answer<api::RecordingView>(answer, recording_sentence);
    RecordingWait waiting(call, asked.id);
    const bool over = poll(api.settings(), target, [&](const auto& got) { return waiting.look_at(got); });
    return waiting.end(call, over);
}

}  // namespace

void add_record(Command root) {
    const auto asked = std::make_shared<RecordArguments>();
    auto group = root.verb({"record",
                            "Records inputs on one timeline.",
                            {"antiphon record start --from hall/mic,attic/mic", "antiphon record mark r3 'second act'",
                             "antiphon record stop r3 --wait"},
                            "Recording"});
    auto starting = group.client_verb({"start",
                                       "Begins a recording.",
                                       {"antiphon record start --from hall/mic,attic/mic",
                                        "antiphon record start --from all --for 90m --title 'Sunday concert'",
                                        "antiphon record start --from attic/mic --on-sound -40dB"}});
    starting.list({"--from", "INPUT,...", "what to record: worker/name, or all", true}, asked->from)
        .option({"--for", "TIME", "until when: 30s, 45m, 12h, 2d (default: until it is stopped)"}, asked->length)
        .option({"--title", "TEXT", "what it is, for people"}, asked->title);
    add_on_sound(starting, asked->on_sound);
    starting.runs(with_api([asked](Call& call, const ApiClient& api) { return start(call, api, *asked); }));
    group
        .client_verb({"stop",
                      "Ends a recording; the boards then bring their files in.",
                      {"antiphon record stop r3", "antiphon record stop r3 --wait"}})
        .argument("ID", asked->id, "of the recording, as `antiphon recordings` shows it")
        .flag({"--wait", "", "until all files are on the coordinator"}, asked->wait)
        .runs(with_api([asked](Call& call, const ApiClient& api) { return stop(call, api, *asked); }));
    add_record_marks(group);
    add_record_check(group);
}

}  // namespace antiphon::cli
