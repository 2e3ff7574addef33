// The version of the program.
#pragma once

#include <string_view>

namespace antiphon::cli {

// "0.1.0", as the build declares it.
std::string_view program_version() noexcept;

}  // namespace antiphon::cli
