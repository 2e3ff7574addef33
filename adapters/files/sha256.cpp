// SHA-256 by OpenSSL's EVP, which uses the processor's instructions for it.
#include "adapters/files/sha256.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "adapters/files/posix.hpp"
#include "core/hex.hpp"

namespace antiphon::files {
namespace {

constexpr std::size_t piece_bytes = 1 << 18;

// Fetched once: a fetch takes longer than hashing a kilobyte.
const EVP_MD* algorithm() {
    static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return sha256;
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    ANTIPHON_ASSERT(algorithm() && context_ && EVP_DigestInit_ex(context_.get(), algorithm(), nullptr) == 1);
}

void Sha256::update(std::span<const std::byte> piece) {
    ANTIPHON_ASSERT(EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1);
}

core::BlobHash Sha256::finish() {
    std::array<unsigned char, 32> digest;
    ANTIPHON_ASSERT(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    ANTIPHON_ASSERT(EVP_DigestInit_ex(context_.get(), algorithm(), nullptr) == 1);
    return {core::hex_of(std::as_bytes(std::span(digest)))};
}

core::Result<core::BlobHash> sha256_file(const std::filesystem::path& path) {
    const auto file = open_for_reading(path);
    if (!file) return file.error();
    std::vector<std::byte> piece(piece_bytes);
    Sha256 hash;
    while (true) {
        const auto size = ::read(file->get(), piece.data(), piece.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return system_error("cannot read", path, errno);
        if (size == 0) return hash.finish();
        hash.update({piece.data(), static_cast<std::size_t>(size)});
    }
}

}  // namespace antiphon::files
