// All routes, and the one that describes them.
#include "apps/coordinator/http_api.hpp"

#include <cmath>

#include "apps/coordinator/does.hpp"
#include "apps/coordinator/openapi.hpp"

namespace antiphon::coordinator {
namespace {

// Anybody may read it: it is the same on every coordinator of this version, and in its source.
void add_description(http::Router& router) {
    const auto text = std::make_shared<std::string>();
    router.add(
        http::Method::get, "/openapi.json", http::Permission::none,
        [text](const http::Request&, http::Responder responder) { responder.answer(http::Response::json(*text)); },
        Does("This description").gives_object());
    *text = openapi(router);
}

constexpr double seconds_max = 100.0 * 366 * 24 * 3600;

}  // namespace

core::Result<core::Duration> duration_of(double seconds, const char* name) {
    if (std::isfinite(seconds) && std::abs(seconds) <= seconds_max)
        return core::Duration{static_cast<std::int64_t>(std::llround(seconds * 1e6)) * 1000};
    return core::Error{core::ErrorCode::invalid, std::string(name) + " is " + std::to_string(seconds) +
                                                     ", which is no number of seconds here; 100 years are the most"};
}

void add_routes(http::Router& router, ApiParts& parts) {
    add_read_routes(router, parts);
    add_play_routes(router, parts);
    add_door_routes(router, parts);
    add_feed_routes(router, parts);
    add_record_routes(router, parts);
    add_mark_routes(router, parts);
    add_schedule_routes(router, parts);
    add_member_routes(router, parts);
    add_backup_routes(router, parts);
    add_token_routes(router, parts);
    add_listen_routes(router, parts);
    add_bluetooth_routes(router, parts);
    add_socket_routes(router, parts);
    add_description(router);  // last: it describes itself, too
}

}  // namespace antiphon::coordinator
