// getrandom(2), in pieces it accepts.
#include "adapters/system/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <vector>

#include "core/contract.hpp"

namespace antiphon::system {

void random_bytes(std::span<std::byte> out) {
    while (!out.empty()) {
        const auto got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        ANTIPHON_ASSERT(got > 0);
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

std::uint64_t random_u64() {
    std::uint64_t value = 0;
    random_bytes(std::as_writable_bytes(std::span{&value, 1}));
    return value;
}

std::string random_hex(std::size_t length_bytes) {
    constexpr char digits[] = "0123456789abcdef";
    std::vector<std::byte> bytes(length_bytes);
    random_bytes(bytes);
    std::string text;
    text.reserve(2 * length_bytes);
    for (const auto byte : bytes) {
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

}  // namespace antiphon::system
