// What a worker is told when it starts.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace antiphon::worker {

struct Options {
    std::string name;
    std::optional<std::string> join;  // URL#TOKEN; not looked at once enrolled
    std::filesystem::path data;
    std::vector<std::pair<std::string, std::string>> outputs;  // name, device
    std::vector<std::pair<std::string, std::string>> inputs;
    std::optional<std::string> room;  // of virtual devices, and of this node's clock
    bool clock_agreement = true;      // false: tests only
};

// Runs until it is asked to end. Returns the program's exit code.
int run(const Options& options);

}  // namespace antiphon::worker
