// getrandom(2), in pieces it accepts.
#include "adapters/system/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <vector>

#include "core/contract.hpp"
#include "core/hex.hpp"

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
    std::vector<std::byte> bytes(length_bytes);
    random_bytes(bytes);
    return core::hex_of(bytes);
}

}  // namespace antiphon::system
