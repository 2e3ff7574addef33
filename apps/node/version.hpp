// The version of the programs, as CHANGES.md has it.
#pragma once

namespace antiphon::node {

inline constexpr const char* version = "0.1.0";

}  // namespace antiphon::node
