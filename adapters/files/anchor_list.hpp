// The anchors of one recording: bounded however long it gets, and evenly spread.
#pragma once

#include <vector>

#include "adapters/files/track_manifest.hpp"

namespace antiphon::files {

// Pure. When it is full every second anchor goes and the step doubles: with 4096 of them it is 0.5 s in the first half
// hour and 8 s after nine hours. The first anchor stays.
class AnchorList {
  public:
    static constexpr std::size_t anchors_max = 4096;
    static constexpr core::FrameCount first_step_frames = core::cluster_rate / 2;

    bool due(core::FrameCount frame) const noexcept { return frame >= next_frame_; }
    // Rising frames only.
    void add(const TrackAnchor& anchor);
    // Anchors of another clock are of no use.
    void clear() noexcept;

    const std::vector<TrackAnchor>& all() const noexcept { return anchors_; }
    core::FrameCount step_frames() const noexcept { return step_frames_; }

  private:
    void thin_out();

    std::vector<TrackAnchor> anchors_;
    core::FrameCount step_frames_ = first_step_frames;
    core::FrameCount next_frame_ = 0;
};

}  // namespace antiphon::files
