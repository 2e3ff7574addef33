// HMAC by OpenSSL, and where the code stands in the text.
#include "adapters/mac/message_key.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "core/contract.hpp"
#include "core/hex.hpp"

namespace antiphon::mac {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::string_view before = ",\"mac\":\"";
constexpr std::string_view after = "\"}";
constexpr std::size_t code_digits = 64;
constexpr std::size_t tail_length = before.size() + code_digits + after.size();

}  // namespace

core::Result<MessageKey> MessageKey::from_hex(std::string_view hex) {
    const Error wrong{ErrorCode::invalid, "a message key is 64 hexadecimal digits; this is something else, of " +
                                              std::to_string(hex.size()) + " characters"};
    if (hex.size() != 2 * key_bytes) return wrong;
    MessageKey key;
    for (auto& byte : key.bytes_) {
        const auto [end, failed] = std::from_chars(hex.data(), hex.data() + 2, byte, 16);
        if (failed != std::errc{} || end != hex.data() + 2) return wrong;
        hex.remove_prefix(2);
    }
    return key;
}

std::string MessageKey::code_of(std::string_view topic, std::string_view text) const {
    std::vector<unsigned char> input;
    input.reserve(topic.size() + 1 + text.size());
    input.insert(input.end(), topic.begin(), topic.end());
    input.push_back(0);
    input.insert(input.end(), text.begin(), text.end());
    std::array<unsigned char, code_digits / 2> code;
    ANTIPHON_ASSERT(HMAC(EVP_sha256(), bytes_.data(), static_cast<int>(bytes_.size()), input.data(), input.size(),
                         code.data(), nullptr));
    return core::hex_of(std::as_bytes(std::span(code)));
}

std::string MessageKey::seal(std::string_view topic, std::string text) const {
    ANTIPHON_ASSERT(text.size() > 2 && text.front() == '{' && text.back() == '}');
    const auto code = code_of(topic, text);
    text.pop_back();
    text.append(before).append(code).append(after);
    return text;
}

core::Result<std::string> MessageKey::open(std::string_view topic, std::string_view sealed) const {
    const auto tail = sealed.substr(sealed.size() - std::min(sealed.size(), tail_length));
    if (tail.size() != tail_length || !tail.starts_with(before) || !tail.ends_with(after))
        return Error{ErrorCode::denied, "it does not end with a \"mac\" of 64 digits: it is not from a member"};
    auto text = std::string(sealed.substr(0, sealed.size() - tail_length)) + '}';
    const auto said = tail.substr(before.size(), code_digits);
    if (CRYPTO_memcmp(code_of(topic, text).data(), said.data(), code_digits) != 0)
        return Error{ErrorCode::denied, "its \"mac\" is not that of this member, topic and text: it is forged"};
    return text;
}

}  // namespace antiphon::mac
