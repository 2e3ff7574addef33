// Bytes as text.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace antiphon::core {

// Two lower-case hexadecimal digits for each byte, the high one first.
std::string hex_of(std::span<const std::byte> bytes);

}  // namespace antiphon::core
