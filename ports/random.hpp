// Unpredictable bytes, for tokens, nonces and salts. A test or the simulator hands in its own source.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

namespace antiphon::ports {

// Fills all of it; cannot fail. Thread-safe where the operating system is the source.
using RandomBytes = std::function<void(std::span<std::byte>)>;

}  // namespace antiphon::ports
