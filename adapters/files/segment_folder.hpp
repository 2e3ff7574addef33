// The segments of one track in a folder: 000007.part or .flac, and 000007.json for its row.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "adapters/files/posix.hpp"
#include "media/recording/segment_files.hpp"

namespace antiphon::files {

// How a row is text; given, because this adapter does not know JSON.
struct SegmentRowText {
    std::function<std::string(const media::SegmentRow&)> write;
    std::function<core::Result<media::SegmentRow>(const std::string&)> read;
};

// Other files in the folder are left alone. A row that is no row counts as lost, and is put aside as NAME.damaged. Not
// thread-safe; another one on the same folder may save and drop segments that this one is done with.
class SegmentFolder final : public media::SegmentFiles {
  public:
    static constexpr std::size_t row_bytes_max = 4 << 20;

    // Makes the folder when it is missing.
    static core::Result<SegmentFolder> open(std::filesystem::path folder, SegmentRowText text);

    core::Result<void> create(int number) override;
    core::Result<void> append(std::span<const std::byte> bytes) override;
    core::Result<void> sync() override;
    core::Result<void> cut(int number, std::uint64_t bytes) override;
    core::Result<void> finish(int number) override;
    core::Result<void> sync_folder() override;
    core::Result<media::SegmentDigest> digest(int number) override;
    core::Result<std::size_t> read(int number, std::uint64_t offset, std::span<std::byte> out) override;
    core::Result<void> save(const media::SegmentRow& row) override;
    core::Result<void> drop(int number) override;
    core::Result<void> remove(int number) override;
    core::Result<Found> find(int number) override;
    core::Result<std::vector<Found>> list() override;

    static std::filesystem::path growing_in(const std::filesystem::path& folder, int number);
    static std::filesystem::path whole_in(const std::filesystem::path& folder, int number);
    std::filesystem::path whole(int number) const { return whole_in(folder_, number); }

  private:
    SegmentFolder(std::filesystem::path folder, SegmentRowText text)
        : folder_(std::move(folder)), text_(std::move(text)) {}

    std::filesystem::path path_of(int number, const char* ending) const;
    std::filesystem::path there(int number) const;
    core::Result<std::optional<media::SegmentRow>> row_in(const std::filesystem::path& path, int number);

    std::filesystem::path folder_;
    SegmentRowText text_;
    Descriptor appending_;
    std::filesystem::path appending_path_;
    Descriptor reading_;
    int reading_number_ = -1;
};

}  // namespace antiphon::files
