// SHA-256 by OpenSSL's EVP.
#include "adapters/sqlite/checksum.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstring>
#include <memory>

#include "core/contract.hpp"

namespace antiphon::sqlite {
namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

}  // namespace

std::int64_t row_checksum(std::string_view key, std::uint64_t revision, std::string_view value) {
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    const std::array<std::uint64_t, 2> head{key.size(), revision};
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    const bool ok = sha256 && context && EVP_DigestInit_ex(context.get(), sha256, nullptr) == 1 &&
                    EVP_DigestUpdate(context.get(), head.data(), sizeof head) == 1 &&
                    EVP_DigestUpdate(context.get(), key.data(), key.size()) == 1 &&
                    EVP_DigestUpdate(context.get(), value.data(), value.size()) == 1 &&
                    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
    ANTIPHON_ASSERT(ok);
    std::int64_t first = 0;
    std::memcpy(&first, digest.data(), sizeof first);
    return first;
}

}  // namespace antiphon::sqlite
