// Backups: ask for one, look how far it is, fetch it, let it go.
#include "adapters/http/conditional.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

void answer_view(http::Responder responder, const core::Result<api::BackupView>& view, int status) {
    if (!view) return responder.fail(view.error());
    responder.answer(http::Response::json(json::encode(*view), status));
}

void start(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::BackupBody>(request, responder);
    if (body) answer_view(std::move(responder), parts.backups.start(body->whole, parts.app.wall()), 202);
}

void find(ApiParts& parts, const http::Request& request, http::Responder responder) {
    answer_view(std::move(responder), parts.backups.find(request.param("id")), 200);
}

void send_file(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto path = parts.backups.file(request.param("id"));
    if (!path) return responder.fail(path.error());
    responder.answer(http::Response::of_file({*path, http::etag(request.param("id"))}, "application/x-tar"));
}

void remove(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto removed = parts.backups.remove(request.param("id"));
    removed ? responder.answer(http::Response::empty()) : responder.fail(removed.error());
}

}  // namespace

void add_backup_routes(http::Router& router, ApiParts& parts) {
    router.add(Method::post, "/v1/backups", Permission::admin, bound(parts, start),
               Does("Begins to make a backup; one at a time")
                   .takes<api::BackupBody>()
                   .gives<api::BackupView>(202)
                   .refuses({409, 507}));
    router.add(Method::get, "/v1/backups/{id}", Permission::admin, bound(parts, find),
               Does("How far a backup is").gives<api::BackupView>().refuses({404}));
    router.add(Method::get, "/v1/backups/{id}/file", Permission::admin, bound(parts, send_file),
               Does("A backup that is ready").gives_file({{"application/x-tar", ""}}, true).refuses({409}));
    router.add(
        Method::delete_, "/v1/backups/{id}", Permission::admin, bound(parts, remove),
        Does("Gives up a backup that is being made, or lets go one that is ready").gives_nothing().refuses({404}));
}

}  // namespace antiphon::coordinator
