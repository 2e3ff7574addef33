// Numbers as the headers of files have them.
#pragma once

#include <cstdint>
#include <string>

namespace antiphon::media {

// The lowest `bytes` of it, the lowest first.
inline void append_little_endian(std::string& to, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to += static_cast<char>(value >> (8 * i) & 0xFF);
}

}  // namespace antiphon::media
