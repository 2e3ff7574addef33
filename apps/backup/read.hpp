// Reads a backup from outside, trusting nothing of it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "apps/backup/manifest.hpp"
#include "core/result.hpp"

namespace antiphon::backup {

// Where the members go, each begun, given in pieces, and ended once its size and hash are right. An error ends the
// reading.
class Receiver {
  public:
    virtual ~Receiver() = default;
    virtual core::Result<void> begin(const Member& member) = 0;
    virtual core::Result<void> piece(std::span<const std::byte> bytes) = 0;
    virtual core::Result<void> end() = 0;
};

// Reads all of it and compares each member with the manifest. `conflict` when a newer program made it; `invalid` names
// a member that no backup has, or what is missing; `corrupt` what is cut short or damaged. Every file that it lets
// through has a name that make() could have given it.
core::Result<Manifest> read(const std::filesystem::path& tar, Receiver& receiver);

// The same, keeping nothing.
core::Result<Manifest> verify(const std::filesystem::path& tar);

}  // namespace antiphon::backup
