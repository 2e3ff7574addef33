// The file of a segment comes in, over one connection or several.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "adapters/files/partial_file.hpp"
#include "adapters/http/upload.hpp"
#include "adapters/system/background.hpp"
#include "apps/coordinator/segment_catalogue.hpp"

namespace antiphon::coordinator {

class SegmentUpload final : public http::UploadSink {
  public:
    SegmentUpload(system::Background& background, std::filesystem::path recordings)
        : background_(background), recordings_(std::move(recordings)) {}

    core::Result<void> begin(const http::Request& request, std::optional<std::uint64_t> content_length_bytes) override;
    core::Result<void> chunk(std::span<const std::byte> piece) override;
    void finish(http::Responder responder) override;
    // What came stays: the next connection goes on from there.
    void aborted() noexcept override { file_.reset(); }

  private:
    system::Background& background_;
    const std::filesystem::path recordings_;
    std::optional<SegmentCatalogue> catalogue_;
    media::SegmentRow row_;
    std::optional<files::PartialFile> file_;
};

// The track of this board that a request's {id} and {input} name.
core::Result<std::filesystem::path> track_folder(const std::filesystem::path& recordings, const http::Request& request);
// A {number} in a path.
core::Result<int> segment_number(const http::Request& request);

}  // namespace antiphon::coordinator
