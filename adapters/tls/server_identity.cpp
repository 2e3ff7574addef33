// Reads, checks, and makes the context of a server.
#include "adapters/tls/server_identity.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "adapters/tls/openssl.hpp"

namespace antiphon::tls {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::streamsize file_bytes_max = 1 << 20;
constexpr core::Duration renew_before = std::chrono::hours(24 * 14);
// Forward secrecy and authenticated encryption only (RFC 9325, 4.2); TLS 1.3 has nothing else.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

Result<std::string> read_file(const std::filesystem::path& path, const std::string& what) {
    std::error_code ignored;
    std::ifstream file(path, std::ios::binary);
    const int number = errno;
    if (!file || std::filesystem::is_directory(path, ignored)) {
        const auto why = file ? "is a folder" : std::strerror(number);
        const auto code = number == ENOENT ? ErrorCode::not_found : ErrorCode::denied;
        return Error{file ? ErrorCode::invalid : code,
                     "the " + what + " '" + path.string() + "' cannot be read: " + why};
    }
    std::string text(static_cast<std::size_t>(file_bytes_max), '\0');
    file.read(text.data(), file_bytes_max);
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

int no_passphrase(char*, int, int, void*) { return -1; }

// http/1.1 or nothing: a client that insists on another protocol is told so (RFC 7301, 3.2).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                    unsigned int offered_length, void*) {
    static const unsigned char ours[] = "\x08http/1.1\x04mqtt";
    unsigned char* found = nullptr;
    const int code = SSL_select_next_proto(&found, length, ours, sizeof ours - 1, offered, offered_length);
    *chosen = found;
    return code == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Owned<SSL_CTX> server_context() {
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_server_method()));
    auto* const raw = context.get();
    if (!raw || SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(raw, tls12_ciphers) != 1)
        return nullptr;
    SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // No resumption: connections here live long, and a certificate that was replaced is not to live on in tickets.
    SSL_CTX_set_options(raw, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(raw, 0);
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
    return context;
}

Result<void> use_certificates(SSL_CTX* context, std::vector<Owned<X509>>& chain, const std::string& where) {
    bool used = SSL_CTX_use_certificate(context, chain.front().get()) == 1;
    for (std::size_t i = 1; used && i < chain.size(); ++i) used = SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
    if (!used) return Error{ErrorCode::invalid, where + " cannot be used: " + last_reason()};
    return {};
}

Result<void> use_key(SSL_CTX* context, const std::string& pem, const IdentityFiles& files) {
    const auto where = "the TLS key '" + files.key.string() + "'";
    const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
    ERR_clear_error();
    if (!key)
        return Error{ErrorCode::invalid, where +
                                             " is no private key in PEM, or is locked by a passphrase; write it "
                                             "without one (openssl pkey -in FILE -out FILE)"};
    const bool fits = SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
    ERR_clear_error();
    if (fits) return {};
    return Error{ErrorCode::invalid, where + " does not belong to the certificate '" + files.certificate.string() +
                                         "'; give two files of one pair with --tls-certificate and --tls-key"};
}

bool is_pattern(const std::string& name) { return name.find('*') != std::string::npos; }

}  // namespace

Result<ServerIdentity> read_identity(const IdentityFiles& files, core::WallTime now) {
    auto certificate = read_file(files.certificate, "TLS certificate");
    if (!certificate) return certificate.error();
    auto key = read_file(files.key, "TLS key");
    if (!key) return key.error();
    const auto where = "the TLS certificate '" + files.certificate.string() + "'";
    auto chain = parse_certificates(*certificate);
    if (chain.empty())
        return Error{ErrorCode::invalid, where + " holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"};
    auto context = server_context();
    if (!context) return Error{ErrorCode::internal, "OpenSSL cannot make a server: " + last_reason()};
    if (auto used = use_certificates(context.get(), chain, where); !used) return used.error();
    if (auto used = use_key(context.get(), *key, files); !used) return used.error();
    ServerIdentity identity{{std::move(*certificate), std::move(*key)},
                            {context.release(), SSL_CTX_free},
                            end_of(*chain.front()),
                            names_of(*chain.front())};
    if (identity.ends <= now)
        return Error{ErrorCode::invalid, where + " expired on " + date_text(identity.ends) +
                                             "; renew it (this machine's clock says " + date_text(now) + ")"};
    return identity;
}

std::string host_for_urls(const std::vector<std::string>& names, const std::string& listen) {
    if (std::find(names.begin(), names.end(), listen) != names.end()) return listen;
    const auto usable = std::find_if_not(names.begin(), names.end(), is_pattern);
    return usable == names.end() ? listen : *usable;
}

std::string ending_soon(core::WallTime ends, core::WallTime now) {
    if (ends - now > renew_before) return "";
    return std::string(ends <= now ? "the TLS certificate expired on " : "the TLS certificate ends on ") +
           date_text(ends) + "; renew it, and it is taken up without a restart";
}

}  // namespace antiphon::tls
