// The board of run_recording(): it captures, dies and mends.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "media/recording/segment_writer.hpp"
#include "media/recording/sim_disk.hpp"
#include "sim/random.hpp"
#include "sim/recording_life.hpp"

namespace antiphon::sim {

// A frame is a millisecond.
inline constexpr core::SampleRate recording_rate = 1000;

// Tells its place, is never silent, and is what a FLAC of 16 bits holds.
inline float recorded_sample(core::FrameCount frame) { return static_cast<float>(1 + frame * 7919 % 20'011) / 32768; }

class Board {
  public:
    // What one life of the recorder has captured, in frames since its first, whose sample is recorded_sample(0).
    struct Life {
        core::FrameCount captured = 0;
        std::vector<std::pair<core::FrameCount, core::FrameCount>> kept;  // stretches that its disk took: first, end
        core::FrameCount may_lose = 0;                                    // of those, at its end

        // Frames of it that were kept from `frame` on.
        core::FrameCount kept_from(core::FrameCount frame) const;
        void keep(core::FrameCount first, core::FrameCount end);
        // The disk refused: what waited in the encoder is lost, and told as a gap. It may have waited since long
        // before, where the device gave nothing after it.
        void lose_last(core::FrameCount frames);
    };

    Board(Random& random, RecordingCounters& counters);

    // Another piece of time: captured, if it lives and the device gives something.
    void pass();
    void miss(core::FrameCount frames);
    void be_quiet(core::FrameCount frames);
    // The disk refuses so many calls, from the next on or one soon after.
    void refuse(int calls);
    void kill();
    void cut_power();
    // No fault any more: all that is open is closed.
    void finish();

    // The segment that has waited longest; nothing: none does.
    std::optional<media::SegmentRow> next_to_bring() const;
    std::span<const std::byte> bytes(int number) const { return disk_.bytes(number); }
    // The coordinator has it. True: it is released here.
    bool release(const media::SegmentRow& row);

    const std::map<std::uint64_t, Life>& lives() const { return lives_; }
    // The first law that did not hold here.
    std::optional<std::string> broken() const;

  private:
    void begin();
    void capture();
    void take_closed();
    void die(core::FrameCount may_lose);

    Random& random_;
    RecordingCounters& counters_;
    media::SimDisk disk_;
    std::unique_ptr<media::SegmentWriter> writer_;  // while it lives
    std::map<int, media::SegmentRow> waiting_;      // closed ones, to be brought
    int last_closed_ = -1;                          // of this life: its row may be written again
    std::map<std::uint64_t, Life> lives_;
    std::uint64_t life_ = 0;
    core::FrameCount now_ = 0;
    std::optional<core::FrameCount> origin_;  // of this life
    core::FrameCount away_until_ = 0, missing_until_ = 0, quiet_until_ = 0;
    std::optional<std::string> broken_;
};

}  // namespace antiphon::sim
