// How much of a board's disk recordings may take: a limit of the operator's, and some that always stays free.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "media/recording/segment_files.hpp"

namespace antiphon::files {

struct SpaceUse {
    std::uint64_t used_bytes = 0;      // by segments that are on the board
    std::uint64_t quota_bytes = 0;     // that they may take; 0: what the disk has
    std::uint64_t free_bytes = 0;      // of the disk
    std::uint64_t capacity_bytes = 0;  // of the disk

    // What of the disk is left to others: a twentieth of it, 256 MB at most.
    std::uint64_t reserve_bytes() const noexcept;
    // What recordings may still take; the most there is where neither quota nor disk is known.
    std::uint64_t left_bytes() const noexcept;
};

// Why nothing more is recorded; empty: nothing keeps it from that. Pure.
std::string refusal_of(const SpaceUse& use);
// What a person should know before that: four fifths are used. Empty: nothing. Pure.
std::string warning_of(const SpaceUse& use);

// Of the file system that holds the folder. One that cannot be asked counts as empty: writing will tell.
SpaceUse space_on_disk(const std::filesystem::path& folder);

// What all recorders of a board share. Thread-safe; outlives the LimitedSegments that refer to it.
class RecordingSpace {
  public:
    explicit RecordingSpace(std::uint64_t quota_bytes) : quota_bytes_(quota_bytes) {}

    // Segments that are whole take so much, and this is the disk.
    void tell(std::uint64_t closed_bytes, const SpaceUse& disk);
    // Those that grow take so much more, or less.
    void grow(std::int64_t bytes) noexcept { growing_bytes_.fetch_add(bytes, std::memory_order_relaxed); }

    std::string refusal() const;
    std::string warning() const;

  private:
    SpaceUse now() const;

    const std::uint64_t quota_bytes_;
    std::atomic<std::int64_t> growing_bytes_{0};
    mutable std::mutex mutex_;
    SpaceUse told_;
};

// A track's files, refused as `exhausted` where there is no room for more.
class LimitedSegments final : public media::SegmentFiles {
  public:
    LimitedSegments(std::unique_ptr<media::SegmentFiles> files, RecordingSpace& space)
        : files_(std::move(files)), space_(space) {}
    ~LimitedSegments() override { grows_no_more(); }

    core::Result<void> create(int number) override;
    core::Result<void> append(std::span<const std::byte> bytes) override;
    core::Result<void> sync() override { return files_->sync(); }
    core::Result<void> cut(int number, std::uint64_t bytes) override { return files_->cut(number, bytes); }
    core::Result<void> finish(int number) override;
    core::Result<void> sync_folder() override { return files_->sync_folder(); }
    core::Result<media::SegmentDigest> digest(int number) override { return files_->digest(number); }
    core::Result<std::size_t> read(int number, std::uint64_t offset, std::span<std::byte> out) override {
        return files_->read(number, offset, out);
    }
    core::Result<void> save(const media::SegmentRow& row) override { return files_->save(row); }
    core::Result<void> drop(int number) override { return files_->drop(number); }
    core::Result<void> remove(int number) override;
    core::Result<Found> find(int number) override { return files_->find(number); }
    core::Result<std::vector<Found>> list() override { return files_->list(); }

  private:
    core::Result<void> allowed() const;
    void grows_no_more() noexcept;

    const std::unique_ptr<media::SegmentFiles> files_;
    RecordingSpace& space_;
    std::int64_t growing_ = 0;  // bytes of the file that is appended to
};

}  // namespace antiphon::files
