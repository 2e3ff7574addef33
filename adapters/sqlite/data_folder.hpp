// The data folder of one process: made when it is missing, and locked, so that two programs never write one store.
#pragma once

#include <filesystem>

#include "core/result.hpp"

namespace antiphon::sqlite {

// Holds the folder's lock until destroyed; the kernel releases it when the process dies, however it dies.
class DataFolder {
  public:
    // Makes the folder (mode 0700) when it is missing and takes its lock. `conflict` names the process that holds it.
    static core::Result<DataFolder> open(const std::filesystem::path& folder);

    DataFolder(DataFolder&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
    DataFolder& operator=(DataFolder&&) = delete;
    ~DataFolder();

  private:
    explicit DataFolder(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

// Gives the file at `part`, which nobody has open, its name: what it holds and its name are durable on return. Another
// file of that name goes.
core::Result<void> put_in_place(const std::filesystem::path& part, const std::filesystem::path& path);

// Makes an empty file with mode 0600 when there is none; it and its name are durable on return.
core::Result<void> ensure_file(const std::filesystem::path& path);

}  // namespace antiphon::sqlite
