// Tokens as people see them.
#include "apps/cli/show.hpp"
#include "apps/cli/table.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

Cell end_cell(const api::TokenView& token) {
    if (token.ended) return {"ended " + wall_text(*token.ends), Colour::red};
    return token.ends ? Cell(wall_text(*token.ends)) : Cell("never");
}

}  // namespace

std::string listed(const std::vector<core::Permission>& permissions) {
    std::vector<std::string> names;
    for (const auto permission : permissions) names.emplace_back(to_string(permission));
    return listed(names);
}

std::string show(const std::vector<api::TokenView>& tokens, const Look& look) {
    if (tokens.empty()) return "There are no tokens but the coordinator's own; `antiphon token create` makes one.\n";
    Table table({{"TOKEN"}, {"MAY"}, {"CREATED"}, {"ENDS"}, {"LAST USED"}});
    for (const auto& token : tokens)
        table.add({{token.name, Colour::bold},
                   listed(token.permissions),
                   wall_text(token.created),
                   end_cell(token),
                   token.last_used ? wall_text(*token.last_used) : ""});
    return table.text(look);
}

}  // namespace antiphon::cli
