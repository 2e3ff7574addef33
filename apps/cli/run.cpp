// From the words of a command line to an exit code.
#include "apps/cli/run.hpp"

#include <ostream>

#include "apps/cli/call.hpp"
#include "apps/cli/verbs.hpp"

namespace antiphon::cli {
namespace {

// In the order in which --help lists them.
void add_all(CommandTree& tree, const Programs& programs) {
    const auto root = tree.root();
    add_play(root);
    add_control(root);
    add_door(root);
    add_listen(root);
    add_record(root);
    add_recordings(root);
    add_schedule(root);
    add_export(root);
    add_status(root);
    add_sync(root);
    add_events(root);
    add_why(root);
    add_workers(root);
    add_bluetooth(root);
    add_zone(root);
    add_backup(root, programs);
    add_token(root);
    add_programs(root, programs);
    add_completion(root, tree);
    add_version(root);
}

}  // namespace

int run(const std::vector<std::string>& words, const Programs& programs, const Outside& outside) {
    CommandTree tree;
    add_all(tree, programs);
    const auto parsed = tree.parse(words);
    if (const auto* told = std::get_if<Told>(&parsed)) {
        (told->exit_code == exit_done ? outside.out : outside.err) << told->text << std::flush;
        return told->exit_code;
    }
    const auto& chosen = std::get<Chosen>(parsed);
    Call call(outside, tree.client(), chosen.name);
    return chosen.verb(call);
}

int run(int argc, char** argv, const Programs& programs) {
    return run(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), programs, outside_of_process());
}

}  // namespace antiphon::cli
