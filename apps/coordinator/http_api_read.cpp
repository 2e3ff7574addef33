// Looking: status, workers, devices, sessions, recordings, zones, events.
#include <algorithm>

#include "adapters/http/conditional.hpp"
#include "adapters/http/websocket.hpp"
#include "adapters/metrics/page.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/views.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

// Answers with what `read(state)` makes, or with its error.
template <class Read>
void answer_look(ApiParts& parts, http::Responder responder, const Read& read) {
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_for(parts.app, kept, [kept, read](const core::CoordinatorState& state) {
        auto response = read(state);
        response ? kept->answer(std::move(*response)) : kept->fail(response.error());
    });
}

template <class View>
core::Result<http::Response> ok(const View& view) {
    return http::Response::json(json::encode(view));
}

core::Error missing(const std::string& what, const std::string& id) {
    return {core::ErrorCode::not_found, "there is no " + what + " '" + id.substr(0, 80) + "'"};
}

template <class View, class Table, class Make>
std::vector<View> views_of(const Table& table, Make make) {
    std::vector<View> views;
    for (const auto& [id, row] : table.rows()) views.push_back(make(*row));
    return views;
}

void add_lists(http::Router& router, ApiParts& parts) {
    router.add(
        Method::get, "/v1/workers", Permission::view,
        [&parts](const http::Request&, http::Responder responder) {
            answer_look(parts, std::move(responder), [](const auto& state) {
                return ok(api::WorkersView{views_of<api::WorkerView>(
                    state.workers, [&](const auto& row) { return worker_view(state, row); })});
            });
        },
        Does("All workers").gives<api::WorkersView>());
    router.add(
        Method::get, "/v1/sessions", Permission::view,
        [&parts](const http::Request&, http::Responder responder) {
            answer_look(parts, std::move(responder), [now = parts.app.now()](const auto& state) {
                return ok(api::SessionsView{views_of<api::SessionView>(
                    state.sessions, [&](const auto& row) { return session_view(state, row, now); })});
            });
        },
        Does("All sessions").gives<api::SessionsView>());
    router.add(
        Method::get, "/v1/recordings", Permission::view,
        [&parts](const http::Request&, http::Responder responder) {
            answer_look(parts, std::move(responder), [](const auto& state) {
                return ok(api::RecordingsView{views_of<api::RecordingView>(
                    state.recordings, [&](const auto& row) { return recording_view(state, row); })});
            });
        },
        Does("All recordings").gives<api::RecordingsView>());
    router.add(
        Method::get, "/v1/zones", Permission::view,
        [&parts](const http::Request&, http::Responder responder) {
            answer_look(parts, std::move(responder), [](const auto& state) {
                return ok(api::ZonesView{
                    views_of<api::ZoneView>(state.zones, [&](const auto& row) { return zone_view(state, row); })});
            });
        },
        Does("All zones").gives<api::ZonesView>());
}

