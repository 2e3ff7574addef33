// System calls on files, each repeated where a signal interrupted it.
#include "adapters/files/posix.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace antiphon::files {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;

Error system_error(const std::string& doing, const fs::path& path, int error) {
    const auto what = doing + " " + path.string() + ": " + std::strerror(error);
    switch (error) {
        case ENOENT:
            return {ErrorCode::not_found, what + "; check the path"};
        case EACCES:
        case EPERM:
        case EROFS:
            return {ErrorCode::denied, what + "; give this user access, or use another place"};
        case ENOSPC:
        case EDQUOT:
            return {ErrorCode::exhausted, what + "; free some space and try again"};
        case ENOTDIR:
        case EISDIR:
        case EEXIST:
        case ENAMETOOLONG:
        case ELOOP:
            return {ErrorCode::invalid, what + "; use another path"};
        default:
            return {ErrorCode::unavailable, what + "; look at the disk and the system's log"};
    }
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        close();
        number_ = other.release();
    }
    return *this;
}

int Descriptor::release() { return std::exchange(number_, -1); }

void Descriptor::close() {
    if (number_ >= 0) ::close(release());
}

// O_NONBLOCK: a FIFO in the place of a file must not hang us; for files it changes nothing.
core::Result<Descriptor> open_for_reading(const fs::path& path) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) return system_error("cannot open", path, errno);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return system_error("cannot open", path, errno);
    if (S_ISREG(status.st_mode)) return file;
    return Error{ErrorCode::invalid, path.string() + " is not a file; name a file"};
}

core::Result<TempFile> make_temp(const fs::path& pattern) {
    auto name = pattern.string();
    Descriptor file(::mkostemp(name.data(), O_CLOEXEC));
    if (!file) return system_error("cannot make", pattern, errno);
    return TempFile{std::move(file), name};
}

core::Result<void> write_all(const Descriptor& to, std::span<const std::byte> bytes, const fs::path& path) {
    while (!bytes.empty()) {
        const auto written = ::write(to.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error("cannot write", path, errno);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

void write_back(const Descriptor& file) {
    constexpr unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    (void)::sync_file_range(file.get(), 0, 0, all);  // sync_file() tells what failed
}

core::Result<void> sync_file(const Descriptor& file, const fs::path& path) {
    if (::fsync(file.get()) != 0) return system_error("cannot sync", path, errno);
    return {};
}

core::Result<void> sync_folder(const fs::path& folder) {
    const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!descriptor) return system_error("cannot open", folder, errno);
    return sync_file(descriptor, folder);
}

core::Result<Descriptor> lock_folder(const std::filesystem::path& folder) {
    Descriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock) return system_error("cannot open", folder, errno);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return system_error("cannot lock", folder, errno);
    return core::Error{core::ErrorCode::conflict, "another program is at work in '" + folder.string() + "'"};
}

core::Result<void> ensure_folder(const fs::path& folder, mode_t mode) {
    std::error_code status;
    if (fs::is_directory(folder, status)) return {};
    const auto above = folder_of(folder);
    if (above != folder)
        if (auto made = ensure_folder(above, mode); !made) return made;
    if (::mkdir(folder.c_str(), mode) != 0 && !(errno == EEXIST && fs::is_directory(folder, status)))
        return system_error("cannot make the folder", folder, errno);
    return sync_folder(above);
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

}  // namespace antiphon::files
