// The tree of verbs: what each one takes, says in --help and does. CLI11 stays behind it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apps/cli/settings.hpp"
#include "apps/cli/vocabulary.hpp"

namespace CLI {
class App;
}

namespace antiphon::cli {

class Call;
// Returns the exit code.
using Verb = std::function<int(Call&)>;

struct VerbText {
    std::string name;
    std::string sentence;               // what it does
    std::vector<std::string> examples;  // whole command lines
    std::string group = "Verbs";        // heading in the list of verbs
};

struct OptionText {
    std::string name;   // "--to"
    std::string value;  // "OUTPUT,..."; FILE and FOLDER complete as such, "a|b" as words
    std::string help;
    bool required = false;
    bool hidden = false;
};

class CommandTree;

// One verb in the tree. A light handle; the targets of options outlive the tree's parse().
class Command {
  public:
    // A verb below this one.
    Command verb(const VerbText& text);
    // The same with --server, --token-file and --json.
    Command client_verb(const VerbText& text);

    // The next thing that is not an option.
    Command& argument(const std::string& name, std::string& to, const std::string& help);
    // The same, but it may be missing: `to` stays as it is then.
    Command& optional_argument(const std::string& name, std::string& to, const std::string& help);
    // All that follows; at least one.
    Command& arguments(const std::string& name, std::vector<std::string>& to, const std::string& help);
    Command& option(const OptionText& text, std::optional<std::string>& to);
    // May be given several times.
    Command& list(const OptionText& text, std::vector<std::string>& to);
    Command& flag(const OptionText& text, bool& to);
    // Last. Without it the verb is only a group of others.
    Command& runs(Verb verb);

  private:
    friend class CommandTree;
    Command(CommandTree& tree, CLI::App& app) : tree_(&tree), app_(&app) {}
    void add_client_options();

    CommandTree* tree_;
    CLI::App* app_;
    bool is_client_ = false;
};

// What came of a command line instead of a verb to run: help, or what is wrong with it.
struct Told {
    int exit_code = 0;
    std::string text;
};
struct Chosen {
    Verb verb;
    std::string name;  // "antiphon zone create", for messages
};

class CommandTree {
  public:
    CommandTree();
    ~CommandTree();
    CommandTree(const CommandTree&) = delete;
    CommandTree& operator=(const CommandTree&) = delete;

    Command root();
    // Once.
    std::variant<Chosen, Told> parse(const std::vector<std::string>& words);
    // What --server, --token-file and --json of the chosen verb said.
    const ClientArguments& client() const noexcept { return client_; }
    // All verbs and options, for completion.
    Vocabulary vocabulary() const;

  private:
    friend class Command;

    std::unique_ptr<CLI::App> app_;
    std::map<const CLI::App*, Verb> verbs_;
    ClientArguments client_;
    bool version_ = false;
};

}  // namespace antiphon::cli
