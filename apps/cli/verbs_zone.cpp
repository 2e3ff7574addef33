// The verbs of zones: names for several outputs at once.
#include "adapters/http/conditional.hpp"
#include "apps/cli/lists.hpp"
#include "apps/cli/parse.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

struct ZoneArguments {
    std::string name;
    std::string new_name;
    std::vector<std::string> outputs;
    std::optional<std::string> if_version;
};
using Arguments = std::shared_ptr<ZoneArguments>;

std::string target_of(const std::string& zone) { return "/v1/zones/" + http::percent_encoded(zone); }

std::string zone_sentence(const api::ZoneView& zone) {
    return printable("zone " + zone.name + " (version " + std::to_string(zone.version) + "): " + listed(zone.outputs)) +
           "\n";
}

int put(Call& call, const ApiClient& api, const ZoneArguments& zone, http::Headers condition) {
    auto outputs = parse_list(zone.outputs, "--outputs");
    if (!outputs) return call.usage(outputs.error());
    const auto body = json::encode(api::ZoneBody{std::move(*outputs)});
    return call.answer<api::ZoneView>(api.send(http::Method::put, target_of(zone.name), body, std::move(condition)),
                                      zone_sentence);
}

int create(Call& call, const ApiClient& api, const ZoneArguments& zone) {
    return put(call, api, zone, {{"If-None-Match", "*"}});
}

int set(Call& call, const ApiClient& api, const ZoneArguments& zone) {
    if (!zone.if_version) return put(call, api, zone, {});
    const auto version = parse_version(*zone.if_version);
    if (!version) return call.usage(version.error());
    return put(call, api, zone, {{"If-Match", http::etag(*version)}});
}

int rename(Call& call, const ApiClient& api, const ZoneArguments& zone) {
    const auto body = json::encode(api::ZoneRenameBody{zone.new_name});
    return call.answer<api::ZoneView>(api.send(http::Method::post, target_of(zone.name) + "/rename", body),
                                      zone_sentence);
}

int remove(Call& call, const ApiClient& api, const ZoneArguments& zone) {
    return call.answer(api.send(http::Method::delete_, target_of(zone.name)), "zone " + zone.name + " is gone");
}

int list(Call& call, const ApiClient& api) {
    return call.answer<ZonesView>(api.get("/v1/zones"), [&](const ZonesView& view) {
        if (view.zones.empty()) return std::string("There are no zones; `antiphon zone create` makes one.\n");
        return show(view.zones, call.look());
    });
}

template <class Body>
Verb with_zone(const Arguments& zone, Body body) {
    return with_api([zone, body](Call& call, const ApiClient& api) { return body(call, api, *zone); });
}

const OptionText outputs_option{"--outputs", "OUTPUT,...", "what belongs to it, as worker/name", true};

void add_writers(Command& group, const Arguments& zone) {
    group
        .client_verb({"create",
                      "Makes a zone; refused when there is one of that name.",
                      {"antiphon zone create foyer --outputs hall/left,hall/right"}})
        .argument("NAME", zone->name, "of the new zone")
        .list(outputs_option, zone->outputs)
        .runs(with_zone(zone, create));
    group
        .client_verb({"set",
                      "Says what belongs to a zone, whatever did before.",
                      {"antiphon zone set foyer --outputs hall/left",
                       "antiphon zone set foyer --outputs hall/left --if-version 3"}})
        .argument("NAME", zone->name, "of the zone")
        .list(outputs_option, zone->outputs)
        .option({"--if-version", "N", "only if nobody changed it since version N"}, zone->if_version)
        .runs(with_zone(zone, set));
}

}  // namespace

void add_zone(Command root) {
    const auto zone = std::make_shared<ZoneArguments>();
    auto group =
        root.verb({"zone",
                   "Makes, changes and lists zones: names for several outputs at once.",
                   {"antiphon zone create foyer --outputs hall/left,hall/right", "antiphon play song.flac --to foyer"},
                   "Cluster"});
    add_writers(group, zone);
    group.client_verb({"rename", "Gives a zone another name.", {"antiphon zone rename foyer entrance"}})
        .argument("NAME", zone->name, "that it has")
        .argument("NEW", zone->new_name, "that it shall have")
        .runs(with_zone(zone, rename));
    group.client_verb({"delete", "Removes a zone; its outputs stay.", {"antiphon zone delete foyer"}})
        .argument("NAME", zone->name, "of the zone")
        .runs(with_zone(zone, remove));
    group.client_verb({"list", "Lists the zones.", {"antiphon zone list"}}).runs(with_api(list));
}

}  // namespace antiphon::cli
