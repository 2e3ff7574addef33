// Open doors: a live session sent to programs that are not ours, and its description for them.
#include <algorithm>
#include <boost/describe/enum_from_string.hpp>
#include <cctype>

#include "adapters/http/url.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/views.hpp"
#include "apps/live/open_copy.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

core::Result<core::OpenDoor> door_of(const api::DoorBody& body) {
    const auto codec = body.codec.value_or("l16");
    core::OpenDoor door;
    if (!boost::describe::enum_from_string(codec.c_str(), door.codec))
        return core::Error{core::ErrorCode::invalid, "codec '" + codec.substr(0, 80) + "': write l16 or opus"};
    const auto where = http::parse_host_port(body.to);
    if (!where) return where.error().within("to");
    return live::open_door_to(where->host, where->port, door.codec);
}

void open(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::DoorBody>(request, responder);
    if (!body) return;
    const auto door = door_of(*body);
    if (!door) return responder.fail(door.error());
    parts.app.ask(core::OpenDoorRequest{{request.param("id")}, *door}, asker_of(request),
                  answer_session(parts, std::move(responder)));
}

void shut(ApiParts& parts, const http::Request& request, http::Responder responder) {
    parts.app.ask(core::OpenDoorRequest{{request.param("id")}, std::nullopt}, asker_of(request),
                  answer_session(parts, std::move(responder)));
}

// What the asker calls this machine, if that can stand in a description at all.
std::string origin_of(const http::Request& request) {
    const auto host = http::parse_host_port(request.headers.get("Host"));
    const auto fits = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == ':' || c == '-';
    };
    if (!host || !std::all_of(host->host.begin(), host->host.end(), fits)) return "0.0.0.0";
    return host->host;
}

void describe(ApiParts& parts, const http::Request& request, http::Responder responder) {
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    const core::SessionId id{request.param("id")};
    look_for(parts.app, kept, [kept, id, origin = origin_of(request)](const core::CoordinatorState& state) {
        const auto* session = state.sessions.find(id);
        if (!session)
            return kept->fail({core::ErrorCode::not_found, "there is no session '" + id.value.substr(0, 80) + "'"});
        // Whatever is new in a description was decided, and each decision is in the journal.
        const auto text = live::describe(*session, state.cluster.journal, origin);
        if (!text) return kept->fail(text.error());
        http::Response response;
        response.content_type = "application/sdp";
        response.body = *text;
        kept->answer(std::move(response));
    });
}

}  // namespace

void add_door_routes(http::Router& router, ApiParts& parts) {
    router.add(Method::put, "/v1/sessions/{id}/door", Permission::admin, bound(parts, open),
               Does("Sends a live session to programs that are not ours, without encryption")
                   .takes<api::DoorBody>()
                   .gives<api::SessionView>()
                   .keyed()
                   .refuses({404, 503}));
    router.add(Method::delete_, "/v1/sessions/{id}/door", Permission::admin, bound(parts, shut),
               Does("Sends a live session to nobody else any more").gives<api::SessionView>().keyed().refuses({404}));
    router.add(Method::get, "/v1/sessions/{id}/door.sdp", Permission::view, bound(parts, describe),
               Does("How to receive what the session's door gives (RFC 8866)")
                   .gives_text("application/sdp")
                   .refuses({404, 409}));
}

}  // namespace antiphon::coordinator
