// OpenSSL's objects with owners, and its certificates in words. Internal.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace antiphon::tls {

struct Free {
    void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

template <class T>
using Owned = std::unique_ptr<T, Free>;

// What OpenSSL said last, which is then forgotten: "no start line".
std::string last_reason();

// Every certificate of a PEM text, in its order; empty when one is damaged, or there is none.
std::vector<Owned<X509>> parse_certificates(std::string_view pem);

// The DNS names and addresses that it is for, in its order; without any the common name.
std::vector<std::string> names_of(const X509& certificate);
// Its issuer's common name, else the whole name.
std::string issuer_of(const X509& certificate);

core::WallTime begin_of(const X509& certificate);
core::WallTime end_of(const X509& certificate);
// "2026-11-24 21:05 UTC"
std::string date_text(core::WallTime time);

// "'a', 'b' and 3 more"
std::string listed(const std::vector<std::string>& names);

}  // namespace antiphon::tls
