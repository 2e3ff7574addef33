// The verbs of tokens: who else may ask the coordinator, for what, and until when.
#include "apps/cli/parse.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

struct TokenArguments {
    std::string name;
    std::vector<std::string> may;
    std::optional<std::string> life;
    std::optional<std::string> until;
};
using Arguments = std::shared_ptr<TokenArguments>;

core::Result<api::TokenBody> body_of(const TokenArguments& token) {
    api::TokenBody body{token.name, {}, {}, {}};
    auto may = parse_list(token.may, "--may");
    if (!may) return may.error();
    for (const auto& name : *may)
        if (const auto permission = core::parse_permission(name); !permission) return permission.error();
    body.permissions = std::move(*may);
    if (token.life && token.until)
        return core::Error{core::ErrorCode::invalid, "--for and --until both name an end; give one of them"};
    if (token.life) {
        const auto seconds = parse_duration(*token.life);
        if (!seconds) return seconds.error().within("--for");
        body.for_s = *seconds;
    }
    if (token.until) {
        const auto date = parse_date(*token.until);
        if (!date) return date.error().within("--until");
        body.until = *date;
    }
    return body;
}

int create(Call& call, const ApiClient& api, const TokenArguments& token) {
    const auto body = body_of(token);
    if (!body) return call.usage(body.error());
    const auto answer = api.send(http::Method::post, "/v1/tokens", json::encode(*body));
    return call.answer<api::NewTokenView>(answer, [&](const api::NewTokenView& made) {
        // on stderr, so that $(antiphon token create ...) is the token alone
        call.tell("token '" + printable(made.token.name) + "' may " + listed(made.token.permissions) +
                  (made.token.ends ? ", until " + wall_text(*made.token.ends) : "") + "; it is shown only now");
        return printable(made.secret) + "\n";
    });
}

int list(Call& call, const ApiClient& api) {
    return call.answer<api::TokensView>(api.get("/v1/tokens"),
                                        [&](const api::TokensView& view) { return show(view.tokens, call.look()); });
}

int revoke(Call& call, const ApiClient& api, const TokenArguments& token) {
    return call.answer(api.send(http::Method::delete_, "/v1/tokens/" + http::percent_encoded(token.name)),
                       "token " + token.name + " lets nobody in any more");
}

template <class Body>
Verb with_token(const Arguments& token, Body body) {
    return with_api([token, body](Call& call, const ApiClient& api) { return body(call, api, *token); });
}

}  // namespace

void add_token(Command root) {
    const auto token = std::make_shared<TokenArguments>();
    auto group = root.verb({"token",
                            "Lets people and programs in, for some things and for some time.",
                            {"antiphon token create bar --may view,play --for 30d", "antiphon token revoke bar"},
                            "Cluster"});
    group
        .client_verb({"create",
                      "Prints a new token; it is shown only once.",
                      {"antiphon token create bar --may view,play --for 30d",
                       "antiphon token create board-of-the-house --may view --until 2027-01-01"}})
        .argument("NAME", token->name, "to know it by; no two alike")
        .list({"--may", "view|play|record|pair|update|admin", "what it permits; several with commas", true}, token->may)
        .option({"--for", "TIME", "how long it is good: 45m, 12h, 30d, 2w"}, token->life)
        .option({"--until", "DATE", "or the day on which it ends, at 00:00 UTC: 2027-01-01"}, token->until)
        .runs(with_token(token, create));
    group.client_verb({"list", "Lists the tokens, without the secrets.", {"antiphon token list"}}).runs(with_api(list));
    group.client_verb({"revoke", "Ends a token at once; who listens by it is cut off.", {"antiphon token revoke bar"}})
        .argument("NAME", token->name, "of the token")
        .runs(with_token(token, revoke));
}

}  // namespace antiphon::cli
