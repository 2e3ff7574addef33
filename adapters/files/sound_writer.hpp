// Files that an editor opens.
#pragma once

#include <boost/describe/enum.hpp>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::files {

// wav: 24 bit, with a Broadcast Wave extension (EBU Tech 3285) that tells the time of frame 0, and as RF64 (Tech 3306)
// where it gets longer than 4 GB. flac: 24 bit. opus: Ogg.
BOOST_DEFINE_ENUM_CLASS(SoundFormat, flac, wav, opus)

std::string ending_of(SoundFormat format);  // ".flac"

struct SoundAbout {
    int channels = 1;
    std::string title;                // of any text
    core::WallTime started;           // of frame 0
    std::int64_t time_reference = 0;  // frames since midnight (UTC) then, which wav tells
};

// Writes NAME.part, and gives it its name when it is whole. Not thread-safe.
class SoundWriter {
  public:
    // `exhausted` when the disk is full, `denied` or `not_found` where no file can be, `invalid` for channels that the
    // format has not.
    static core::Result<SoundWriter> open(const std::filesystem::path& file, SoundFormat format,
                                          const SoundAbout& about);

    // Whole interleaved frames at the cluster's rate, -1..1; what is louder is clipped.
    core::Result<void> write(std::span<const float> samples);
    core::Result<void> finish();

    SoundWriter(SoundWriter&&) noexcept;
    SoundWriter& operator=(SoundWriter&&) noexcept;
    ~SoundWriter();  // without finish() nothing stays

  private:
    struct State;
    explicit SoundWriter(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace antiphon::files
