// The folder where the broker's files are: readable for the user the broker runs as, and for nobody else.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
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

// What it holds (password digests) is of use to one life of a broker only, so it is removed with it.
class BrokerFolder {
  public:
    // Makes the folder with its parents. For an account that cannot enter `wanted` (a root user's home is closed to
    // others) it is RUN/antiphon-broker-PORT instead: ours for as long as this object lives; `conflict` when it is that
    // of another living process. What killed ones left of that kind in RUN is removed.
    static core::Result<BrokerFolder> open(const std::filesystem::path& wanted, std::uint16_t port,
                                           std::optional<BrokerAccount> account,
                                           const std::filesystem::path& run = "/run");
    BrokerFolder(BrokerFolder&&) noexcept = default;
    BrokerFolder& operator=(BrokerFolder&&) noexcept = default;

    // Replaces the whole file in one step; mode 0600, owned by the account. A reader sees the old text or the new one.
    core::Result<void> write(const std::string& name, const std::string& text) const;
    // Removes what write() made, and the folder unless there is something else in it.
    void remove() const noexcept;
    std::filesystem::path file(const std::string& name) const { return path_ / name; }
    const std::optional<BrokerAccount>& account() const noexcept { return account_; }

  private:
    struct Held;  // a descriptor with flock(2), which the kernel lets go of with the process
    using Lock = std::shared_ptr<const Held>;

    BrokerFolder(std::filesystem::path path, std::optional<BrokerAccount> account, Lock lock)
        : path_(std::move(path)), account_(std::move(account)), lock_(std::move(lock)) {}

    static Lock try_lock(const std::filesystem::path& folder);
    static void remove_left_behind(const std::filesystem::path& run);

    std::filesystem::path path_;
    std::optional<BrokerAccount> account_;
    Lock lock_;
};

}  // namespace antiphon::mqtt
