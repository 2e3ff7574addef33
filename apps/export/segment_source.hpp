// The sound of one life of a track, frame by frame, out of its segments' files.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "media/codecs/flac_decoder.hpp"
#include "media/recording/segment.hpp"

namespace antiphon::exporting {

using SegmentFile = std::function<std::filesystem::path(int number)>;

// Reads forwards: what is asked for may overlap what was, by little. Silence where there is no segment. Not
// thread-safe.
class SegmentSource {
  public:
    // Rows of one life; any order.
    SegmentSource(std::vector<media::SegmentRow> rows, SegmentFile file_of);

    // Fills `frames` from `first` on. `corrupt` where a file holds less than its row says.
    core::Result<void> read(core::FrameCount first, std::span<float> frames);

  private:
    static constexpr core::FrameCount kept_behind = 4096;

    const media::SegmentRow* row_at(core::FrameCount frame) const;
    core::FrameCount next_after(core::FrameCount frame) const;
    core::Result<void> load(const media::SegmentRow& row, core::FrameCount until);

    const std::vector<media::SegmentRow> rows_;
    const SegmentFile file_of_;
    const media::SegmentRow* open_ = nullptr;
    std::ifstream in_;
    std::optional<media::FlacDecoder> decoder_;
    core::FrameCount decoded_first_ = 0;  // of the life
    std::vector<float> decoded_;
};

}  // namespace antiphon::exporting
