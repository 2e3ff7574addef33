// Requests as they are answered.
#include "apps/coordinator/access_log.hpp"

#include "adapters/system/log.hpp"

namespace antiphon::coordinator {

namespace log = system::log;

void AccessLog::served(const http::ServedRequest& request, core::LocalTime now) {
    requests_.served(request);
    constexpr int not_served = 501;  // of a client's making
    if (request.status < 500 || request.status == not_served || !failures_.count(now)) return;
    const log::Scope scope("http", request.trace);
    log::warning("http.failed", {{"route", request.pattern},
                                 {"status", request.status},
                                 {"peer", request.peer},
                                 {"failed", failures_.refused()}});
}

}  // namespace antiphon::coordinator
