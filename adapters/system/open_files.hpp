// How many files and sockets this process, and those it starts, may have open.
#pragma once

#include <cstddef>

namespace antiphon::system {

// Raises the soft limit to `wanted`, or to the hard limit if that is lower; never lowers it. The limit as it is then.
// Everything here waits with epoll, so descriptors beyond 1024 are good (select(2) could not hold them).
// Thread-safe.
std::size_t allow_open_files(std::size_t wanted) noexcept;

}  // namespace antiphon::system