void add_single(http::Router& router, ApiParts& parts) {
    router.add(
        Method::get, "/v1/sessions/{id}", Permission::view,
        [&parts](const http::Request& request, http::Responder responder) {
            answer_look(
                parts, std::move(responder),
                [id = request.param("id"), now = parts.app.now()](const auto& state) -> core::Result<http::Response> {
                    const auto* row = state.sessions.find({id});
                    if (!row) return missing("session", id);
                    return ok(session_view(state, *row, now));
                });
        },
        Does("One session").gives<api::SessionView>().refuses({404}));
    router.add(
        Method::get, "/v1/workers/{worker}", Permission::view,
        [&parts](const http::Request& request, http::Responder responder) {
            answer_look(parts, std::move(responder),
                        [name = request.param("worker")](const auto& state) -> core::Result<http::Response> {
                            const auto* row = state.workers.find({name});
                            for (const auto& [id, worker] : state.workers.rows())
                                if (worker->name == name) row = worker.get();
                            if (!row) return missing("worker", name);
                            return ok(documents_view(state, *row));
                        });
        },
        Does("What a worker shall be, and what it said last").gives<api::WorkerDocumentsView>().refuses({404}));
    router.add(
        Method::get, "/v1/recordings/{id}", Permission::view,
        [&parts](const http::Request& request, http::Responder responder) {
            answer_look(parts, std::move(responder),
                        [id = request.param("id")](const auto& state) -> core::Result<http::Response> {
                            const auto* row = state.recordings.find({id});
                            if (!row) return missing("recording", id);
                            return ok(recording_view(state, *row));
                        });
        },
        Does("One recording").gives<api::RecordingView>().refuses({404}));
    router.add(
        Method::get, "/v1/zones/{name}", Permission::view,
        [&parts](const http::Request& request, http::Responder responder) {
            answer_look(parts, std::move(responder),
                        [name = request.param("name")](const auto& state) -> core::Result<http::Response> {
                            for (const auto& [id, row] : state.zones.rows()) {
                                if (row->name != name) continue;
                                auto response = http::Response::json(json::encode(zone_view(state, *row)));
                                response.headers.set("ETag", http::etag(row->version));
                                return response;
                            }
                            return missing("zone", name);
                        });
        },
        Does("One zone, with its version as the ETag").gives<api::ZoneView>(200, {"ETag"}).refuses({404}));
}

void add_events(http::Router& router, ApiParts& parts) {
    router.add(
        Method::get, "/v1/events", Permission::view,
        [&parts](const http::Request&, http::Responder responder) {
            answer_look(parts, std::move(responder), [](const auto& state) {
                api::EventsView view;
                for (const auto& [number, entry] : state.journal.rows()) view.events.push_back(event_view(*entry));
                return ok(view);
            });
        },
        Does("The journal: the last decisions, oldest first").gives<api::EventsView>());
    router.add(
        Method::get, "/v1/why/{object...}", Permission::view,
        [&parts](const http::Request& request, http::Responder responder) {
            answer_look(parts, std::move(responder),
                        [object = request.param("object"),
                         now = parts.app.now()](const auto& state) -> core::Result<http::Response> {
                            const auto explained = core::explain(state, object, now);
                            if (!explained) return explained.error();
                            return ok(why_view(*explained));
                        });
        },
        Does("What something does, or what keeps it from it").gives<api::WhyView>().refuses({404, 409}));
}

}  // namespace

void add_read_routes(http::Router& router, ApiParts& parts) {
    router.add(
        Method::get, "/metrics", Permission::view,
        [&parts](const http::Request&, http::Responder responder) {
            answer_look(parts, std::move(responder), [&parts](const auto& state) -> core::Result<http::Response> {
                auto page = http::Response::text(parts.metrics(state));
                page.content_type = metrics::content_type;
                return page;
            });
        },
        Does("All that is counted, for Prometheus").gives_text("text/plain"));
    router.add(
        Method::get, "/healthz", Permission::none,
        [](const http::Request&, http::Responder responder) { responder.answer(http::Response::text("ok\n")); },
        Does("Whether the server answers").gives_text("text/plain"));
    router.add(
        Method::get, "/v1/status", Permission::view,
        [&parts](const http::Request&, http::Responder responder) {
            auto cluster = parts.cluster;
            if (parts.certificate)
                for (auto& warning : parts.certificate->warnings()) cluster.warnings.push_back(std::move(warning));
            answer_look(parts, std::move(responder), [cluster, now = parts.app.now()](const auto& state) {
                return ok(status_view(state, cluster, now));
            });
        },
        Does("Everything at one moment").gives<api::StatusView>());
    router.add(
        Method::get, "/v1/devices", Permission::view,
        [&parts](const http::Request&, http::Responder responder) {
            answer_look(parts, std::move(responder), [](const auto& state) { return ok(devices_view(state)); });
        },
        Does("All outputs and inputs").gives<api::DevicesView>());
    add_lists(router, parts);
    add_single(router, parts);
    add_events(router, parts);
}

}  // namespace antiphon::coordinator
