// Certificates in words. What comes from a certificate was written by somebody else: it is made printable and short.
#include "adapters/tls/openssl.hpp"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include <array>
#include <ctime>

namespace antiphon::tls {
namespace {

constexpr std::size_t name_length_max = 100;
constexpr std::size_t names_shown_max = 4;

std::string printable(const unsigned char* text, int length) {
    std::string shown;
    for (int i = 0; i < length && shown.size() < name_length_max; ++i)
        shown += text[i] >= 0x20 && text[i] < 0x7f ? static_cast<char>(text[i]) : '?';
    return shown;
}

std::string text_of(const ASN1_STRING* string) {
    return printable(ASN1_STRING_get0_data(string), ASN1_STRING_length(string));
}

std::string address_text(const ASN1_OCTET_STRING* address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
    const bool sound = ASN1_STRING_length(address) == 4 || ASN1_STRING_length(address) == 16;
    if (!sound || !::inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size())) return "?";
    return text.data();
}

std::string common_name(const X509_NAME* name) {
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    return at < 0 ? "" : text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

core::WallTime wall_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return {static_cast<std::int64_t>(::timegm(&parts)) * 1'000'000'000};
}

}  // namespace

std::string last_reason() {
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    const auto* reason = ERR_reason_error_string(code);
    return reason ? reason : "unknown reason";
}

std::vector<Owned<X509>> parse_certificates(std::string_view pem) {
    const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::vector<Owned<X509>> all;
    while (auto* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) all.emplace_back(one);
    const auto end = ERR_peek_last_error();
    if (ERR_GET_REASON(end) != PEM_R_NO_START_LINE) all.clear();
    ERR_clear_error();
    return all;
}

std::vector<std::string> names_of(const X509& certificate) {
    std::vector<std::string> texts;
    const Owned<GENERAL_NAMES> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const auto* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) texts.push_back(text_of(name->d.dNSName));
        if (name->type == GEN_IPADD) texts.push_back(address_text(name->d.iPAddress));
    }
    auto common = common_name(X509_get_subject_name(&certificate));
    if (texts.empty() && !common.empty()) texts.push_back(std::move(common));
    return texts;
}

std::string issuer_of(const X509& certificate) {
    const auto* issuer = X509_get_issuer_name(&certificate);
    auto common = common_name(issuer);
    if (!common.empty()) return common;
    std::array<char, name_length_max> whole{};
    X509_NAME_oneline(issuer, whole.data(), static_cast<int>(whole.size()));
    return whole.data();
}

core::WallTime begin_of(const X509& certificate) { return wall_of(X509_get0_notBefore(&certificate)); }
core::WallTime end_of(const X509& certificate) { return wall_of(X509_get0_notAfter(&certificate)); }

std::string date_text(core::WallTime time) {
    const auto seconds = static_cast<std::time_t>(time.ns / 1'000'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts);
    return text.data();
}

std::string listed(const std::vector<std::string>& names) {
    if (names.empty()) return "nobody";
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < names_shown_max; ++i)
        text.append(i == 0 ? "'" : ", '").append(names[i]).append("'");
    if (names.size() > names_shown_max) text += " and " + std::to_string(names.size() - names_shown_max) + " more";
    return text;
}

}  // namespace antiphon::tls
