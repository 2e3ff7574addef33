// One track on the recording's line of time, life after life.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "apps/export/segment_source.hpp"
#include "media/recording/aligned_track.hpp"
#include "media/recording/recording_time.hpp"

namespace antiphon::exporting {

// Frame n of what it renders is n / 48000 s after `begin_ns`. Not thread-safe.
class TrackRenderer {
  public:
    // `track` outlives it.
    TrackRenderer(const media::TimedTrack& track, const std::vector<media::SegmentRow>& rows,
                  const SegmentFile& file_of, std::int64_t begin_ns);

    // The next frames, mono; silent where nothing was recorded.
    core::Result<void> render(std::span<float> frames);

  private:
    struct Life {
        const media::TimedLife* timed;
        core::FrameCount first, end;  // rendered frames that are its
        std::vector<media::SegmentRow> rows;
    };

    core::Result<void> render_life(const Life& life, std::span<float> frames);

    const SegmentFile file_of_;
    const std::int64_t begin_ns_;
    std::vector<Life> lives_;
    std::size_t life_ = 0;  // that is next
    core::FrameCount rendered_ = 0;
    std::optional<SegmentSource> source_;
    std::optional<media::AlignedTrack> aligned_;
};

}  // namespace antiphon::exporting
