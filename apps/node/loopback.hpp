// Whether what is said to a host stays on this machine.
#pragma once

#include <string>

namespace antiphon::node {

// A name that only begins like an address is somebody else's.
inline bool is_loopback(const std::string& host) {
    const bool numeric = host.find_first_not_of("0123456789.") == std::string::npos;
    return host == "localhost" || host == "::1" || (numeric && host.starts_with("127."));
}

}  // namespace antiphon::node
