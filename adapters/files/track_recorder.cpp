// The writing half has a thread of its own: a slow disk delays nobody but itself.
#include "adapters/files/track_recorder.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <utility>

namespace antiphon::files {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds idle_poll{20};
constexpr milliseconds retry_pause{1000};
constexpr const char* ring_was_full = "frames came too late or not at all";

std::string quiet_words(double level_db) {
    char words[64];
    std::snprintf(words, sizeof words, "it was quieter than %.0f dB", level_db);
    return words;
}

}  // namespace

TrackRecorder::TrackRecorder(std::unique_ptr<media::SegmentFiles> files, const media::SegmentOptions& options,
                             WallClock wall, milliseconds silent_after,
                             const std::optional<core::SoundTrigger>& on_sound)
    : files_(std::move(files)),
      wall_(std::move(wall)),
      silent_after_(silent_after),
      writer_(*files_, options),
      gate_(on_sound, options.rate),
      meter_(options.rate),
      quiet_(on_sound ? quiet_words(on_sound->level_db) : "") {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

TrackRecorder::~TrackRecorder() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

void TrackRecorder::captured(const ports::CaptureBlock& block) noexcept {
    const auto channels = static_cast<std::size_t>(block.channels);
    const std::size_t frames = block.samples.size() / channels;
    for (std::size_t from = 0; from < frames; from += block_frames) {
        Block piece;
        piece.reading = block.reading;
        piece.first = block.first + static_cast<core::FrameCount>(from);
        piece.frames = static_cast<std::uint32_t>(std::min(block_frames, frames - from));
        for (std::size_t i = 0; i < piece.frames; ++i) piece.samples[i] = block.samples[(from + i) * channels];
        ring_.push(piece);
        captured_until_.store(piece.first + piece.frames, std::memory_order_relaxed);
    }
}

void TrackRecorder::finish() { finishing_.store(true, std::memory_order_release); }

TrackRecorder::Status TrackRecorder::status() const {
    std::lock_guard lock(mutex_);
    return status_;
}

std::vector<media::SegmentRow> TrackRecorder::take_closed() {
    std::lock_guard lock(mutex_);
    return std::exchange(closed_, {});
}

void TrackRecorder::publish(bool finished) {
    auto closed = writer_.take_closed();
    const auto counters = writer_.counters();
    std::lock_guard lock(mutex_);
    closed_.insert(closed_.end(), std::make_move_iterator(closed.begin()), std::make_move_iterator(closed.end()));
    const auto& trouble = writer_.trouble();
    status_ = {finished, trouble.empty() && silent_ ? "its device gives nothing" : trouble, counters.frames,
               counters.gap_frames, finished ? std::nullopt : meter_.level()};
}

bool TrackRecorder::write_all_there_is() {
    bool any = false;
    clock_.update();
    for (; const auto block = ring_.pop(); any = true) {
        const auto& [reading, first, frames, samples] = *block;
        const media::CapturedPiece piece{reading.at, reading.frames, reading.run, first,
                                         std::span(samples).first(frames)};
        writer_.hear(piece);
        meter_.add(piece.samples);
        gate_.take(piece, wall_(), [this](const media::CapturedPiece& decided, core::WallTime wall, bool keep) {
            keep ? writer_.take(decided, clock_.value(), wall, {ring_was_full})
                 : writer_.leave(decided, {quiet_.c_str(), true});
        });
    }
    return any;
}

media::Because TrackRecorder::left_out_because() const {
    return gate_.open() ? media::Because{ring_was_full} : media::Because{quiet_.c_str(), true};
}

void TrackRecorder::run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;  // only time and the stop end this wait
    const auto wait = [&](milliseconds pause) {
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, pause, [] { return false; });
    };
    auto came = std::chrono::steady_clock::now();
    while (!stop.stop_requested()) {
        // Read before the ring: what was pushed before finish() is then seen.
        const bool last = finishing_.load(std::memory_order_acquire);
        const auto now = std::chrono::steady_clock::now();
        if (write_all_there_is()) came = now;
        silent_ = now - came > silent_after_;
        publish(false);
        if (last) break;
        wait(idle_poll);
    }
    silent_ = false;
    write_all_there_is();
    writer_.captured_until(captured_until_.load(std::memory_order_relaxed));
    while (!writer_.finish(left_out_because()) && !stop.stop_requested()) {
        publish(false);
        wait(retry_pause);
    }
    publish(true);
}

}  // namespace antiphon::files
