// One track while it is recorded: captured blocks in, segments out, whatever the disk does.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "media/clock_map.hpp"
#include "media/device_clock.hpp"
#include "media/recording/segment_files.hpp"

namespace antiphon::media {

class FlacEncoder;

// A piece of a captured block, mono: device frames from `first` on, and where the device was when it came.
struct CapturedPiece {
    core::LocalTime at;  // `device_frames` had been captured just before
    core::FrameCount device_frames = 0;
    std::uint32_t run = 0;  // see ports::DeviceReading
    core::FrameCount first = 0;
    std::span<const float> samples;
};

struct SegmentOptions {
    core::SampleRate rate = core::cluster_rate;
    std::uint64_t life = 0;  // another each time that a recorder begins
    int first_number = 0;    // of its segments: above all that were
    std::string title;       // for people who open a file: ASCII
    std::string device;      // that is captured from
    core::Duration length = std::chrono::minutes(5);
    core::Duration sync_each = std::chrono::milliseconds(500);
    core::Duration row_each = std::chrono::seconds(2);
    core::Duration anchor_each = std::chrono::seconds(1);
    // So long an anchor follows what becomes known of its time: half of the clock estimate's window, in whose middle it
    // is surest.
    core::Duration anchor_settles = std::chrono::seconds(15);
    core::Duration silence_max = std::chrono::seconds(1);  // a gap as long is silence in the file
    core::Duration retry_after = std::chrono::seconds(1);  // when the disk refused
};

// Why frames are left out. `quiet`: because nothing was to be heard; else they are lost.
struct Because {
    Because(const char* words, bool is_quiet = false) : reason(words), quiet(is_quiet) {}

    const char* reason;
    bool quiet;
};

struct SegmentCounters {
    core::FrameCount frames = 0;      // since it began: of files, with their silence, and of gaps between them
    core::FrameCount gap_frames = 0;  // of those, lost
    int segments = 0;                 // closed
    std::uint64_t refusals = 0;       // of the disk
};

// Frames of the encoder's block wait in memory (43 ms); what was synced survives a power cut (with the last `sync_each`
// at most lost), what was appended a killed process. When the disk refuses, the sound until it takes again is a gap
// with the reason, and the segment is mended. Not thread-safe; allocates; does what the disk takes of time.
class SegmentWriter {
  public:
    // `files` outlives it. Touches nothing until something is captured.
    SegmentWriter(SegmentFiles& files, const SegmentOptions& options);
    ~SegmentWriter();

    // What the device says with each piece, when it comes, whether it is kept or not.
    void hear(const CapturedPiece& piece) { device_.add(piece.at, piece.device_frames, piece.run); }
    // The next piece to keep, which was heard; frames that it leaves out are a gap. Frames that were there already are
    // skipped. `wall`: when it came, for people.
    void take(const CapturedPiece& piece, const ClockMap& map, core::WallTime wall, const Because& because);
    // The next piece, which is not to be kept: a gap, and the segment before it is closed.
    void leave(const CapturedPiece& piece, const Because& because);
    // Device frames up to there were captured, and nothing follows that would show that the last are missing.
    void captured_until(core::FrameCount device_frame) noexcept;
    // Closes what is open; what is missing at the end is a gap. False: the disk refuses still, and
    // mend_track() has to be tried later.
    bool finish(const Because& because);

    // The rows of segments that were closed since the last call, by number. One comes again when something is to be
    // told in it that was not known: a gap at the very end.
    std::vector<SegmentRow> take_closed() { return std::exchange(closed_, {}); }

    SegmentCounters counters() const noexcept { return counters_; }
    // What the disk said last, while it refuses; empty: it takes what comes.
    const std::string& trouble() const noexcept { return trouble_; }

  private:
    core::Result<void> open(core::WallTime wall);
    core::Result<void> close();
    core::Result<void> name();
    core::Result<void> write(std::span<const float> samples);
    core::Result<void> silence(core::FrameCount frames, const Because& because);
    core::Result<void> keep();
    CapturedPiece unknown_of(const CapturedPiece& piece);
    void conclude(const core::Result<void>& done, core::LocalTime now);
    core::Result<void> advance(const CapturedPiece& piece, const ClockMap& map, core::WallTime wall,
                               const Because& because);
    core::Result<void> leave_out(core::FrameCount at, const Because& because);
    Because unless_in_trouble(const Because& because) const;
    core::Result<void> mend();
    void closed(SegmentRow row);
    void anchor(const ClockMap& map);
    void settle_anchors(const ClockMap& map, core::LocalTime now);
    void count() noexcept;
    void give_up(const core::Error& error, core::LocalTime now);
    core::FrameCount frames_in(core::Duration duration) const noexcept;

    SegmentFiles& files_;
    const SegmentOptions options_;
    DeviceClock device_;
    bool begun_ = false;
    core::FrameCount origin_ = 0;  // device frame of frame 0
    core::FrameCount next_ = 0;    // frame
    core::FrameCount captured_until_ = 0;
    int number_ = 0;  // of the next segment

    std::unique_ptr<FlacEncoder> encoder_;  // while a segment is open
    std::optional<SegmentRow> row_;         // of it, or of the one that is to be mended
    std::size_t gaps_before_ = 0;           // of its gaps, those between it and the one before
    std::vector<SegmentGap> between_;       // gaps before the next
    std::optional<SegmentRow> last_;        // that was closed
    core::FrameCount closed_gaps_ = 0;      // frames
    std::vector<SegmentRow> closed_;        // that nobody took yet
    core::FrameCount next_sync_ = 0, next_row_ = 0, next_anchor_ = 0;
    std::optional<core::Error> refused_;  // by the sink, of the encoder
    bool broken_ = false;                 // the last segment is to be mended
    // Anchors of the open segment that are young: when their frame was captured, by the local clock.
    struct Unsettled {
        std::size_t index = 0;
        core::LocalTime captured;
    };
    std::deque<Unsettled> unsettled_;
    core::LocalTime retry_at_;
    std::string trouble_;
    SegmentCounters counters_;
};

}  // namespace antiphon::media
