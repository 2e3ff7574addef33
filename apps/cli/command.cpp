// The tree of verbs on CLI11.
#include "apps/cli/command.hpp"

#include <CLI/CLI.hpp>

#include "apps/cli/nearest.hpp"
#include "apps/cli/version.hpp"

namespace antiphon::cli {
namespace {

constexpr std::size_t help_column = 30;

std::string examples_text(const std::vector<std::string>& examples) {
    if (examples.empty()) return "";
    std::string text = "EXAMPLES";
    for (const auto& example : examples) text += "\n  " + example;
    return text;
}

// What CLI11 would add about types and repetition is in our own words already.
std::string value_text(const OptionText& text) { return text.value + (text.required ? " (required)" : ""); }

// CLI11 leaves an empty line where a group has only hidden options.
std::string help_of(const CLI::App& app) {
    auto text = app.help();
    for (auto at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n")) text.erase(at, 1);
    return text;
}

// The verb that the words got to.
const CLI::App& deepest(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : deepest(*chosen.front());
}

std::string full_name(const CLI::App& app) {
    const auto* parent = app.get_parent();
    return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

std::vector<std::string> verbs_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* verb : app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); }))
        names.push_back(verb->get_name());
    return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* option : app.get_options([](const CLI::Option* o) { return o->nonpositional(); }))
        names.push_back(option->get_name(false, false));
    return names;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

Told usage_error(const CLI::App& app, const std::string& what) {
    const auto name = full_name(app);
    return {2, name + ": " + what + "\nTry `" + name + " --help`.\n"};
}

std::string unexpected(const CLI::App& app, const std::string& word) {
    const bool option = word.starts_with("-") && word.size() > 1;
    const auto verbs = verbs_of(app);
    const auto close = nearest(word, option ? options_of(app) : verbs);
    const auto meant = close.empty() ? "" : "; did you mean '" + close + "'?";
    if (option) return "there is no option '" + word + "'" + meant;
    if (!verbs.empty()) return "there is no verb '" + word + "'" + meant;
    return "'" + word + "' is one word too many";
}

// CLI11's words for the two mistakes that people make most, in ours.
std::string plain_words(const std::string& said) {
    const auto colon = said.find(": 1 required ");
    const auto missing = said.rfind(" missing");
    if (colon == std::string::npos || missing == std::string::npos) return said;
    const auto value = said.substr(colon + 13, missing - colon - 13);
    return said.substr(0, colon) + " needs a value: " + value;
}

Told told(const CLI::App& app, const CLI::ParseError& error) {
    const auto& verb = deepest(app);
    if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr) return usage_error(verb, plain_words(error.what()));
    const auto words = app.remaining(true);
    return usage_error(verb, unexpected(verb, words.empty() ? "" : words.front()));
}

Told nothing_chosen(const CLI::App& app) {
    if (app.get_parent() == nullptr) return {2, help_of(app)};
    return usage_error(app, "one more word is needed: " + joined(verbs_of(app)));
}

Vocabulary vocabulary_of(const CLI::App& app) {
    Vocabulary words{app.get_name(), app.get_description(), {}, {}, {}};
    for (const auto* option : app.get_options()) {
        if (option->get_group().empty()) continue;
        if (!option->nonpositional()) {
            words.arguments.push_back(option->get_name(true, false));
            continue;
        }
        const bool takes_value = option->get_expected_min() > 0;
        auto value = takes_value ? option->get_type_name() : "";
        words.options.push_back({option->get_name(false, false), value, option->get_description()});
    }
    for (const auto* verb : app.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); }))
        words.verbs.push_back(vocabulary_of(*verb));
    return words;
}

}  // namespace

Command Command::verb(const VerbText& text) {
    auto* app = app_->add_subcommand(text.name, text.sentence);
    app->footer(examples_text(text.examples));
    app->group(text.group);
    app->require_subcommand(0, 1);
    return {*tree_, *app};
}

Command Command::client_verb(const VerbText& text) {
    auto added = verb(text);
    added.is_client_ = true;
    return added;
}

void Command::add_client_options() {
    auto& client = tree_->client_;
    option({"--server", "URL", "where the coordinator is (ANTIPHON_URL; default http://127.0.0.1:8740)"},
           client.server);
    option({"--token-file", "FILE", "file with the token that opens it (ANTIPHON_TOKEN holds the token itself)"},
           client.token_file);
    option({"--tls-ca", "FILE", "certificates of the authorities to believe (ANTIPHON_TLS_CA; default: the system's)"},
           client.tls_ca);
    flag({"--json", "", "print what the server answers, as JSON"}, client.json);
}

Command& Command::argument(const std::string& name, std::string& to, const std::string& help) {
    app_->add_option(name, to, help)->required()->option_text(" ");
    return *this;
}

Command& Command::optional_argument(const std::string& name, std::string& to, const std::string& help) {
    app_->add_option(name, to, help)->option_text(" ");
    return *this;
}

Command& Command::arguments(const std::string& name, std::vector<std::string>& to, const std::string& help) {
    app_->add_option(name, to, help)->required()->option_text(" ");
    return *this;
}

Command& Command::option(const OptionText& text, std::optional<std::string>& to) {
    auto* option =
        app_->add_option_function<std::string>(text.name, [&to](const std::string& value) { to = value; }, text.help);
    option->type_name(text.value)->option_text(value_text(text))->required(text.required);
    if (text.hidden) option->group("");
    return *this;
}

Command& Command::list(const OptionText& text, std::vector<std::string>& to) {
    auto* option = app_->add_option(text.name, to, text.help);
    option->type_name(text.value)->option_text(value_text(text))->required(text.required)->allow_extra_args(false);
    return *this;
}

Command& Command::flag(const OptionText& text, bool& to) {
    auto* option = app_->add_flag_function(text.name, [&to](std::int64_t) { to = true; }, text.help);
    if (text.hidden) option->group("");
    return *this;
}

Command& Command::runs(Verb verb) {
    if (is_client_) add_client_options();  // after the verb's own, which people look for first
    tree_->verbs_[app_] = std::move(verb);
    return *this;
}

CommandTree::CommandTree() : app_(std::make_unique<CLI::App>("The audio cluster of a venue.", "antiphon")) {
    app_->get_formatter()->column_width(help_column);
    app_->get_formatter()->label("SUBCOMMAND", "VERB");
    app_->set_help_flag("-h,--help", "say what this verb does and takes");
    app_->add_flag("--version", version_, "print the version");
    app_->require_subcommand(0, 1);
    app_->footer("`antiphon VERB --help` says more about a verb. Exit codes: 0 done, 1 refused or failed, 2 usage.");
}

CommandTree::~CommandTree() = default;

Command CommandTree::root() { return {*this, *app_}; }

std::variant<Chosen, Told> CommandTree::parse(const std::vector<std::string>& words) {
    try {
        app_->parse(std::vector<std::string>(words.rbegin(), words.rend()));
    } catch (const CLI::CallForHelp&) {
        return Told{0, help_of(*app_)};
    } catch (const CLI::ParseError& error) {
        return told(*app_, error);
    }
    if (version_) return Told{0, "antiphon " + std::string(program_version()) + "\n"};
    const auto& verb = deepest(*app_);
    const auto found = verbs_.find(&verb);
    if (found == verbs_.end()) return nothing_chosen(verb);
    return Chosen{found->second, full_name(verb)};
}

Vocabulary CommandTree::vocabulary() const { return vocabulary_of(*app_); }

}  // namespace antiphon::cli
