// Folders, modes and flock(2).
#include "adapters/sqlite/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace antiphon::sqlite {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;

core::Error system_error(const fs::path& path, const std::string& doing, int error) {
    const auto what = doing + " " + path.string() + ": " + std::strerror(error);
    switch (error) {
        case EACCES:
        case EPERM:
        case EROFS:
            return {ErrorCode::denied, what + "; give this user write access or use another --data"};
        case ENOSPC:
        case EDQUOT:
            return {ErrorCode::exhausted, what + "; free some space and try again"};
        case ENOTDIR:
        case EEXIST:
            return {ErrorCode::invalid, what + "; a file is where a folder should be, use another --data"};
        default:
            return {ErrorCode::unavailable, what};
    }
}

// Of a file, or of a folder and the names in it.
core::Result<void> sync(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return system_error(path, "cannot open", errno);
    const int error = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    if (error != 0) return system_error(path, "cannot sync", error);
    return {};
}

fs::path parent_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

core::Result<void> ensure_folder(const fs::path& folder) {
    std::error_code status;
    if (fs::is_directory(folder, status)) return {};
    std::error_code made;
    fs::create_directories(parent_of(folder), made);  // a failure shows in mkdir
    if (::mkdir(folder.c_str(), 0700) != 0) return system_error(folder, "cannot make the data folder", errno);
    return sync(parent_of(folder));
}

// What the holder wrote into the lock file.
std::string holder_of(int descriptor) {
    std::array<char, 24> text{};
    const auto size = ::pread(descriptor, text.data(), text.size(), 0);
    const std::string_view pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const auto digits = pid.substr(0, pid.find_first_not_of("0123456789"));
    return digits.empty() ? "another process" : "process " + std::string(digits);
}

// For the message of whoever finds the folder locked; without it (disk full) that message is only less precise.
void leave_pid(int descriptor) {
    const auto pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, pid.data(), pid.size(), 0) < 0) return;
}

}  // namespace

core::Result<DataFolder> DataFolder::open(const fs::path& folder) {
    if (auto made = ensure_folder(folder); !made) return made.error();
    const auto path = folder / "lock";
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return system_error(path, "cannot open", errno);
    DataFolder lock(descriptor);
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return system_error(path, "cannot lock", errno);
        return core::Error{ErrorCode::conflict, "data folder " + folder.string() + " is in use by " +
                                                    holder_of(descriptor) + "; stop it or use another --data"};
    }
    leave_pid(descriptor);
    return lock;
}

DataFolder::~DataFolder() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

core::Result<void> put_in_place(const fs::path& part, const fs::path& path) {
    if (auto synced = sync(part); !synced) return synced;
    if (::rename(part.c_str(), path.c_str()) != 0) return system_error(path, "cannot name", errno);
    return sync(parent_of(path));
}

core::Result<void> ensure_file(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return system_error(path, "cannot open", errno);
    ::close(descriptor);
    return sync(parent_of(path));
}

}  // namespace antiphon::sqlite
