// An opened audio file, as the library that knows its format decodes it: all channels, at the file's own rate.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::files {

// What the file says of itself.
struct AudioFileInfo {
    core::SampleRate rate = 0;
    int channels = 0;
    std::optional<core::FrameCount> frames;  // at `rate`; empty when the file does not tell
    std::string format;                      // "WAV", "FLAC", "Ogg Vorbis", "Ogg Opus" or "MP3"
    bool lossy = false;
};

class Decoder {
  public:
    virtual ~Decoder() = default;

    virtual const AudioFileInfo& info() const = 0;
    // Fills `samples` (interleaved) with up to `frames` frames; 0 where the readable part ends. What a damaged file
    // holds may be any float.
    virtual std::size_t read(float* samples, std::size_t frames) = 0;
    // False when it cannot; then it must be opened anew.
    virtual bool seek(core::FrameCount frame) = 0;
};

// `descriptor` is at the start of the file and stays the caller's, who keeps it open. `path` is for messages; `invalid`
// when it is nothing that we can read.
core::Result<std::unique_ptr<Decoder>> open_decoder(int descriptor, const std::filesystem::path& path);

// The same for MP3 alone.
core::Result<std::unique_ptr<Decoder>> open_mp3(int descriptor, const std::filesystem::path& path);

core::Error not_readable(const std::filesystem::path& path, const std::string& detail);

}  // namespace antiphon::files
