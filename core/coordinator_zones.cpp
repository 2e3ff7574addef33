// Zones: named sets of outputs, with versions so that two people do not overwrite each other.
#include "core/coordinator_turn.hpp"
#include "core/mutants.hpp"

namespace antiphon::core {
namespace {

Result<const ZoneRow*> require_zone(const CoordinatorDraft& draft, const std::string& name) {
    if (const auto* zone = find_zone(draft, name)) return zone;
    return Error{ErrorCode::not_found, "there is no zone '" + name.substr(0, 80) + "'"};
}

}  // namespace

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const ZoneSetRequest& request) {
    const auto name = parse_name(request.name);
    if (!name) return name.error();
    auto outputs = resolve_outputs(turn.draft, request.outputs);
    if (!outputs) return outputs.error();
    const auto* known = zone_named(turn.draft, *name);
    if (known && request.must_be_new)
        return Error{ErrorCode::conflict, "zone '" + *name + "' exists already; change it with: antiphon zone set"};
    const auto version = known ? known->version : 0;
    if (request.expected_version && !mutated(Mutant::version_ignored) && *request.expected_version != version)
        return Error{ErrorCode::conflict,
                     "zone '" + *name + "' is at version " + std::to_string(version) + ", not " +
                         std::to_string(*request.expected_version),
                     version};
    if (!known && count_of(turn.draft.zones) >= zones_max)
        return Error{ErrorCode::exhausted, "there are " + std::to_string(zones_max) + " zones, the bound; delete one"};
    const auto* buried = known ? nullptr : turn.draft.tombstones.find("zone/" + *name);
    const auto last = buried && !mutated(Mutant::lost_tombstone) ? buried->version : version;
    ZoneRow zone{known ? known->id : ZoneId{turn.new_id('z')}, *name, std::move(*outputs), last + 1};
    turn.draft.zones.put(zone.id, zone);
    turn.announce("zone.set", zone.id.value, "'" + zone.name + "' has " + counted(zone.outputs.size(), "output"));
    return AnswerBody{zone};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const ZoneRenameRequest& request) {
    const auto zone = require_zone(turn.draft, request.name);
    if (!zone) return zone.error();
    const auto name = parse_name(request.new_name);
    if (!name) return name.error();
    if (zone_named(turn.draft, *name)) return Error{ErrorCode::conflict, "zone '" + *name + "' exists already"};
    ZoneRow renamed = **zone;
    renamed.name = *name;
    bury(turn, "zone/" + (*zone)->name, "", (*zone)->version);
    if (const auto* buried = turn.draft.tombstones.find("zone/" + *name))
        renamed.version = std::max(renamed.version, buried->version);
    ++renamed.version;
    turn.announce("zone.renamed", renamed.id.value, "'" + (*zone)->name + "' is now '" + renamed.name + "'");
    turn.draft.zones.put(renamed.id, renamed);
    return AnswerBody{renamed};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const ZoneDeleteRequest& request) {
    const auto zone = require_zone(turn.draft, request.name);
    if (!zone) return zone.error();
    const ZoneId id = (*zone)->id;
    bury(turn, "zone/" + (*zone)->name, "", (*zone)->version);
    turn.announce("zone.deleted", id.value, "'" + (*zone)->name + "'");
    turn.draft.zones.erase(id);
    return AnswerBody{Done{}};
}

}  // namespace antiphon::core
