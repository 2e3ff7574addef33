// The verbs of open doors: a live session for programs that are not ours.
#include "adapters/http/url.hpp"
#include "apps/api/views.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"

namespace antiphon::cli {
namespace {

struct DoorArguments {
    std::string session;
    std::optional<std::string> to;
    std::optional<std::string> codec;
};
using Arguments = std::shared_ptr<DoorArguments>;

struct SdpView {
    std::string sdp;
};
BOOST_DESCRIBE_STRUCT(SdpView, (), (sdp))

std::string target_of(const std::string& session) { return "/v1/sessions/" + http::percent_encoded(session) + "/door"; }

std::string opened_sentence(const api::SessionView& session) {
    if (!session.live || !session.live->open_door)
        return printable("session " + session.id + " has no open door") + "\n";
    const auto& door = *session.live->open_door;
    return printable("session " + session.id + " is sent without encryption to " + door.to + " (" + door.codec +
                     "); what receivers need: antiphon door sdp " + session.id) +
           "\n";
}

int open(Call& call, const ApiClient& api, const DoorArguments& door) {
    const auto body = json::encode(api::DoorBody{*door.to, door.codec});
    return call.answer<api::SessionView>(api.send(http::Method::put, target_of(door.session), body), opened_sentence);
}

int shut(Call& call, const ApiClient& api, const DoorArguments& door) {
    return call.answer<api::SessionView>(
        api.send(http::Method::delete_, target_of(door.session)), [](const api::SessionView& session) {
            return printable("session " + session.id + " is sent to nobody but the cluster") + "\n";
        });
}

// The description as it is, for a file or a pipe; with --json in a member.
int sdp(Call& call, const ApiClient& api, const DoorArguments& door) {
    const auto answer = api.get(target_of(door.session) + ".sdp");
    if (!answer) return call.fail(answer.error());
    return call.print(call.json() ? json::encode(SdpView{answer->body}) + "\n" : answer->body);
}

template <class Body>
Verb with_door(const Arguments& door, Body body) {
    return with_api([door, body](Call& call, const ApiClient& api) { return body(call, api, *door); });
}

}  // namespace

void add_door(Command root) {
    const auto door = std::make_shared<DoorArguments>();
    const char* which = "of the session, as `antiphon status` shows it";
    auto group = root.verb({"door",
                            "Lets other programs hear a live session: RTP without encryption.",
                            {"antiphon door open 7 --to 239.1.2.3:5004", "antiphon door sdp 7 > hall.sdp"},
                            "Playing"});
    group
        .client_verb(
            {"open",
             "Sends a live session to an address as well, for programs that are not ours.",
             {"antiphon door open 7 --to 239.1.2.3:5004", "antiphon door open 7 --to 192.0.2.9:5004 --codec opus"}})
        .argument("ID", door->session, which)
        .option({"--to", "ADDRESS:PORT", "of a host, or of a group that many receive", true}, door->to)
        .option({"--codec", "l16|opus", "l16, which every receiver has, or opus"}, door->codec)
        .runs(with_door(door, open));
    group.client_verb({"shut", "Sends it to nobody but the cluster again.", {"antiphon door shut 7"}})
        .argument("ID", door->session, which)
        .runs(with_door(door, shut));
    group
        .client_verb({"sdp",
                      "Prints what receivers need to know (SDP), for a file that they open.",
                      {"antiphon door sdp 7 > hall.sdp", "ffplay -protocol_whitelist file,udp,rtp hall.sdp"}})
        .argument("ID", door->session, which)
        .runs(with_door(door, sdp));
}

}  // namespace antiphon::cli
