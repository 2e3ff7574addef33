// The only home of randomness: getrandom(2). Everything else is handed its bytes or its seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace antiphon::system {

// Cryptographic quality. Thread-safe; may block only in the first seconds after a machine's boot. Cannot fail: an
// operating system without randomness ends the process.
void random_bytes(std::span<std::byte> out);
std::uint64_t random_u64();

// `length_bytes` random bytes as twice as many lower-case hexadecimal digits.
std::string random_hex(std::size_t length_bytes);

}  // namespace antiphon::system
