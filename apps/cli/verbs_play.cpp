// The verb play: a file on many outputs, and waiting for its end.
#include "apps/cli/parse.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/waiting.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

struct PlayArguments {
    std::string source;
    std::vector<std::string> to;
    std::optional<std::string> volume;
    std::optional<std::string> from;
    std::optional<std::string> latency;
    std::optional<std::string> codec;
    bool wait = false;
};

// What was asked, checked before anything is uploaded; its source is filled in later.
core::Result<api::PlayBody> body_of(const PlayArguments& asked) {
    api::PlayBody body;
    auto to = parse_list(asked.to, "--to");
    if (!to) return to.error();
    body.to = std::move(*to);
    if (asked.volume) {
        const auto volume = parse_level(*asked.volume);
        if (!volume) return volume.error().within("--volume");
        body.volume = *volume;
    }
    if (asked.from) {
        const auto from = parse_position(*asked.from);
        if (!from) return from.error().within("--from");
        body.from_s = *from;
    }
    if (asked.latency) {
        const auto latency = parse_milliseconds(*asked.latency);
        if (!latency) return latency.error().within("--latency");
        body.latency_ms = *latency;
    }
    body.codec = asked.codec;
    return body;
}

core::Result<void> fill_source(const Call& call, const ApiClient& api, const Source& source, api::PlayBody& body) {
    if (const auto* blob = std::get_if<BlobSource>(&source)) {
        body.source = "blob:" + blob->blob.value;
        return {};
    }
    if (const auto* live = std::get_if<LiveSource>(&source)) {
        body.source = live->text;
        return {};
    }
    if (const auto* input = std::get_if<InputSource>(&source)) {
        body.source = input->text;
        body.title = "standard input";
        return {};
    }
    const auto& file = std::get<FileSource>(source).path;
    const auto blob = put_blob(call, api, file);
    if (!blob) return blob.error();
    body.source = "blob:" + blob->value;
    body.title = file.filename().string();
    return {};
}

// Follows one session until it is over.
class SessionWait {
  public:
    SessionWait(const Call& call, api::SessionView session)
        : session_(std::move(session)), progress_(progress_stream(call)) {}

    bool look_at(const core::Result<http::Response>& answer) {
        failure_ = waiting_.look_at(answer);
        if (failure_) return true;
        if (!answer) return progress_.show("the coordinator does not answer; the boards play on"), false;
        auto session = Call::decoded<api::SessionView>(*answer);
        if (!session) return failure_ = session.error(), true;
        session_ = std::move(*session);
        progress_.show(words_of(session_.phase) + " " + duration_text(session_.position_frames) +
                       (session_.live ? " live" : " / " + duration_text(session_.frames)));
        return is_over();
    }

    const std::optional<core::Error>& failure() const noexcept { return failure_; }
    const api::SessionView& session() const noexcept { return session_; }
    void clear() { progress_.clear(); }

  private:
    bool is_over() const {
        return session_.phase == "ended" || session_.phase == "stopped" || session_.phase == "failed";
    }

    api::SessionView session_;
    Progress progress_;
    Waiting waiting_;
    std::optional<core::Error> failure_;
};

int outcome(const Call& call, const api::SessionView& session) {
    if (session.phase == "failed")
        return call.fail({core::ErrorCode::unavailable, "session " + session.id + " failed: " + session.reason});
    if (session.phase == "stopped")
        return call.fail({core::ErrorCode::conflict, "session " + session.id + " was stopped before its end"});
    return call.print(call.json() ? json::encode(session) + "\n" : "session " + session.id + " has ended\n");
}

int wait_for_end(const Call& call, const ApiClient& api, const api::SessionView& session) {
    const auto target = "/v1/sessions/" + http::percent_encoded(session.id);
    SessionWait waiting(call, session);
    const bool over = poll(api.settings(), target, [&](const auto& answer) { return waiting.look_at(answer); });
    waiting.clear();
    if (waiting.failure()) return call.fail(*waiting.failure());
    if (over) return outcome(call, waiting.session());
    return call.fail({core::ErrorCode::unavailable, "not waiting any more; session " + waiting.session().id +
                                                        " plays on, `antiphon stop " + waiting.session().id +
                                                        "` ends it"});
}

