// TLS as the doors need it: what a server shows, whom a client believes. OpenSSL's type is named, never looked into.
#pragma once

#include <memory>
#include <string>

#include "core/result.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace antiphon::ports {

using TlsContext = std::shared_ptr<::ssl_ctx_st>;

// A server's certificate, with the chain that it sends along, and its private key, both PEM.
struct TlsIdentity {
    std::string certificate;
    std::string key;

    friend bool operator==(const TlsIdentity&, const TlsIdentity&) = default;
};

// Whom a client believes. On the loop's one thread.
class TlsTrust {
  public:
    virtual ~TlsTrust() = default;

    // A client's context, whose handshakes succeed only with a server that proves to be `host` (a name or a numeric
    // address). Forgets what refusal() said of that host. `unavailable` names the file with the authorities.
    virtual core::Result<TlsContext> context_for(const std::string& host) = 0;
    // Why the last server was not believed to be `host` (its certificate, or our authorities), and the way out; empty:
    // that was not the reason.
    virtual std::string refusal(const std::string& host) const = 0;
};

}  // namespace antiphon::ports
