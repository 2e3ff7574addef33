// The verb completion: scripts for shells.
#include "apps/cli/call.hpp"
#include "apps/cli/completion.hpp"
#include "apps/cli/verbs.hpp"

namespace antiphon::cli {
namespace {

int completion(Call& call, const std::string& shell, const Vocabulary& program) {
    if (shell == "bash") return call.print(bash_completion(program));
    if (shell == "zsh") return call.print(zsh_completion(program));
    if (shell == "fish") return call.print(fish_completion(program));
    return call.usage({core::ErrorCode::invalid, "there is no completion for '" + shell + "'; use bash, zsh or fish"});
}

}  // namespace

void add_completion(Command root, const CommandTree& tree) {
    const auto shell = std::make_shared<std::string>();
    root.verb({"completion",
               "Prints a script that teaches a shell our words.",
               {"source <(antiphon completion bash)", "antiphon completion zsh > ~/.zfunc/_antiphon",
                "antiphon completion fish > ~/.config/fish/completions/antiphon.fish"},
               "Help"})
        .argument("SHELL", *shell, "bash, zsh or fish")
        .runs([shell, &tree](Call& call) { return completion(call, *shell, tree.vocabulary()); });
}

}  // namespace antiphon::cli