int wait_after(const Call& call, const ApiClient& api, const http::Response& started) {
    const auto session = Call::decoded<api::SessionView>(started);
    if (!session) return call.fail(session.error());
    if (!call.json()) call.print(sentence(*session) + "\n");
    return wait_for_end(call, api, *session);
}

// Until our input ends, and the session with it.
core::Result<void> feed(const Call& call, const ApiClient& api, const api::SessionView& session) {
    Progress progress(progress_stream(call));
    http::UploadRequest request{.target = "/v1/sessions/" + http::percent_encoded(session.id) + "/feed"};
    request.source = call.outside().read_in;
    request.progress = [&](std::uint64_t sent, const auto&) {
        progress.show("session " + session.id + " was given " + size_text(sent));
    };
    const auto answer = api.upload(std::move(request));
    progress.clear();
    return answer ? core::Result<void>() : answer.error();
}

int play_input(Call& call, const ApiClient& api, const core::Result<http::Response>& started, bool wait) {
    if (!started) return call.fail(started.error());
    const auto session = Call::decoded<api::SessionView>(*started);
    if (!session) return call.fail(session.error());
    if (!call.json()) call.print(sentence(*session) + "\n");
    if (const auto fed = feed(call, api, *session); !fed) return call.fail(fed.error());
    if (wait) return wait_for_end(call, api, *session);
    return call.json() ? call.print(started->body + "\n") : exit_done;
}

int play(Call& call, const ApiClient& api, const PlayArguments& asked) {
    auto body = body_of(asked);
    if (!body) return call.usage(body.error());
    const auto source = parse_source(asked.source);
    if (!source)
        return source.error().code == core::ErrorCode::invalid ? call.usage(source.error()) : call.fail(source.error());
    if (const auto filled = fill_source(call, api, *source, *body); !filled) return call.fail(filled.error());
    const auto answer = api.post_once("/v1/sessions", json::encode(*body));
    if (std::holds_alternative<InputSource>(*source)) return play_input(call, api, answer, asked.wait);
    if (answer && asked.wait) return wait_after(call, api, *answer);
    return call.answer<api::SessionView>(answer, [](const auto& session) { return sentence(session) + "\n"; });
}

}  // namespace

void add_play(Command root) {
    const auto asked = std::make_shared<PlayArguments>();
    root.client_verb({"play",
                      "Plays a file or a live source on outputs, in sync.",
                      {"antiphon play song.flac --to all", "antiphon play song.flac --to hall/left,foyer --volume 80%",
                       "antiphon play gong.wav --to foyer --wait && echo over", "antiphon play tone:440 --to hall/left",
                       "antiphon play pipe:/run/radio,rate=44100 --to all --latency 150ms",
                       "antiphon play alsa:hw:1 --to all --codec opus", "antiphon play input:hall/mic --to foyer",
                       "ffmpeg -i http://radio/stream -f s16le -ar 48000 -ac 2 - | antiphon play - --to all"},
                      "Playing"})
        .argument("SOURCE", asked->source,
                  "a file, blob:HASH of one that the cluster has, or live: tone:HZ; alsa:NAME, a sound card "
                  "of the coordinator's machine; input:WORKER/NAME, a microphone of a board; pipe:PATH of a named pipe "
                  "there; or - for what comes in here. Both raw, "
                  "s16 48 kHz stereo unless told: pipe:PATH,rate=44100 or stdin,format=f32,channels=1")
        .list({"--to", "OUTPUT,...", "where: worker/name, a zone, or all", true}, asked->to)
        .option({"--volume", "LEVEL", "of the session: 0 to 1, or 0% to 100% (default: 1)"}, asked->volume)
        .option({"--from", "SECONDS", "where to begin: 90, 1:30 or 1:02:03"}, asked->from)
        .option({"--latency", "MS", "of a live source, to the ear: 40ms (default: 100ms, or what the outputs need)"},
                asked->latency)
        .option({"--codec", "flac|opus",
                 "of a live source, to the boards: flac (default), without loss, or opus, with less traffic"},
                asked->codec)
        .flag({"--wait", "", "until it has ended; exit code 1 when it failed or was stopped"}, asked->wait)
        .runs(with_api([asked](Call& call, const ApiClient& api) { return play(call, api, *asked); }));
}

}  // namespace antiphon::cli
