// Decodes an audio file to stereo floats at the file's own rate, with exact seeks and samples that are numbers.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "adapters/files/decoder.hpp"
#include "adapters/files/posix.hpp"
#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::files {

// Two channels: one is heard on both sides; of more than two, the first pair stay left and right, at half their level,
// and the mean of the others is added to both at half its level, so that nothing is lost and nothing clips. What is not
// finite becomes 0, and what is beyond +-8 is limited. Not thread-safe.
class StereoDecoder {
  public:
    static core::Result<std::unique_ptr<StereoDecoder>> open(const std::filesystem::path& path);

    const AudioFileInfo& info() const { return decoder_->info(); }
    // Fills `stereo` with up to `frames` frames and returns their number; fewer only where the readable part ends.
    std::size_t read(float* stereo, std::size_t frames);
    // The next frame read is `frame`, exactly, in every format; at the end when there are not so many. Where the format
    // or a damage does not allow to jump, it decodes from the start.
    core::Result<void> seek(core::FrameCount frame);

  private:
    StereoDecoder(std::filesystem::path path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}
    core::Result<void> start();
    void skip(core::FrameCount frames);

    std::filesystem::path path_;
    Descriptor file_;
    std::unique_ptr<Decoder> decoder_;  // once start() has succeeded
    std::vector<float> block_;          // as decoded, all channels
};

}  // namespace antiphon::files
