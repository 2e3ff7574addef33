// The verb events: what happened, and what happens.
#include "apps/cli/follow.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"

namespace antiphon::cli {
namespace {

int past(Call& call, const ApiClient& api) {
    return call.answer<api::EventsView>(api.get("/v1/events"), [&](const api::EventsView& view) {
        std::string text;
        for (const auto& event : view.events) text += show(event, call.look());
        return text;
    });
}

int follow(Call& call, const ApiClient& api) {
    const auto look = call.look();
    const auto ended = follow_events(
        api.settings(),
        {.on_event = [&](const api::EventView& event,
                         const std::string& text) { call.print(call.json() ? text + "\n" : show(event, look)); },
         .on_lost =
             [&](const std::string& reason) {
                 call.tell("antiphon: lost the coordinator (" + reason + "); trying again");
             }});
    return ended ? exit_done : call.fail(ended.error());
}

}  // namespace

void add_events(Command root) {
    const auto following = std::make_shared<bool>(false);
    root.client_verb({"events",
                      "Shows what happened in the cluster, oldest first.",
                      {"antiphon events", "antiphon events --follow", "antiphon events --follow --json | jq .event"},
                      "Cluster"})
        .flag({"--follow", "", "go on with what happens, until Ctrl-C; with --json one object a line"}, *following)
        .runs(with_api([following](Call& call, const ApiClient& api) {
            return *following ? follow(call, api) : past(call, api);
        }));
}

}  // namespace antiphon::cli
