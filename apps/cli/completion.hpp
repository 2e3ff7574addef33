// Scripts that teach a shell our words. Pure.
#pragma once

#include <string>

#include "apps/cli/vocabulary.hpp"

namespace antiphon::cli {

std::string bash_completion(const Vocabulary& program);
std::string zsh_completion(const Vocabulary& program);
std::string fish_completion(const Vocabulary& program);

}  // namespace antiphon::cli
