// A file system for SQLite that fails, or kills the process, at a chosen call: the faults of a disk as data.
#pragma once

#include <cstdint>

namespace antiphon::sqlite {

enum class Fault {
    none,
    io_error,   // the call fails with EIO, once
    disk_full,  // a write fails half done with ENOSPC, once
    kill,       // SIGKILL before the call
    kill_torn,  // SIGKILL in the middle of a write
};

// Becomes SQLite's default file system when first armed. For one thread.
class FaultyDisk {
  public:
    // The `call`-th counted call from now (from 1) meets `fault`. Reads count for `io_error` only.
    static void arm(Fault fault, std::int64_t call);
    static void disarm() { arm(Fault::none, 0); }
    // Whether the armed fault has struck.
    static bool struck();
};

}  // namespace antiphon::sqlite
