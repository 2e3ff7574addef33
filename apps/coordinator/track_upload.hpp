// A worker hands in a recorded file: written aside, its hash checked, then put in its place.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "adapters/files/blob_folder.hpp"
#include "adapters/http/upload.hpp"
#include "apps/coordinator/coordinator_app.hpp"

namespace antiphon::coordinator {

// Files of one recording: FOLDER/ID/WORKER.INPUT.flac and .flac.json beside it.
class TrackUpload final : public http::UploadSink {
  public:
    // `incoming` is where unfinished files are.
    TrackUpload(CoordinatorApp& app, files::BlobFolder& incoming, std::filesystem::path recordings)
        : app_(app), incoming_(incoming), recordings_(std::move(recordings)) {}

    core::Result<void> begin(const http::Request& request, std::optional<std::uint64_t> content_length_bytes) override;
    core::Result<void> chunk(std::span<const std::byte> piece) override { return writer_->append(piece); }
    void finish(http::Responder responder) override;
    void aborted() noexcept override { writer_.reset(); }

  private:
    CoordinatorApp& app_;
    files::BlobFolder& incoming_;
    const std::filesystem::path recordings_;
    std::unique_ptr<ports::BlobWriter> writer_;
    core::RecordingId recording_;
    core::EndpointId input_;
    core::BlobHash sha256_;
};

// Name of a track's file without ending, in its recording's folder: the worker's id and the input's name.
std::string track_file_name(const core::EndpointId& input);

}  // namespace antiphon::coordinator
