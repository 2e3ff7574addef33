// What a server shows to its clients: its certificate and key, read from files and checked before anyone relies on it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/units.hpp"
#include "ports/tls.hpp"

namespace antiphon::tls {

struct IdentityFiles {
    std::filesystem::path certificate;  // PEM: the server's own first, then those that lead to its authority
    std::filesystem::path key;          // PEM, without a passphrase
};

struct ServerIdentity {
    ports::TlsIdentity pem;
    ports::TlsContext context;       // a server's: TLS 1.2 and later (RFC 9325), ALPN "http/1.1"
    core::WallTime ends;             // the certificate's "not after"
    std::vector<std::string> names;  // DNS names and addresses that it is for
};

// Checks everything that would make each handshake fail: `not_found`, `denied`, or `invalid` for a file that cannot be
// read, is no PEM, holds a key of another certificate or one with a passphrase, or a certificate that has ended by
// `now`. One that is not valid yet is taken, for a board without a battery starts in 1970. Blocks for two small files.
core::Result<ServerIdentity> read_identity(const IdentityFiles& files, core::WallTime now);

// The host for URLs: `listen` if the certificate is for it, else the first name that is no pattern, else `listen`.
std::string host_for_urls(const std::vector<std::string>& names, const std::string& listen);

// "the certificate ends 2026-12-01 10:00 UTC: renew it"; empty while there are more than 14 days.
std::string ending_soon(core::WallTime ends, core::WallTime now);

}  // namespace antiphon::tls
