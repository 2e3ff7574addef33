// Notices that the certificate's files were replaced, and reads them once they rest.
#pragma once

#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <optional>

#include "adapters/tls/server_identity.hpp"

namespace antiphon::tls {

struct WatchCounters {
    std::uint64_t taken = 0;    // new identities
    std::uint64_t refused = 0;  // states of the files that could not be taken; the old identity stays
};

// Not thread-safe. It keeps no timer: its owner calls poll() every few seconds.
class IdentityWatch {
  public:
    // What `files` are now is what their owner has read already.
    explicit IdentityWatch(IdentityFiles files);

    using News = std::optional<core::Result<ServerIdentity>>;

    // Nothing while the files (their times, sizes and inodes, through links) are what they were; while they change,
    // for two files are not replaced at one moment; and for a bad state that was told already.
    News poll(core::WallTime now);
    // Reads at once, as SIGHUP asks.
    core::Result<ServerIdentity> reload(core::WallTime now);

    const WatchCounters& counters() const noexcept { return counters_; }

  private:
    struct Stamp {
        std::int64_t seconds = 0;
        std::int64_t nanoseconds = 0;
        std::int64_t size = -1;  // not there
        ino_t inode = 0;

        friend bool operator==(const Stamp&, const Stamp&) = default;
    };
    using Stamps = std::array<Stamp, 2>;

    static Stamp stamp_of(const std::filesystem::path& path);
    Stamps stamps() const { return {stamp_of(files_.certificate), stamp_of(files_.key)}; }

    IdentityFiles files_;
    Stamps known_;  // taken or refused
    Stamps seen_;   // by the last poll
    WatchCounters counters_;
};

}  // namespace antiphon::tls
