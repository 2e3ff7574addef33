// Files as the kernel gives them: owned descriptors, whole writes, folders made durable, errors with a way out.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "core/result.hpp"

namespace antiphon::files {

// "write /data/x: No space left on device; free some space": the code says what a caller can do. `error` is an errno.
core::Error system_error(const std::string& doing, const std::filesystem::path& path, int error);

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor() { close(); }

    explicit operator bool() const { return number_ >= 0; }
    int get() const { return number_; }
    int release();
    void close();

  private:
    int number_ = -1;
};

core::Result<Descriptor> open_for_reading(const std::filesystem::path& path);

// A file that never was: its name is gone unless it is renamed. `pattern` ends in XXXXXX.
struct TempFile {
    Descriptor descriptor;
    std::filesystem::path path;
};
core::Result<TempFile> make_temp(const std::filesystem::path& pattern);

core::Result<void> write_all(const Descriptor& to, std::span<const std::byte> bytes, const std::filesystem::path& path);
// Waits for the disk to take what was written since the last call, without making it durable. Called now and then, it
// keeps the sync at the end of a large file from holding up everybody who syncs on that disk.
void write_back(const Descriptor& file);
core::Result<void> sync_file(const Descriptor& file, const std::filesystem::path& path);
// Makes the names in it durable.
core::Result<void> sync_folder(const std::filesystem::path& folder);
// Makes it and the folders above it when they are missing; durable on return. Ours are for nobody else; what a user
// asked for, open_to_all leaves to their umask.
inline constexpr mode_t open_to_all = 0777;
core::Result<void> ensure_folder(const std::filesystem::path& folder, mode_t mode = 0700);
// For one process at a time, for as long as the descriptor is open: `conflict` when another has it.
core::Result<Descriptor> lock_folder(const std::filesystem::path& folder);
std::filesystem::path folder_of(const std::filesystem::path& path);

}  // namespace antiphon::files
