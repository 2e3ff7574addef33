// The routes of the coordinator's HTTP server, group by group.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "adapters/files/blob_folder.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/router.hpp"
#include "adapters/json/json.hpp"
#include "adapters/system/background.hpp"
#include "apps/api/views.hpp"
#include "apps/coordinator/backups.hpp"
#include "apps/coordinator/certificate.hpp"
#include "apps/coordinator/coordinator_app.hpp"
#include "apps/coordinator/credentials.hpp"
#include "apps/coordinator/sockets.hpp"

namespace antiphon::live {
class LiveSources;
}

namespace antiphon::coordinator {

class IntegrityWatch;
struct Ears;

struct ApiParts {
    CoordinatorApp& app;
    Credentials& credentials;
    files::BlobFolder& blobs;
    std::filesystem::path recordings;  // folder
    system::Background& background;    // reading files
    IntegrityWatch& integrity;
    Backups& backups;
    live::LiveSources& sources;
    api::ClusterView cluster;  // what does not change: id, version, warnings
    std::uint16_t broker_port = 0;
    std::uint16_t clock_port = 0;
    std::optional<std::string> broker_url;     // somebody else's, as workers are told it: without our login
    std::function<std::string()> url;          // of this server, for invitations
    const Certificate* certificate = nullptr;  // none: no TLS
    std::function<std::string(const core::CoordinatorState&)> metrics;  // the page for Prometheus
    Sockets events = {};
    Sockets levels = {};
    std::shared_ptr<Ears> ears = {};  // made by add_routes()
};

// All routes, and GET /openapi.json, which describes them. `parts` outlives the router's server.
void add_routes(http::Router& router, ApiParts& parts);

// ---- http_api_read.cpp, http_api_play.cpp, http_api_record.cpp, http_api_schedules.cpp, http_api_members.cpp,
// ---- http_api_bluetooth.cpp, http_api_backup.cpp, http_api_tokens.cpp, http_api_listen.cpp, http_api_sockets.cpp
void add_read_routes(http::Router& router, ApiParts& parts);
void add_play_routes(http::Router& router, ApiParts& parts);
void add_door_routes(http::Router& router, ApiParts& parts);
void add_feed_routes(http::Router& router, ApiParts& parts);
void add_record_routes(http::Router& router, ApiParts& parts);
void add_mark_routes(http::Router& router, ApiParts& parts);
void add_schedule_routes(http::Router& router, ApiParts& parts);
void add_member_routes(http::Router& router, ApiParts& parts);
void add_backup_routes(http::Router& router, ApiParts& parts);
void add_token_routes(http::Router& router, ApiParts& parts);
void add_listen_routes(http::Router& router, ApiParts& parts);
void add_bluetooth_routes(http::Router& router, ApiParts& parts);
void add_socket_routes(http::Router& router, ApiParts& parts);

// To everybody who is told.
void broadcast(ApiParts& parts, const api::EventView& event);
// To be called each second.
void tell_levels(ApiParts& parts);
// Whoever is told, or listens, by that token hears no more, and why.
void dismiss(ApiParts& parts, const core::DismissToken& over);
void dismiss_ended(ApiParts& parts);

// Whoever listens to an input by such a token hears no more.
void end_ears(ApiParts& parts, const std::function<bool(const core::TokenId&)>& over);

// ---- what the groups share

// A route's handler from one that also wants the parts.
template <class Handle>
http::Handler bound(ApiParts& parts, Handle handle) {
    return [&parts, handle](const http::Request& request, http::Responder responder) {
        handle(parts, request, std::move(responder));
    };
}

// Answers with `view(row, state)` of the asked-for kind of row, or with the error as a problem.
template <class Row, class View>
CoordinatorApp::Answered answer_with(http::Responder responder, const View& view, int status = 200) {
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    return [kept, view, status](const core::Result<core::AnswerBody>& body, const core::CoordinatorState& state) {
        if (!body) return kept->fail(body.error());
        kept->answer(http::Response::json(json::encode(view(std::get<Row>(*body), state)), status));
    };
}

CoordinatorApp::Answered answer_empty(http::Responder responder);
// With the session as it is now.
CoordinatorApp::Answered answer_session(ApiParts& parts, http::Responder responder, int status = 200);

// Lets `read(state)` answer, or answers that there is too much to do.
template <class Read>
void look_for(CoordinatorApp& app, const std::shared_ptr<http::Responder>& responder, Read read) {
    app.look(std::move(read), [responder](const core::Error& busy) { responder->fail(busy); });
}

// The request's body, or the problem is answered and nothing comes back.
template <class Body>
std::optional<Body> body_of(const http::Request& request, http::Responder& responder) {
    auto body = json::decode<Body>(request.body);
    if (body) return std::move(*body);
    responder.fail(body.error().within("the request's body"));
    return std::nullopt;
}

// Of a number of seconds from outside; `invalid` if it is none, or of more than a hundred years. The bounds of what it
// is for are the core's.
core::Result<core::Duration> duration_of(double seconds, const char* name);

// Of a recording; nothing: it records all there is. The bounds are the core's.
core::Result<std::optional<core::SoundTrigger>> trigger_of(const std::optional<api::OnSoundBody>& body);

// Who asks, with the request's Idempotency-Key and what it was given for.
Asker asker_of(const http::Request& request);

}  // namespace antiphon::coordinator
