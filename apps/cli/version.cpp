// The version of the program, in a file of its own: a new one compiles only this.
#include "apps/cli/version.hpp"

namespace antiphon::cli {

std::string_view program_version() noexcept { return ANTIPHON_VERSION; }

}  // namespace antiphon::cli
