// One input of one recording: from the capture callback through a ring to a thread that writes segments.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "media/clock_map.hpp"
#include "media/level_meter.hpp"
#include "media/recording/segment_writer.hpp"
#include "media/recording/sound_gate.hpp"
#include "media/spsc_queue.hpp"
#include "media/triple_buffer.hpp"
#include "ports/audio.hpp"

namespace antiphon::files {

// captured() is for the device's thread, set_clock() and the rest for the owner's loop.
class TrackRecorder final : public ports::Capturer {
  public:
    static constexpr std::size_t ring_blocks = 256;     // 2.5 s that the disk may be late
    static constexpr std::size_t block_frames = 480;    // larger blocks are cut
    using WallClock = std::function<core::WallTime()>;  // thread-safe
    static constexpr std::chrono::milliseconds silent_after_default{2000};

    // A device that gives nothing for `silent_after` is told as trouble: nothing else may say so.
    // `on_sound`: what is quieter is left out.
    TrackRecorder(std::unique_ptr<media::SegmentFiles> files, const media::SegmentOptions& options, WallClock wall,
                  std::chrono::milliseconds silent_after = silent_after_default,
                  const std::optional<core::SoundTrigger>& on_sound = {});
    // Closes what is open as finish() does, and waits for it.
    ~TrackRecorder() override;

    // Real-time-safe. A full ring drops the block, which becomes a gap.
    void captured(const ports::CaptureBlock& block) noexcept override;
    void set_clock(const media::ClockMap& map) { clock_.write(map); }
    // No block comes any more; the last segment is closed by the thread. Where the disk refuses it is tried on.
    void finish();

    struct Status {
        bool finished = false;
        std::string trouble;  // what the disk says while it refuses, or that nothing comes
        core::FrameCount frames = 0;
        core::FrameCount gap_frames = 0;
        std::optional<core::SoundLevel> level;  // of what comes, kept or not
    };
    Status status() const;
    // The rows of segments that were closed since the last call.
    std::vector<media::SegmentRow> take_closed();

  private:
    struct Block {
        ports::DeviceReading reading;
        core::FrameCount first = 0;
        std::uint32_t frames = 0;
        std::array<float, block_frames> samples;  // mono
    };

    void run(const std::stop_token& stop);
    bool write_all_there_is();  // whether there was anything
    media::Because left_out_because() const;
    void publish(bool finished);

    const std::unique_ptr<media::SegmentFiles> files_;
    const WallClock wall_;
    const std::chrono::milliseconds silent_after_;
    bool silent_ = false;          // the thread's
    media::SegmentWriter writer_;  // the thread's
    media::SoundGate gate_;        // the thread's
    media::LevelMeter meter_;      // the thread's
    const std::string quiet_;      // what a gap says that it leaves
    media::SpscQueue<Block, ring_blocks> ring_;
    media::TripleBuffer<media::ClockMap> clock_;
    std::atomic<core::FrameCount> captured_until_{0};  // device frame behind the last block, kept or not
    std::atomic<bool> finishing_{false};
    mutable std::mutex mutex_;
    Status status_;
    std::vector<media::SegmentRow> closed_;
    std::jthread thread_;  // last: ends before the rest goes
};

}  // namespace antiphon::files
