// Contexts of clients, and what they say of a certificate that they refuse.
#include "adapters/tls/trust.hpp"

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "adapters/tls/openssl.hpp"
#include "core/contract.hpp"

namespace antiphon::tls {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::size_t hosts_max = 16;

// What a context's verification leaves behind for people. The context owns it.
struct Verdict {
    std::string host;
    std::shared_ptr<std::string> refusal;
};

void free_verdict(void*, void* verdict, CRYPTO_EX_DATA*, int, long, void*) {
    const std::unique_ptr<Verdict> owned(static_cast<Verdict*>(verdict));
}

int verdict_slot() {
    static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_verdict);
    return slot;
}

bool is_unknown_authority(int code) {
    constexpr std::array codes{X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                               X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
                               X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE};
    return std::find(codes.begin(), codes.end(), code) != codes.end();
}

std::string describe(int code, int depth, const X509& certificate, const std::string& host) {
    const auto whose = (depth == 0 ? "the certificate of " : "an authority's certificate behind ") + host;
    if (code == X509_V_ERR_CERT_HAS_EXPIRED)
        return whose + " expired on " + date_text(end_of(certificate)) + "; have it renewed there";
    if (code == X509_V_ERR_CERT_NOT_YET_VALID)
        return whose + " is not valid before " + date_text(begin_of(certificate)) + "; is this machine's clock right?";
    if (code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH)
        return whose + " is for " + listed(names_of(certificate)) +
               "; use such a name in the URL, or have a certificate made for this one";
    if (is_unknown_authority(code))
        return "the certificate of " + host + " is signed by '" + issuer_of(certificate) +
               "', an authority that is not known here; name that authority's certificate with --tls-ca FILE";
    return whose + " is refused: " + X509_verify_cert_error_string(code);
}

int verify(int good, X509_STORE_CTX* store) {
    if (good == 1) return 1;
    const auto* connection = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto* verdict = static_cast<Verdict*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), verdict_slot()));
    const auto* certificate = X509_STORE_CTX_get_current_cert(store);
    if (certificate)
        *verdict->refusal = describe(X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_error_depth(store),
                                     *certificate, verdict->host);
    return 0;
}

Owned<SSL_CTX> client_context(const std::string& host, std::shared_ptr<std::string> refusal) {
    refusal->clear();
    Owned<SSL_CTX> context(SSL_CTX_new(TLS_client_method()));
    ANTIPHON_ASSERT(context && SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, verify);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    // tidy: allow naked-new because the context frees it
    SSL_CTX_set_ex_data(context.get(), verdict_slot(), new Verdict{host, std::move(refusal)});
    return context;
}

// An address is looked for among the certificate's addresses, a name among its names.
void expect_host(SSL_CTX* context, const std::string& host) {
    auto* const rules = SSL_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const auto plain = host.substr(0, host.find('%'));  // fe80::1%eth0: the zone is ours alone
    if (X509_VERIFY_PARAM_set1_ip_asc(rules, plain.c_str()) != 1)
        ANTIPHON_ASSERT(X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size()) == 1);
    ERR_clear_error();
}

Result<ports::TlsContext> shared(Owned<SSL_CTX> context) { return ports::TlsContext(context.release(), SSL_CTX_free); }

}  // namespace

AuthorityTrust::AuthorityTrust(std::optional<std::filesystem::path> file) : file_(std::move(file)) {}
AuthorityTrust::~AuthorityTrust() = default;

Result<ports::TlsContext> AuthorityTrust::context_for(const std::string& host) {
    if (refusals_.size() >= hosts_max && !refusals_.contains(host)) refusals_.clear();
    auto& refusal = refusals_[host];
    if (!refusal) refusal = std::make_shared<std::string>();
    auto context = client_context(host, refusal);
    expect_host(context.get(), host);
    if (!load_authorities(context.get())) {
        *refusal = (file_ ? "--tls-ca '" + file_->string() + "' holds no certificate in PEM that can be read ("
                          : "the system's authorities cannot be read (") +
                   last_reason() + ")";
        return Error{ErrorCode::unavailable, *refusal};
    }
    return shared(std::move(context));
}

bool AuthorityTrust::load_authorities(::ssl_ctx_st* context) const {
    return (file_ ? SSL_CTX_load_verify_file(context, file_->c_str()) : SSL_CTX_set_default_verify_paths(context)) == 1;
}

std::string AuthorityTrust::refusal(const std::string& host) const {
    const auto found = refusals_.find(host);
    return found == refusals_.end() ? "" : *found->second;
}

void PinnedTrust::pin(const std::string& certificate_pem) {
    if (certificate_pem != newest_) older_ = std::exchange(newest_, certificate_pem);
}

Result<ports::TlsContext> PinnedTrust::context_for(const std::string& host) {
    auto context = client_context(host, refusal_);
    auto* const store = SSL_CTX_get_cert_store(context.get());
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
    for (const auto* pem : {&newest_, &older_}) {
        const auto chain = parse_certificates(*pem);
        if (!chain.empty()) X509_STORE_add_cert(store, chain.front().get());
    }
    ERR_clear_error();
    return shared(std::move(context));
}

std::string PinnedTrust::refusal(const std::string&) const { return *refusal_; }

}  // namespace antiphon::tls
