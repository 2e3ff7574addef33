// The words of the command line as plain data: what shell completion is made from.
#pragma once

#include <string>
#include <vector>

namespace antiphon::cli {

struct OptionWord {
    std::string name;   // "--to"
    std::string value;  // empty: a flag; FILE and FOLDER complete as such, "a|b" as words
    std::string help;
};

struct Vocabulary {
    std::string name;
    std::string help;
    std::vector<OptionWord> options;
    std::vector<std::string> arguments;  // names of what is no option
    std::vector<Vocabulary> verbs;
};

}  // namespace antiphon::cli
