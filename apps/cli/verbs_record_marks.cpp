// The verbs record mark, record unmark and record marks.
#include "apps/cli/parse.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

struct MarkArguments {
    std::string id;
    std::string text;
    std::string mark;
    std::optional<std::string> ago;
};

std::string marks_of(const std::string& id) { return "/v1/recordings/" + http::percent_encoded(id) + "/marks"; }

int mark(Call& call, const ApiClient& api, const MarkArguments& asked) {
    api::MarkBody body{asked.text, {}};
    if (asked.ago) {
        const auto seconds = parse_duration(*asked.ago);
        if (!seconds) return call.usage(seconds.error().within("--ago"));
        body.ago_s = static_cast<double>(*seconds);
    }
    return call.answer<api::MarkView>(
        api.post_once(marks_of(asked.id), json::encode(body)), [&](const api::MarkView& made) {
            return printable("mark " + made.id + " of recording " + asked.id + ": " + made.text) + "\n";
        });
}

int unmark(Call& call, const ApiClient& api, const MarkArguments& asked) {
    return call.answer(api.send(http::Method::delete_, marks_of(asked.id) + "/" + http::percent_encoded(asked.mark)),
                       "mark " + asked.mark + " of recording " + asked.id + " is gone");
}

int list(Call& call, const ApiClient& api, const MarkArguments& asked) {
    return call.answer<api::MarksView>(api.get(marks_of(asked.id)),
                                       [&](const api::MarksView& view) { return show(view.marks, call.look()); });
}

}  // namespace

void add_record_marks(Command record) {
    const auto asked = std::make_shared<MarkArguments>();
    const auto with = [asked](auto body) {
        return with_api([asked, body](Call& call, const ApiClient& api) { return body(call, api, *asked); });
    };
    constexpr const char* id_help = "of the recording, as `antiphon recordings` shows it";
    record
        .client_verb({"mark",
                      "Marks this moment of a recording; exports tell where it is.",
                      {"antiphon record mark r3 'second act'", "antiphon record mark r3 applause --ago 10s"}})
        .argument("ID", asked->id, id_help)
        .argument("TEXT", asked->text, "what there is")
        .option({"--ago", "TIME", "how long the moment is past: 10s, 5m (default: now)"}, asked->ago)
        .runs(with(mark));
    record.client_verb({"marks", "Lists the marks of a recording.", {"antiphon record marks r3"}})
        .argument("ID", asked->id, id_help)
        .runs(with(list));
    record.client_verb({"unmark", "Removes a mark.", {"antiphon record unmark r3 m7"}})
        .argument("ID", asked->id, id_help)
        .argument("MARK", asked->mark, "as `antiphon record marks` shows it")
        .runs(with(unmark));
}

}  // namespace antiphon::cli
