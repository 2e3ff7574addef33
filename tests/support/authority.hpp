// An authority for certificates, made of OpenSSL: tests make the good and the bad ones that they need.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "core/contract.hpp"
#include "ports/tls.hpp"

namespace antiphon::test {

struct CertificateWish {
    std::string names = "DNS:localhost,IP:127.0.0.1";  // as openssl.cnf writes a subjectAltName
    std::int64_t begins_in_s = -3600;                  // from now
    std::int64_t ends_in_s = 30 * 24 * 3600;
};

class Authority {
  public:
    explicit Authority(std::string name) : name_(std::move(name)), key_(make_key()) {
        certificate_ = make(name_, key_.get(), {.names = ""}, true);
    }

    // Its own certificate, PEM.
    std::string certificate() const { return pem(certificate_.get()); }

    ports::TlsIdentity issue(const CertificateWish& wish = {}) const {
        const auto key = make_key();
        const auto made = make("a server", key.get(), wish, false);
        return {pem(made.get()), key_pem(key.get())};
    }

  private:
    using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
    using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
    using Memory = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

    static Key make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

    Certificate make(const std::string& subject, EVP_PKEY* key, const CertificateWish& wish, bool authority) const {
        static long serial = 0;
        Certificate made(X509_new(), X509_free);
        auto* const raw = made.get();
        X509_set_version(raw, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(raw), ++serial);
        X509_gmtime_adj(X509_getm_notBefore(raw), wish.begins_in_s);
        X509_gmtime_adj(X509_getm_notAfter(raw), wish.ends_in_s);
        X509_set_pubkey(raw, key);
        add_name(X509_get_subject_name(raw), subject);
        add_name(X509_get_issuer_name(raw), name_);
        if (authority) extend(raw, NID_basic_constraints, "critical,CA:TRUE");
        if (!wish.names.empty()) extend(raw, NID_subject_alt_name, wish.names);
        ANTIPHON_ASSERT(X509_sign(raw, key_.get(), EVP_sha256()) > 0);
        return made;
    }

    static void add_name(X509_NAME* to, const std::string& name) {
        X509_NAME_add_entry_by_txt(to, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                   0);
    }

    static void extend(X509* to, int kind, const std::string& value) {
        auto* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
        ANTIPHON_ASSERT(extension && X509_add_ext(to, extension, -1) == 1);
        X509_EXTENSION_free(extension);
    }

    static std::string text(BIO* memory) {
        char* data = nullptr;
        const auto size = BIO_get_mem_data(memory, &data);
        return {data, static_cast<std::size_t>(size)};
    }
    static std::string pem(X509* certificate) {
        const Memory memory(BIO_new(BIO_s_mem()), BIO_free_all);
        ANTIPHON_ASSERT(PEM_write_bio_X509(memory.get(), certificate) == 1);
        return text(memory.get());
    }
    static std::string key_pem(EVP_PKEY* key) {
        const Memory memory(BIO_new(BIO_s_mem()), BIO_free_all);
        ANTIPHON_ASSERT(PEM_write_bio_PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
        return text(memory.get());
    }

    std::string name_;
    Key key_;
    Certificate certificate_{nullptr, X509_free};
};

// A folder for the files of one test.
class CertificateFolder {
  public:
    CertificateFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "antiphon-tls-XXXXXX").string();
        ANTIPHON_ASSERT(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~CertificateFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    CertificateFolder(const CertificateFolder&) = delete;
    CertificateFolder& operator=(const CertificateFolder&) = delete;

    std::filesystem::path file(const std::string& name) const { return path_ / name; }
    // Replaces it in one step, as a tool that renews certificates does.
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        std::ofstream(file(name + ".new")) << text;
        std::filesystem::rename(file(name + ".new"), file(name));
        return file(name);
    }

  private:
    std::filesystem::path path_;
};

}  // namespace antiphon::test
