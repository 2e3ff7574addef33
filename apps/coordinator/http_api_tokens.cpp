// Tokens: made, listed, revoked. The secret is in the answer that makes it, and nowhere else.
#include "adapters/system/random.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

constexpr std::size_t secret_bytes = 32;
constexpr std::int64_t life_max_s = 100ll * 366 * 24 * 3600;

api::TokenView token_view(const core::TokenRow& row, const Credentials& credentials) {
    return {row.id.value, row.name, row.permissions, row.created, row.ends, row.ended, credentials.last_used(row.id)};
}

core::Result<core::PermissionSet> permissions_of(const api::TokenBody& body) {
    core::PermissionSet permissions;
    for (const auto& name : body.permissions) {
        const auto permission = core::parse_permission(name);
        if (!permission) return permission.error();
        permissions.add(*permission);
    }
    return permissions;
}

core::Result<std::optional<core::WallTime>> end_of(const api::TokenBody& body, core::WallTime now) {
    if (!body.for_s) return body.until;
    if (body.until) return core::Error{core::ErrorCode::invalid, "a token has one end: for_s or until, not both"};
    if (*body.for_s < 1 || *body.for_s > life_max_s)
        return core::Error{core::ErrorCode::invalid,
                           "for_s is " + std::to_string(*body.for_s) + "; it may be 1 s to 100 years"};
    return std::optional(now + std::chrono::seconds(*body.for_s));
}

// The same request came again with its Idempotency-Key: it is the same token, whose secret nobody knows here.
core::Error secret_was_shown(const std::string& name) {
    return {core::ErrorCode::conflict, "the token '" + name +
                                           "' was made when this was asked first, and its secret shown in that answer "
                                           "only; if that is lost: antiphon token revoke " +
                                           name + ", then make another one"};
}

void create(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::TokenBody>(request, responder);
    if (!body) return;
    const auto permissions = permissions_of(*body);
    if (!permissions) return responder.fail(permissions.error());
    const auto ends = end_of(*body, parts.app.wall());
    if (!ends) return responder.fail(ends.error());
    // a word of its own before it, so that a secret that got into a file or a log is found there
    const auto secret = "antiphon_" + system::random_hex(secret_bytes);
    const auto digest = digest_of(secret);
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    const auto answered = [=, &parts](const core::Result<core::AnswerBody>& made, const core::CoordinatorState&) {
        if (!made) return kept->fail(made.error());
        const auto& row = std::get<core::TokenRow>(*made);
        if (row.digest != digest) return kept->fail(secret_was_shown(row.name));
        kept->answer(
            http::Response::json(json::encode(api::NewTokenView{secret, token_view(row, parts.credentials)}), 201));
    };
    parts.app.ask(core::TokenCreateRequest{body->name, digest, *permissions, *ends}, asker_of(request), answered);
}

void list(ApiParts& parts, const http::Request&, http::Responder responder) {
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_for(parts.app, kept, [&parts, kept](const core::CoordinatorState& state) {
        api::TokensView view;
        for (const auto& [id, row] : state.tokens.rows()) view.tokens.push_back(token_view(*row, parts.credentials));
        kept->answer(http::Response::json(json::encode(view)));
    });
}

void revoke(ApiParts& parts, const http::Request& request, http::Responder responder) {
    parts.app.ask(core::TokenRevokeRequest{request.param("name")}, asker_of(request),
                  answer_empty(std::move(responder)));
}

}  // namespace

void add_token_routes(http::Router& router, ApiParts& parts) {
    router.add(Method::post, "/v1/tokens", Permission::admin, bound(parts, create),
               Does("Makes a token; its secret is in this answer only")
                   .takes<api::TokenBody>()
                   .gives<api::NewTokenView>(201)
                   .keyed());
    router.add(Method::get, "/v1/tokens", Permission::admin, bound(parts, list),
               Does("All tokens, without their secrets").gives<api::TokensView>());
    router.add(Method::delete_, "/v1/tokens/{name}", Permission::admin, bound(parts, revoke),
               Does("Revokes a token: it is refused from now on").gives_nothing().keyed().refuses({404}));
}

}  // namespace antiphon::coordinator
