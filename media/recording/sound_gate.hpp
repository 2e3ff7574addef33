// Recording on sound: which of the captured pieces are kept, with what was just before.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "core/documents.hpp"
#include "media/recording/segment_writer.hpp"

namespace antiphon::media {

// Open while the sound is loud enough, and for `hold_ms` after; what was captured up to `pre_roll_ms` before it opened
// is kept too. Without a trigger it is always open. Loudness is the RMS of each piece (10 ms, as recorders cut them).
// Keeps at most the pre-roll in memory. Not thread-safe; allocates.
class SoundGate {
  public:
    // `keep` false: it is left out.
    using Decide = std::function<void(const CapturedPiece&, core::WallTime, bool keep)>;

    SoundGate(const std::optional<core::SoundTrigger>& trigger, core::SampleRate rate);

    // The next piece, and what the wall shows. Calls `decide` for each that is decided now, in order, with the wall
    // time that was given with it; what may become a pre-roll is not yet.
    void take(const CapturedPiece& piece, core::WallTime wall, const Decide& decide);
    // Nothing is kept until there is sound again.
    bool open() const noexcept { return open_; }

  private:
    struct Kept {
        CapturedPiece piece;  // its samples are below
        core::WallTime wall;
        std::vector<float> samples;
    };

    bool is_loud(std::span<const float> samples) const noexcept;
    void keep_for_later(const CapturedPiece& piece, core::WallTime wall, const Decide& decide);
    void decide_front(const Decide& decide, bool keep);

    const bool always_;
    const double mean_square_;  // of the level
    const core::FrameCount pre_roll_;
    const core::FrameCount hold_;
    bool open_;
    core::FrameCount open_until_ = 0;
    core::FrameCount next_ = 0;  // device frame behind the last piece
    std::deque<Kept> before_;    // while it is shut
};

}  // namespace antiphon::media
