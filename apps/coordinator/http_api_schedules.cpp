// Recordings that begin by themselves, and marks in any.
#include "adapters/calendar/calendar.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/views.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

// What the core cannot check: it has no time zones.
core::Result<core::ScheduleRequest> request_of(const api::ScheduleBody& body, core::WallTime now) {
    const auto second = calendar::parse_time_of_day(body.at);
    if (!second) return second.error().within("at");
    core::ScheduleRequest asked{body.from, body.title.value_or(""), {}, {}, {}, {}};
    asked.rule = {body.zone ? *body.zone : calendar::local_zone(), body.date, body.days, *second};
    const auto length = duration_of(static_cast<double>(body.for_s), "for_s");
    if (!length) return length.error();
    asked.length = *length;
    const auto trigger = trigger_of(body.on_sound);
    if (!trigger) return trigger.error();
    asked.on_sound = *trigger;
    const auto next = calendar::next(asked.rule, now);
    if (!next) return next.error();
    if (!*next)
        return core::Error{core::ErrorCode::invalid, "that time is past: " + *body.date + " " + body.at + " in " +
                                                         asked.rule.zone + "; name one to come"};
    asked.next = **next;
    return asked;
}

void create(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::ScheduleBody>(request, responder);
    if (!body) return;
    auto asked = request_of(*body, parts.app.wall());
    if (!asked) return responder.fail(asked.error());
    parts.app.ask(
        std::move(*asked), asker_of(request),
        answer_with<core::ScheduleRow>(
            std::move(responder),
            [](const core::ScheduleRow& row, const core::CoordinatorState& state) { return schedule_view(state, row); },
            201));
}

void list(ApiParts& parts, const http::Request&, http::Responder responder) {
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_for(parts.app, kept, [kept](const core::CoordinatorState& state) {
        api::SchedulesView view;
        for (const auto& [id, row] : state.schedules.rows()) view.schedules.push_back(schedule_view(state, *row));
        kept->answer(http::Response::json(json::encode(view)));
    });
}

void remove(ApiParts& parts, const http::Request& request, http::Responder responder) {
    parts.app.ask(core::ScheduleDeleteRequest{{request.param("id")}}, asker_of(request),
                  answer_empty(std::move(responder)));
}

void mark(ApiParts& parts, const http::Request& request, http::Responder responder) {
    auto body = body_of<api::MarkBody>(request, responder);
    if (!body) return;
    const auto ago = duration_of(body->ago_s.value_or(0), "ago_s");
    if (!ago) return responder.fail(ago.error());
    parts.app.ask(core::MarkRequest{{request.param("id")}, std::move(body->text), *ago}, asker_of(request),
                  answer_with<core::MarkRow>(
                      std::move(responder),
                      [](const core::MarkRow& row, const core::CoordinatorState&) { return mark_view(row); }, 201));
}

void list_marks(ApiParts& parts, const http::Request& request, http::Responder responder) {
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    look_for(parts.app, kept, [kept, id = core::RecordingId{request.param("id")}](const core::CoordinatorState& state) {
        if (!state.recordings.find(id))
            return kept->fail({core::ErrorCode::not_found, "there is no recording '" + id.value.substr(0, 80) + "'"});
        kept->answer(http::Response::json(json::encode(marks_view(state, id))));
    });
}

void remove_mark(ApiParts& parts, const http::Request& request, http::Responder responder) {
    parts.app.ask(core::MarkDeleteRequest{{request.param("id")}, {request.param("mark")}}, asker_of(request),
                  answer_empty(std::move(responder)));
}

}  // namespace

void add_schedule_routes(http::Router& router, ApiParts& parts) {
    router.add(Method::post, "/v1/schedules", Permission::record, bound(parts, create),
               Does("Records at a time, or at one of each week")
                   .takes<api::ScheduleBody>()
                   .gives<api::ScheduleView>(201)
                   .keyed()
                   .refuses({404}));
    router.add(Method::get, "/v1/schedules", Permission::view, bound(parts, list),
               Does("All schedules").gives<api::SchedulesView>());
    router.add(Method::delete_, "/v1/schedules/{id}", Permission::record, bound(parts, remove),
               Does("Removes a schedule; what it has begun goes on").gives_nothing().keyed().refuses({404}));
}

void add_mark_routes(http::Router& router, ApiParts& parts) {
    router.add(
        Method::post, "/v1/recordings/{id}/marks", Permission::record, bound(parts, mark),
        Does("Marks a moment of a recording").takes<api::MarkBody>().gives<api::MarkView>(201).keyed().refuses({404}));
    router.add(Method::get, "/v1/recordings/{id}/marks", Permission::view, bound(parts, list_marks),
               Does("The marks of a recording").gives<api::MarksView>().refuses({404}));
    router.add(Method::delete_, "/v1/recordings/{id}/marks/{mark}", Permission::record, bound(parts, remove_mark),
               Does("Removes a mark").gives_nothing().keyed().refuses({404}));
}

}  // namespace antiphon::coordinator
