// Ed25519 by libcrypto.
#include "adapters/system/node_key.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>
#include <span>

#include "core/hex.hpp"

namespace antiphon::system {
namespace {

struct Free {
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};

}  // namespace

core::Result<NodeKey> make_node_key() {
    const core::Error refused{core::ErrorCode::internal, "the crypto library could not make an Ed25519 key"};
    const std::unique_ptr<EVP_PKEY, Free> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    const std::unique_ptr<BIO, Free> pem(BIO_new(BIO_s_mem()));
    if (!key || !pem) return refused;
    std::array<unsigned char, 32> bytes{};
    std::size_t size = bytes.size();
    if (EVP_PKEY_get_raw_public_key(key.get(), bytes.data(), &size) != 1 || size != bytes.size()) return refused;
    if (PEM_write_bio_PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) return refused;
    char* text = nullptr;
    const long length = BIO_get_mem_data(pem.get(), &text);
    return NodeKey{{text, static_cast<std::size_t>(length)}, core::hex_of(std::as_bytes(std::span(bytes)))};
}

}  // namespace antiphon::system
