// What a recorder needs of a disk: the files and rows of one track.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "media/recording/segment.hpp"

namespace antiphon::media {

struct SegmentDigest {
    std::uint64_t bytes = 0;
    std::string sha256;
};

// Segment N is a file that grows (N.part) and then is whole (N.flac), and a row. A call fails as `exhausted` when the
// disk is full and as `unavailable` when it refuses otherwise; it may have been done in part then. What is not synced
// may be lost, torn or found without order after a power cut. Not thread-safe.
class SegmentFiles {
  public:
    virtual ~SegmentFiles() = default;

    // A growing file, new and empty; append() goes to it until another is created. `invalid` when it is there already.
    virtual core::Result<void> create(int number) = 0;
    virtual core::Result<void> append(std::span<const std::byte> bytes) = 0;
    // What was appended and the file's length are durable on return.
    virtual core::Result<void> sync() = 0;

    // A growing file is cut (or filled up with zeros) to so many bytes; they, and that, are durable on return.
    virtual core::Result<void> cut(int number, std::uint64_t bytes) = 0;
    // A growing file gets the name of a whole one; durable with sync_folder().
    virtual core::Result<void> finish(int number) = 0;
    virtual core::Result<void> sync_folder() = 0;
    // Of a file, growing or whole, as it is read back.
    virtual core::Result<SegmentDigest> digest(int number) = 0;
    // Fills as much of `out` as there is from `offset` on; 0 at the end.
    virtual core::Result<std::size_t> read(int number, std::uint64_t offset, std::span<std::byte> out) = 0;

    // The row takes the place of an older one as a whole; durable on return.
    virtual core::Result<void> save(const SegmentRow& row) = 0;
    // The file of a whole one, not its row; nothing is wrong when it is gone already.
    virtual core::Result<void> drop(int number) = 0;
    // File and row; the same.
    virtual core::Result<void> remove(int number) = 0;

    struct Found {
        int number = 0;
        bool growing = false;
        bool whole = false;
        std::optional<SegmentRow> row;
    };
    // One of them: of another number nothing is there.
    virtual core::Result<Found> find(int number) = 0;
    // All that is there, by number.
    virtual core::Result<std::vector<Found>> list() = 0;
};

}  // namespace antiphon::media
