// Live listening: an input's sound as an answer that goes on for as long as it is taken.
#include "adapters/http/live_body.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/live/live_sources.hpp"

namespace antiphon::coordinator {

// Who listens, with the token that let each in.
struct Ears {
    struct Listener {
        std::shared_ptr<http::LiveBody> body;
        core::TokenId token;
    };
    std::map<live::Ear, Listener> all;
};

namespace {

using http::Method;
using http::Permission;

constexpr const char* type_of(live::EarFormat format) {
    return format == live::EarFormat::wav ? "audio/wav" : "audio/ogg; codecs=opus";
}

// About five seconds, beside what the kernels hold: who is later does not hear it live.
constexpr std::size_t late_bytes_max(live::EarFormat format) {
    return format == live::EarFormat::wav ? 5 * 192'000 : 5 * 20'000;
}

core::Result<live::EarFormat> format_of(const http::Request& request) {
    const auto asked = request.query_or("format", "opus");
    if (asked == "opus") return live::EarFormat::opus;
    if (asked == "wav") return live::EarFormat::wav;
    return core::Error{core::ErrorCode::invalid,
                       "format '" + std::string(asked.substr(0, 80)) + "': ask for opus or wav"};
}

http::Response answer_of(std::shared_ptr<http::LiveBody> body, live::EarFormat format) {
    auto response = http::Response::of_live(std::move(body), type_of(format));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

// Whichever ends first, the source or who hears it, ends the other.
core::Result<std::shared_ptr<http::LiveBody>> begin(ApiParts& parts, const core::SessionId& source,
                                                    live::EarFormat format, const core::TokenId& token) {
    auto body = std::make_shared<http::LiveBody>(late_bytes_max(format));
    const auto leave = [&sources = parts.sources, ears = std::weak_ptr(parts.ears)](live::Ear ear) {
        const auto here = ears.lock();
        if (!here) return;
        sources.hang_up(ear);
        here->all.erase(ear);
    };
    const auto ear = parts.sources.listen(source, format, [body, leave](live::Ear which, const live::Sound& bytes) {
        if (!bytes) return body->finish();
        if (!body->send(bytes)) leave(which);
    });
    if (!ear) return ear.error();
    body->on_end([leave, ear = *ear] { leave(ear); });
    parts.ears->all[*ear] = {body, token};
    return body;
}

void listen(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto format = format_of(request);
    if (!format) return responder.fail(format.error());
    if (request.method == Method::head) return responder.answer(answer_of(std::make_shared<http::LiveBody>(), *format));
    auto kept = std::make_shared<http::Responder>(std::move(responder));
    parts.app.ask(core::ListenRequest{request.param("worker") + "/" + request.param("input")}, asker_of(request),
                  [&parts, kept, format = *format, token = request.identity->token](
                      const core::Result<core::AnswerBody>& granted, const core::CoordinatorState&) {
                      if (!granted) return kept->fail(granted.error());
                      auto body = begin(parts, std::get<core::ListenRow>(*granted).id, format, token);
                      if (!body) return kept->fail(body.error());
                      kept->answer(answer_of(std::move(*body), format));
                  });
}

}  // namespace

void end_ears(ApiParts& parts, const std::function<bool(const core::TokenId&)>& over) {
    const auto all = parts.ears->all;
    for (const auto& [ear, listener] : all)
        if (over(listener.token)) listener.body->finish();
}

void add_listen_routes(http::Router& router, ApiParts& parts) {
    parts.ears = std::make_shared<Ears>();
    router.add(Method::get, "/v1/inputs/{worker}/{input}/live", Permission::record, bound(parts, listen),
               Does("An input as it comes, for any player or browser")
                   .may_have("query", "format", "opus (in Ogg; without this), or wav: 16 bit, without an end")
                   .token_in_query()
                   .gives_live({"audio/ogg", "audio/wav"})
                   .decided()
                   .refuses({400, 404, 503}));
}

}  // namespace antiphon::coordinator
