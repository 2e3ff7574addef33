// A virtual room: a folder in which sound devices that exist as arithmetic meet. What happens in it follows from true
// time and from one random seed, which the nodes cannot read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "core/result.hpp"

namespace antiphon::virtual_audio {

class Room {
  public:
    // Opens the room in `folder`; whoever comes first makes it. `corrupt` when room.json is not one that this version
    // reads, `unavailable` when the system refuses. Any number of processes may do this at once. A folder in memory
    // (tmpfs) keeps the disk's delays out of the sound.
    static core::Result<Room> open(const std::filesystem::path& folder);

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path speakers() const { return folder_ / "speakers"; }

  private:
    // The only way to the seed: the room's clocks and devices draw their errors with it.
    friend class Draw;

    Room(std::filesystem::path folder, std::uint64_t seed) : folder_(std::move(folder)), seed_(seed) {}

    std::filesystem::path folder_;
    std::uint64_t seed_;
};

}  // namespace antiphon::virtual_audio
