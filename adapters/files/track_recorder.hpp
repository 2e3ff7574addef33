// One input of one recording: from the capture callback through a ring to a thread that writes FLAC, crash-safe.
#pragma once

#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "adapters/files/track_manifest.hpp"
#include "core/documents.hpp"
#include "media/clock_map.hpp"
#include "media/spsc_queue.hpp"
#include "media/triple_buffer.hpp"
#include "ports/audio.hpp"

namespace antiphon::files {

struct TrackFile {
    std::filesystem::path folder;
    std::string name;  // without ending: NAME.flac, NAME.json, and NAME.part while it grows
    std::filesystem::path audio() const { return folder / (name + ".flac"); }
    std::filesystem::path growing() const { return folder / (name + ".part"); }
    std::filesystem::path manifest() const { return folder / (name + ".json"); }
};

// Writes a manifest as the text of its file; given, because this adapter does not know JSON.
using WriteManifest = std::function<std::string(const TrackManifest&)>;

// The file grows as whole FLAC frames, synced each 500 ms: a killed process loses at most what its ring and one block
// held, a power cut about half a second more. captured() is for the device's thread, set_clock() and the rest for the
// owner's loop.
class TrackRecorder final : public ports::Capturer {
  public:
    static constexpr std::size_t ring_blocks = 256;   // 2.5 s that the disk may be late
    static constexpr std::size_t block_frames = 480;  // larger blocks are cut

    // Opens the file; errors name it. `beginning` holds who and what; frames, anchors and gaps are filled in.
    static core::Result<std::unique_ptr<TrackRecorder>> open(TrackFile file, TrackManifest beginning,
                                                             WriteManifest write);
    ~TrackRecorder() override;

    // Real-time-safe. A full ring drops the block, which becomes a gap.
    void captured(const ports::CaptureBlock& block) noexcept override;
    void set_clock(const media::ClockMap& map) { clock_.write(map); }
    // No block comes any more; the file is completed, synced, renamed and hashed by the thread.
    void finish();

    struct Status {
        core::TrackState state = core::TrackState::recording;
        std::string reason;  // of `failed`
        core::FrameCount frames = 0;
        std::uint64_t gap_frames = 0;
        std::string sha256;
    };
    Status status() const;

  private:
    struct Block {
        ports::DeviceReading reading;
        core::FrameCount first = 0;
        std::uint32_t frames = 0;
        std::array<float, block_frames> samples;  // mono
    };
    class Writer;

    TrackRecorder();
    void run(const std::stop_token& stop, Writer& writer);
    void publish(const Status& status);

    media::SpscQueue<Block, ring_blocks> ring_;
    media::TripleBuffer<media::ClockMap> clock_;
    std::atomic<core::FrameCount> lost_until_{0};  // device frame behind the last block that the ring refused
    std::atomic<bool> finishing_{false};
    mutable std::mutex mutex_;
    Status status_;
    std::unique_ptr<Writer> writer_;
    std::jthread thread_;  // last: ends before the rest goes
};

// A file that a killed process left growing becomes a whole one, with what it has. Nothing when there is not one FLAC
// frame in it. `keep_manifest` writes the manifest anew before the file gets its name, and may complete the status.
using KeepManifest = std::function<core::Result<void>(TrackRecorder::Status&)>;
core::Result<TrackRecorder::Status> recover_track(const TrackFile& file, const KeepManifest& keep_manifest);

}  // namespace antiphon::files
