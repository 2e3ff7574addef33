// setrlimit(2); children inherit it.
#include "adapters/system/open_files.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace antiphon::system {

std::size_t allow_open_files(std::size_t wanted) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    const auto before = limit.rlim_cur;
    limit.rlim_cur = std::max(before, std::min<rlim_t>(wanted, limit.rlim_max));
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return before;
    return limit.rlim_cur;
}

}  // namespace antiphon::system
