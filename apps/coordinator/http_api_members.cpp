// Members: invitations, joining, pinging, maintenance.
#include "adapters/http/server.hpp"
#include "adapters/mac/message_key.hpp"
#include "adapters/mqtt/broker_files.hpp"
#include "adapters/system/random.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/views.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

constexpr std::size_t token_bytes = 16;
constexpr std::size_t credential_bytes = 32;

void invite(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body =
        request.body.empty() ? std::optional(api::InviteBody{}) : body_of<api::InviteBody>(request, responder);
    if (!body) return;
    const auto token = system::random_hex(token_bytes);
    const auto view = [url = parts.url(), token](const core::InvitationRow&, const core::CoordinatorState&) {
        return api::InvitationView{url + "#" + token,
                                   std::chrono::duration_cast<std::chrono::seconds>(core::invitation_life).count()};
    };
    parts.app.ask(core::InviteRequest{digest_of(token), body->replaces}, asker_of(request),
                  answer_with<core::InvitationRow>(std::move(responder), view, 201));
}

void join(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::JoinBody>(request, responder);
    if (!body) return;
    const auto credential = system::random_hex(credential_bytes);
    core::JoinRequest join;
    join.invitation_digest = digest_of(body->token);
    join.name = body->name;
    join.public_key = body->public_key;
    join.v = body->v;
    join.credential_digest = digest_of(credential);
    join.broker_password = mqtt::password_hash(credential, system::random_bytes);
    join.message_key = system::random_hex(mac::key_bytes);
    const auto view = [&parts, credential](const core::WorkerRow& row, const core::CoordinatorState& state) {
        api::JoinAnswer answer{row.id.value,      row.name,         parts.app.cluster(),
                               credential,        row.message_key,  parts.broker_url,
                               parts.broker_port, parts.clock_port, state.cluster.epoch.value};
        if (parts.certificate && !parts.broker_url) answer.broker_scheme = "mqtts";
        return answer;
    };
    parts.app.ask(std::move(join), asker_of(request), answer_with<core::WorkerRow>(std::move(responder), view, 201));
}

void ping(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto view = [worker = request.param("worker")](const core::Pong& pong, const core::CoordinatorState&) {
        return api::PongView{worker, name_of(pong.activity), pong.boot.value, pong.applied.value};
    };
    parts.app.ask(core::PingRequest{request.param("worker")}, asker_of(request),
                  answer_with<core::Pong>(std::move(responder), view));
}

auto worker_of() {
    return [](const core::WorkerRow& row, const core::CoordinatorState& state) { return worker_view(state, row); };
}

void rename(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::WorkerRenameBody>(request, responder);
    if (!body) return;
    parts.app.ask(core::WorkerRenameRequest{request.param("worker"), body->name}, asker_of(request),
                  answer_with<core::WorkerRow>(std::move(responder), worker_of()));
}

void remove(ApiParts& parts, const http::Request& request, http::Responder responder) {
    parts.app.ask(core::WorkerRemoveRequest{request.param("worker")}, asker_of(request),
                  answer_empty(std::move(responder)));
}

http::Handler maintenance(ApiParts& parts, bool wanted) {
    return [&parts, wanted](const http::Request& request, http::Responder responder) {
        parts.app.ask(core::MaintenanceRequest{request.param("worker"), wanted}, asker_of(request),
                      answer_with<core::WorkerRow>(std::move(responder), worker_of()));
    };
}

}  // namespace

Asker asker_of(const http::Request& request) {
    Asker asker{request.identity.value_or(core::Principal{}), std::nullopt,
                std::string(request.headers.get(http::request_id_header))};
    if (auto key = request.idempotency_key()) {
        const auto asked = std::string(http::to_string(request.method)) + " " + request.instance + "\n" + request.body;
        asker.once = core::Idempotency{std::move(*key), digest_of(asked)};
    }
    return asker;
}

CoordinatorApp::Answered answer_empty(http::Responder responder) {
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    return [kept](const core::Result<core::AnswerBody>& body, const core::CoordinatorState&) {
        body ? kept->answer(http::Response::empty()) : kept->fail(body.error());
    };
}

void add_member_routes(http::Router& router, ApiParts& parts) {
    router.add(Method::post, "/v1/invitations", Permission::admin, bound(parts, invite),
               Does("Invites a board: good once, for 10 minutes")
                   .may_take<api::InviteBody>()
                   .gives<api::InvitationView>(201)
                   .decided()
                   .refuses({404}));
    router.add(Method::post, "/v1/join", Permission::none, bound(parts, join),
               Does("Joins the cluster by an invitation")
                   .takes<api::JoinBody>()
                   .gives<api::JoinAnswer>(201)
                   .decided()
                   .refuses({403})
                   .guarded());
    router.add(Method::post, "/v1/workers/{worker}/ping", Permission::view, bound(parts, ping),
               Does("Asks a worker whether it is there").gives<api::PongView>().decided().refuses({404}));
    router.add(Method::post, "/v1/workers/{worker}/rename", Permission::admin, bound(parts, rename),
               Does("Gives a worker another name")
                   .takes<api::WorkerRenameBody>()
                   .gives<api::WorkerView>()
                   .decided()
                   .refuses({404}));
    router.add(
        Method::delete_, "/v1/workers/{worker}", Permission::admin, bound(parts, remove),
        Does("Removes a worker that neither plays, records nor holds a device").gives_nothing().keyed().refuses({404}));
    router.add(Method::post, "/v1/workers/{worker}/maintenance", Permission::update, maintenance(parts, true),
               Does("Takes a worker for maintenance; answered when it has given itself up")
                   .gives<api::WorkerView>()
                   .decided()
                   .refuses({404}));
    router.add(Method::delete_, "/v1/workers/{worker}/maintenance", Permission::update, maintenance(parts, false),
               Does("Gives a worker back after maintenance").gives<api::WorkerView>().decided().refuses({404}));
}

}  // namespace antiphon::coordinator
