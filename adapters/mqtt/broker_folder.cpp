// Permissions and atomic replacement.
#include "adapters/mqtt/broker_folder.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace antiphon::mqtt {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr const char* run_prefix = "antiphon-broker-";

Error failed(const std::filesystem::path& path, int number) {
    const auto code = number == ENOSPC || number == EDQUOT  ? ErrorCode::exhausted
                      : number == EACCES || number == EPERM ? ErrorCode::denied
                                                            : ErrorCode::unavailable;
    return {code, path.string() + ": " + std::strerror(number)};
}

std::optional<BrokerAccount> find_account(const char* name) {
    std::vector<char> memory(16384);
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwnam_r(name, &entry, memory.data(), memory.size(), &found) != 0 || !found) return {};
    return BrokerAccount{name, entry.pw_uid, entry.pw_gid};
}

bool may_search(const BrokerAccount& account, const struct stat& folder) {
    if (folder.st_uid == account.user) return (folder.st_mode & S_IXUSR) != 0;
    if (folder.st_gid == account.group) return (folder.st_mode & S_IXGRP) != 0;
    return (folder.st_mode & S_IXOTH) != 0;
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

std::optional<BrokerAccount> broker_account() {
    if (::geteuid() != 0) return {};
    for (const auto* name : {"mosquitto", "nobody"})
        if (auto account = find_account(name)) return account;
    return {};
}

bool can_enter(const BrokerAccount& account, std::filesystem::path folder) {
    for (;; folder = folder.parent_path()) {
        struct stat status{};
        if (::stat(folder.c_str(), &status) == 0 && !may_search(account, status)) return false;
        if (folder == folder.parent_path()) return true;
    }
}

struct BrokerFolder::Held {
    explicit Held(int descriptor) : fd(descriptor) {}
    ~Held() { ::close(fd); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

    const int fd;
};

// Null when another process has it, or it is no folder.
BrokerFolder::Lock BrokerFolder::try_lock(const std::filesystem::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return nullptr;
    const auto lock = std::make_shared<const Held>(fd);
    struct stat opened{}, named{};
    // Who removes one that is left behind may have been quicker than the lock.
    const bool ours = ::flock(lock->fd, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd, &opened) == 0 &&
                      ::stat(folder.c_str(), &named) == 0 && opened.st_ino == named.st_ino;
    return ours ? lock : nullptr;
}

void BrokerFolder::remove_left_behind(const std::filesystem::path& run) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(run, error)) {
        if (!entry.path().filename().string().starts_with(run_prefix)) continue;
        if (auto lock = try_lock(entry.path())) BrokerFolder(entry.path(), {}, std::move(lock)).remove();
    }
}

Result<BrokerFolder> BrokerFolder::open(const std::filesystem::path& wanted, std::uint16_t port,
                                        std::optional<BrokerAccount> account, const std::filesystem::path& run) {
    std::error_code error;
    auto path = std::filesystem::absolute(wanted, error).lexically_normal();
    const bool in_run = account && !can_enter(*account, path.parent_path());
    if (account) remove_left_behind(run);
    if (in_run) path = run / (run_prefix + std::to_string(port));
    std::filesystem::create_directories(path, error);
    if (error) return failed(path, error.value());
    auto lock = in_run ? try_lock(path) : nullptr;
    if (in_run && !lock) return Error{ErrorCode::conflict, path.string() + " belongs to another process"};
    // The account may read the folder but not change it: only we replace what is in there.
    if (::chmod(path.c_str(), account ? 0750 : 0700) != 0) return failed(path, errno);
    if (account && ::chown(path.c_str(), 0, account->group) != 0) return failed(path, errno);
    return BrokerFolder(path, std::move(account), std::move(lock));
}

void BrokerFolder::remove() const noexcept {
    for (const auto* name : {"mosquitto.conf", "passwords", "acl", "certificate.pem", "key.pem"})
        for (const auto* ending : {"", ".new"}) ::unlink((path_ / (std::string(name) + ending)).c_str());
    ::rmdir(path_.c_str());
}

Result<void> BrokerFolder::write(const std::string& name, const std::string& text) const {
    const auto target = file(name);
    const auto fresh = file(name + ".new");
    ::unlink(fresh.c_str());
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return failed(fresh, errno);
    bool done = write_all(fd, text);
    if (done && account_) done = ::fchown(fd, account_->user, account_->group) == 0;
    const int number = errno;
    ::close(fd);
    if (!done) return failed(fresh, number);
    if (::rename(fresh.c_str(), target.c_str()) != 0) return failed(target, errno);
    return {};
}

}  // namespace antiphon::mqtt
