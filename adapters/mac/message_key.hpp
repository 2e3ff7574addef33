// What a member signs its messages with, so that a broker that anybody may write to cannot speak for it.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace antiphon::mac {

inline constexpr std::size_t key_bytes = 32;

// A sealed text is a JSON object whose last field is its message authentication code:
//
//     {"v": 1, ..., "mac": "64 lower-case hexadecimal digits"}
//
// HMAC-SHA256 (RFC 2104, FIPS 180-4) of the topic, a zero byte, which no topic has, and the object without that field.
// So a text is good on the topic for which it was sealed and on no other. That it is said again is not seen here: ids,
// epochs, generations and sequence numbers are for that. Thread-safe, all of it.
class MessageKey {
  public:
    // 64 hexadecimal digits, as members keep it; else `invalid`, without repeating them.
    static core::Result<MessageKey> from_hex(std::string_view hex);

    // `text` is a JSON object with at least one field, and no space at its end.
    std::string seal(std::string_view topic, std::string text) const;

    // The text that was sealed. `denied`: it has no code, or that of another text, topic or key. Takes as long for a
    // code that is nearly right as for any other.
    core::Result<std::string> open(std::string_view topic, std::string_view sealed) const;

  private:
    MessageKey() = default;
    std::string code_of(std::string_view topic, std::string_view text) const;

    std::array<unsigned char, key_bytes> bytes_{};
};

}  // namespace antiphon::mac
