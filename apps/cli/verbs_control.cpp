// The verbs that steer what plays: stop, pause, resume, seek, volume, mute, unmute.
#include "apps/cli/parse.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

constexpr const char* heading = "Playing";

struct ControlArguments {
    std::string target;  // a session's id, or what has a volume
    std::optional<std::string> max;
    std::string value;
};
using Arguments = std::shared_ptr<ControlArguments>;

std::string state_sentence(const api::SessionView& session) {
    return printable("session " + session.id + " is " + words_of(session.phase) + " at " +
                     duration_text(session.position_frames) + " of " + duration_text(session.frames)) +
           "\n";
}

int tell_session(Call& call, const ApiClient& api, const std::string& id, const std::string& what,
                 std::string body = {}) {
    const auto target = "/v1/sessions/" + http::percent_encoded(id) + "/" + what;
    return call.answer<api::SessionView>(api.send(http::Method::post, target, std::move(body)), state_sentence);
}

int seek(Call& call, const ApiClient& api, const ControlArguments& asked) {
    const auto to = parse_position(asked.value);
    if (!to) return call.usage(to.error());
    return tell_session(call, api, asked.target, "seek", json::encode(api::SeekBody{*to}));
}

int volume(Call& call, const ApiClient& api, const ControlArguments& asked) {
    api::VolumeBody body{.target = asked.target};
    std::string words;
    if (!asked.value.empty()) {
        const auto level = parse_level(asked.value);
        if (!level) return call.usage(level.error());
        body.volume = *level;
        words = "volume of " + asked.target + ": " + level_text(*level);
    }
    if (asked.max) {
        const auto most = parse_level(*asked.max);
        if (!most) return call.usage(most.error().within("--max"));
        body.max_level = *most;
        words += (words.empty() ? asked.target + " is" : ",") + " never louder than " + level_text(*most);
    }
    if (words.empty()) return call.usage({core::ErrorCode::invalid, "name a LEVEL, or --max LEVEL"});
    return call.answer(api.send(http::Method::put, "/v1/volume", json::encode(body)), words);
}

int mute(Call& call, const ApiClient& api, const std::string& target, bool muted) {
    const auto body = json::encode(api::VolumeBody{.target = target, .muted = muted});
    return call.answer(api.send(http::Method::put, "/v1/volume", body),
                       target + (muted ? " is muted" : " is heard again"));
}

void add_session_verb(Command& root, const Arguments& asked, const std::string& name, const std::string& sentence) {
    root.client_verb({name, sentence, {"antiphon " + name + " 7"}, heading})
        .argument("ID", asked->target, "of the session, as `antiphon status` shows it")
        .runs(with_api(
            [asked, name](Call& call, const ApiClient& api) { return tell_session(call, api, asked->target, name); }));
}

void add_mute_verb(Command& root, const Arguments& asked, bool muted) {
    const std::string name = muted ? "mute" : "unmute";
    const std::string sentence =
        muted ? "Silences outputs and keeps their volumes." : "Lets muted outputs be heard again.";
    root.client_verb({name, sentence, {"antiphon " + name + " hall/left", "antiphon " + name + " all"}, heading})
        .argument("TARGET", asked->target, "worker/name, a zone, or all")
        .runs(with_api(
            [asked, muted](Call& call, const ApiClient& api) { return mute(call, api, asked->target, muted); }));
}

}  // namespace

void add_control(Command root) {
    const auto asked = std::make_shared<ControlArguments>();
    add_session_verb(root, asked, "pause", "Pauses a session everywhere at the same frame.");
    add_session_verb(root, asked, "resume", "Goes on with a paused session, in sync.");
    root.client_verb(
            {"seek", "Goes to another place of a session.", {"antiphon seek 7 90", "antiphon seek 7 1:30"}, heading})
        .argument("ID", asked->target, "of the session, as `antiphon status` shows it")
        .argument("SECONDS", asked->value, "from the start: 90, 1:30 or 1:02:03")
        .runs(with_api([asked](Call& call, const ApiClient& api) { return seek(call, api, *asked); }));
    add_session_verb(root, asked, "stop", "Ends a session.");
    root.client_verb(
            {"volume",
             "Sets the volume of a session, an output, a zone, or all.",
             {"antiphon volume hall/left 0.5", "antiphon volume foyer 80%", "antiphon volume nursery --max 40%"},
             heading})
        .argument("TARGET", asked->target, "a session's id, worker/name, a zone, or all")
        .optional_argument("LEVEL", asked->value, "0 to 1, or 0% to 100%")
        .option({"--max", "LEVEL", "of outputs: nothing is louder, whatever plays at whatever volume (needs admin)"},
                asked->max)
        .runs(with_api([asked](Call& call, const ApiClient& api) { return volume(call, api, *asked); }));
    add_mute_verb(root, asked, true);
    add_mute_verb(root, asked, false);
}

}  // namespace antiphon::cli
