// What is told without being asked for: decisions, and the levels of what is recorded.
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/views.hpp"

namespace antiphon::coordinator {
namespace {

using http::Permission;

constexpr const char* token_is_over = "the token is at its end";

http::WebSocketHandler told_by(ApiParts& parts, Sockets& sockets) {
    return [&parts, &sockets](const http::Request& request, const std::shared_ptr<http::WebSocket>& socket) {
        // its token may have ended between the request and the end of the handshake
        if (!parts.credentials.still_admits(*request.identity, parts.app.wall()))
            return socket->close(http::close_code::policy, token_is_over);
        sockets.admit(socket, request.identity->token);
    };
}

void dismiss_where(ApiParts& parts, const std::function<bool(const core::TokenId&)>& over, const std::string& why) {
    parts.events.dismiss(over, why);
    parts.levels.dismiss(over, why);
    end_ears(parts, over);
}

}  // namespace

void broadcast(ApiParts& parts, const api::EventView& event) { parts.events.tell(json::encode(event)); }

void tell_levels(ApiParts& parts) {
    if (parts.levels.empty()) return;
    parts.app.look([&parts](const core::CoordinatorState& state) {
        const auto levels = levels_view(state);
        if (!levels.levels.empty()) parts.levels.tell(json::encode(levels));
    });
}

void dismiss(ApiParts& parts, const core::DismissToken& over) {
    dismiss_where(parts, [&](const core::TokenId& token) { return token == over.token; }, over.why);
}

void dismiss_ended(ApiParts& parts) {
    const auto ended = [&](const core::TokenId& token) {
        return !parts.credentials.still_admits({"", {}, token}, parts.app.wall());
    };
    dismiss_where(parts, ended, token_is_over);
}

void add_socket_routes(http::Router& router, ApiParts& parts) {
    router.websocket("/v1/events/live", Permission::view, told_by(parts, parts.events),
                     Does("Tells each decision from now on").token_in_query().tells<api::EventView>());
    router.websocket("/v1/levels/live", Permission::view, told_by(parts, parts.levels),
                     Does("Tells the levels of all inputs that are recorded, each second")
                         .token_in_query()
                         .tells<api::LevelsView>());
}

}  // namespace antiphon::coordinator
