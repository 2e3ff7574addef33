// What a person meant who mistyped a word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace antiphon::cli {

// The word that is closest to `typed`, when it is close enough to be meant; else "".
std::string nearest(std::string_view typed, const std::vector<std::string>& words);

}  // namespace antiphon::cli
