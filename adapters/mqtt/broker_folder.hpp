// The folder where the broker's files are: readable for the user the broker runs as, and for nobody else.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

#include "core/result.hpp"

namespace antiphon::mqtt {

// Whom the broker runs as when we are root.
struct BrokerAccount {
    std::string name;
    uid_t user = 0;
    gid_t group = 0;
};

// When we are root: the account `mosquitto`, or `nobody` if there is none, or nothing. When we are not: nothing, the
// broker then runs as we do.
std::optional<BrokerAccount> broker_account();

// Whether an account could open files in `folder`, or in the nearest ancestor that exists; by permission bits alone.
bool can_enter(const BrokerAccount& account, std::filesystem::path folder);

class BrokerFolder {
  public:
    // Makes the folder with its parents. For an account that cannot enter `wanted` (a root user's home is closed to
    // others) it is /run/antiphon-broker-PORT instead.
    static core::Result<BrokerFolder> open(const std::filesystem::path& wanted, std::uint16_t port,
                                           std::optional<BrokerAccount> account);

    // Replaces the whole file in one step; mode 0600, owned by the account. A reader sees the old text or the new one.
    core::Result<void> write(const std::string& name, const std::string& text) const;

    std::filesystem::path file(const std::string& name) const { return path_ / name; }
    const std::optional<BrokerAccount>& account() const noexcept { return account_; }

  private:
    BrokerFolder(std::filesystem::path path, std::optional<BrokerAccount> account)
        : path_(std::move(path)), account_(std::move(account)) {}

    std::filesystem::path path_;
    std::optional<BrokerAccount> account_;
};

}  // namespace antiphon::mqtt
