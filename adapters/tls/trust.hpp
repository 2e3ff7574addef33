// Whom a client believes: the authorities of a file or of the system, or one server that it knows.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "ports/tls.hpp"

namespace antiphon::tls {

// The authorities of a PEM file, else those of the system; the server's name or address is verified. The file is read
// for each context, so that a new authority needs no restart. At most 16 hosts are kept apart.
class AuthorityTrust final : public ports::TlsTrust {
  public:
    explicit AuthorityTrust(std::optional<std::filesystem::path> file);
    ~AuthorityTrust() override;

    core::Result<ports::TlsContext> context_for(const std::string& host) override;
    std::string refusal(const std::string& host) const override;

  private:
    bool load_authorities(::ssl_ctx_st* context) const;

    std::optional<std::filesystem::path> file_;
    std::map<std::string, std::shared_ptr<std::string>> refusals_;  // by host; shared with its contexts
};

// Exactly the certificates that were pinned last, whatever their names and dates: for a server of our own, which we
// gave its certificate ourselves. Two, because while it is replaced the server may still show the older one.
class PinnedTrust final : public ports::TlsTrust {
  public:
    // The first certificate of a PEM text that was read by read_identity().
    void pin(const std::string& certificate_pem);

    core::Result<ports::TlsContext> context_for(const std::string& host) override;
    std::string refusal(const std::string& host) const override;

  private:
    std::string newest_;
    std::string older_;
    std::shared_ptr<std::string> refusal_ = std::make_shared<std::string>();
};

}  // namespace antiphon::tls
