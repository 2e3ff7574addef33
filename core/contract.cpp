// The one place where a broken contract ends the process.
#include "core/contract.hpp"

#include <cstdio>
#include <cstdlib>

namespace antiphon::core {

void contract_broken(const char* condition, const char* file, int line) noexcept {
    std::fprintf(stderr, "antiphon: broken contract: %s (%s:%d)\n", condition, file, line);
    std::abort();
}

}  // namespace antiphon::core
