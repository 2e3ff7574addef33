// Tokens: who may come in, until when, and how that ends.
#include <algorithm>

#include "core/coordinator_turn.hpp"
#include "core/mutants.hpp"

namespace antiphon::core {
namespace {

// The one token that is no row: it lies in the data folder, so that somebody can always get in.
constexpr std::string_view file_token = "admin";
constexpr std::int64_t ns_per_hour = 3'600'000'000'000;

const TokenRow* token_named(const CoordinatorDraft& draft, std::string_view name) {
    const TokenRow* found = nullptr;
    draft.tokens.each([&](const TokenRow& row) {
        if (row.name == name) found = &row;
    });
    return found;
}

WallTime calendar_at(const CoordinatorTurn& turn, WallTime wall) {
    return std::max(wall, turn.draft.cluster.latest_wall.value_or(wall));
}

std::string listed(const std::vector<Permission>& permissions) {
    std::string text;
    for (const auto permission : permissions) text.append(text.empty() ? "" : ", ").append(to_string(permission));
    return text;
}

Result<void> require_grantable(const Principal& creator, PermissionSet wanted) {
    if (wanted == PermissionSet())
        return Error{ErrorCode::invalid, "a token needs a permission: view, play, record, pair, update or admin"};
    for (const auto permission : wanted.list())
        if (!creator.permissions.has(permission) || permission == Permission::worker)
            return Error{ErrorCode::denied, "the token of " + creator.name + " cannot give the permission '" +
                                                std::string(to_string(permission)) + "', which it lacks itself"};
    return {};
}

Result<void> require_free_name(const CoordinatorDraft& draft, const std::string& name) {
    if (name == file_token)
        return Error{ErrorCode::conflict, "'admin' is the token in the data folder; choose another name"};
    const auto* same = token_named(draft, name);
    if (!same) return {};
    return Error{ErrorCode::conflict, "there is a token '" + name + "' already" + (same->ended ? ", at its end" : "") +
                                          "; choose another name, or: antiphon token revoke " + name};
}

Result<void> require_future(const CoordinatorTurn& turn, const std::optional<WallTime>& ends, WallTime wall) {
    if (!ends || *ends > calendar_at(turn, wall)) return {};
    if (*ends <= wall) return Error{ErrorCode::invalid, "the token would end in the past; name a later end"};
    return Error{ErrorCode::conflict,
                 "the token would end before a time that this coordinator's clock has shown already; see that the "
                 "clock is right, and name a later end, or none"};
}

void end_token(CoordinatorTurn& turn, const TokenRow& row, const std::string& news, const std::string& why) {
    if (!mutated(Mutant::door_left_open))
        turn.effects.push_back(DismissToken{row.id, "the token '" + row.name + "' " + why});
    turn.announce(news, row.id.value, "'" + row.name + "' " + why);
}

}  // namespace

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const TokenCreateRequest& token) {
    const auto name = parse_name(token.name);
    if (!name) return name.error();
    if (auto free = require_free_name(turn.draft, *name); !free) return free.error();
    if (auto given = require_grantable(request.principal, token.permissions); !given) return given.error();
    if (auto future = require_future(turn, token.ends, request.wall); !future) return future.error();
    if (count_of(turn.draft.tokens) >= tokens_max)
        return Error{ErrorCode::exhausted, "there are " + std::to_string(tokens_max) +
                                               " tokens, which is the bound; antiphon token list shows which ended, "
                                               "antiphon token revoke removes one"};
    TokenRow row{{turn.new_id('t')}, *name, token.digest, token.permissions.list(), request.wall, token.ends, false};
    turn.draft.tokens.put(row.id, row);
    turn.effects.push_back(AdmitToken{row.id});
    turn.announce("token.created", row.id.value, "'" + row.name + "' may " + listed(row.permissions));
    return AnswerBody{row};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const TokenRevokeRequest& token) {
    if (token.name == file_token)
        return Error{ErrorCode::conflict,
                     "'admin' is the token in the data folder, the last way in: to replace it, remove the file and "
                     "start the coordinator again"};
    const auto* found = token_named(turn.draft, token.name);
    if (!found)
        return Error{ErrorCode::not_found,
                     "there is no token '" + token.name.substr(0, 80) + "'; antiphon token list lists them"};
    const TokenRow row = *found;
    end_token(turn, row, "token.revoked", "was revoked");
    turn.draft.tokens.erase(row.id);
    return AnswerBody{Done{}};
}

std::optional<Error> token_over(const CoordinatorTurn& turn, const UserRequest& request) {
    const auto& principal = request.principal;
    if (principal.token.value.empty()) return std::nullopt;
    const auto* row = turn.draft.tokens.find(principal.token);
    if (row && !row->over_at(calendar_at(turn, request.wall))) return std::nullopt;
    return Error{ErrorCode::denied, "the token '" + principal.name + "' " + (row ? "is at its end" : "was revoked") +
                                        "; ask for a new one"};
}

void turn_calendar(CoordinatorTurn& turn, WallTime wall) {
    auto& cluster = turn.draft.cluster;
    const auto before = cluster.latest_wall;
    const auto calendar = calendar_at(turn, wall);
    std::vector<TokenRow> over;
    bool any_will_end = false;
    turn.draft.tokens.each([&](const TokenRow& row) {
        if (!row.ended && row.ends) (row.over_at(calendar) ? over.push_back(row) : void(any_will_end = true));
    });
    cluster.latest_wall = calendar;
    // Durable with each end, and once in each hour of the calendar while there is something to end: a row each second
    // would wear the card out.
    const bool new_hour = !before || before->ns / ns_per_hour < calendar.ns / ns_per_hour;
    if (!over.empty() || (any_will_end && new_hour)) turn.draft.cluster_changed = true;
    for (auto& row : over) {
        row.ended = true;
        turn.draft.tokens.put(row.id, row);
        end_token(turn, row, "token.ended", "is at its end");
    }
}

void end_tokens_seen_over(CoordinatorTurn& turn, const UserRequest& request) {
    const auto* row = turn.draft.tokens.find(request.principal.token);
    const bool unseen = row && !row->ended && row->over_at(calendar_at(turn, request.wall));
    if (unseen && !turn.draft.cluster.superseded_by) turn_calendar(turn, request.wall);
}

}  // namespace antiphon::core
