// Programmes from files: any format and rate in, stereo at the cluster's rate out.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "adapters/files/stereo_decoder.hpp"
#include "core/result.hpp"
#include "core/units.hpp"

struct soxr;

namespace antiphon::files {

// All frames and positions are at core::cluster_rate. Not thread-safe, not real-time-safe: it reads and allocates.
class AudioFileReader {
  public:
    // `not_found`, `denied`, `invalid` (empty, or no audio file that we can read): each names the file and the way out.
    static core::Result<std::unique_ptr<AudioFileReader>> open(const std::filesystem::path& path);

    const AudioFileInfo& info() const { return decoder_->info(); }
    // To the frame, as the file declares it: reading through gives exactly as many, or `corrupt`. Empty when the file
    // does not declare it; readable_frames() counts.
    std::optional<core::FrameCount> total_frames() const { return total_frames_; }

    // Fills `stereo` (interleaved, left first, +-1) with whole frames and returns their number; 0 at the end.
    // `corrupt`, again at each call, where a truncated or damaged file ends before its time; all that is readable came
    // before.
    core::Result<std::size_t> read(std::span<float> stereo);

    // The next frame read is `frame`; what is read equals, within 1e-4, what reading through gives there. Past the end
    // it is the end. `invalid` when negative.
    core::Result<void> seek(core::FrameCount frame);
    core::FrameCount position() const { return position_; }

    // Decodes the whole file and returns to the start; takes as long as that takes.
    core::Result<core::FrameCount> readable_frames();

  private:
    struct DeleteConverter {
        void operator()(soxr* converter) const noexcept;
    };
    AudioFileReader(std::filesystem::path path, std::unique_ptr<StereoDecoder> decoder);
    core::Result<void> start_converter();
    std::size_t produce(float* stereo, std::size_t frames);
    core::Result<void> seek_converted(core::FrameCount frame);
    static std::size_t feed(void* self, const void** data, std::size_t frames);

    std::filesystem::path path_;
    std::unique_ptr<StereoDecoder> decoder_;
    std::unique_ptr<soxr, DeleteConverter> converter_;  // none when the file has our rate
    std::vector<float> input_;                          // of the converter
    std::optional<core::FrameCount> total_frames_;
    core::FrameCount tolerance_frames_ = 0;  // a file that ends this much early is whole; the rest is silence
    core::FrameCount position_ = 0;
};

}  // namespace antiphon::files
