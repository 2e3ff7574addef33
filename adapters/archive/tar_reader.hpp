// Reads a tar from outside: regular files with plain names, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/result.hpp"

struct archive;

namespace antiphon::archive {

struct TarMember {
    std::string name;  // a member name
    std::uint64_t size_bytes = 0;
};

// Not thread-safe. Nothing of an archive is trusted: `invalid` names the member that is a link, a folder, a device, or
// has a name that leads elsewhere; `corrupt` what is cut short or no tar.
class TarReader {
  public:
    static core::Result<std::unique_ptr<TarReader>> open(const std::filesystem::path& path);

    // The next member; nothing at the end.
    core::Result<std::optional<TarMember>> next();
    // More of the present member; 0 at its end.
    core::Result<std::size_t> read(std::span<std::byte> into);

  private:
    struct Free {
        void operator()(struct ::archive* archive) const noexcept;
    };
    explicit TarReader(std::filesystem::path path);
    core::Error error(const std::string& name) const;

    const std::filesystem::path path_;
    std::string name_;
    std::uint64_t left_bytes_ = 0;  // of the present member
    std::unique_ptr<struct ::archive, Free> archive_;
};

}  // namespace antiphon::archive
