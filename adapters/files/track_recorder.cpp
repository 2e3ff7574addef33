// The writing half has a thread of its own: a slow disk delays nobody but itself.
#include "adapters/files/track_recorder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <vector>

#include "adapters/files/anchor_list.hpp"
#include "adapters/files/atomic_write.hpp"
#include "adapters/files/posix.hpp"
#include "adapters/files/sha256.hpp"
#include "media/codecs/flac_decoder.hpp"
#include "media/codecs/flac_encoder.hpp"
#include "media/device_clock.hpp"

namespace antiphon::files {
namespace {

using std::chrono::milliseconds;

constexpr core::FrameCount sync_every_frames = core::cluster_rate / 2;
constexpr int manifest_every_anchors = 4;  // 2 s at first; a long manifest is written more rarely
constexpr core::FrameCount gap_told_within_frames = 2 * core::cluster_rate;
constexpr milliseconds idle_poll{20};

}  // namespace

// All of the file's life; used by the recorder's thread after open().
class TrackRecorder::Writer {
  public:
    Writer(TrackFile file, TrackManifest manifest, WriteManifest write)
        : file_(std::move(file)), manifest_(std::move(manifest)), write_(std::move(write)), device_(manifest_.rate) {}

    core::Result<void> open() {
        if (auto folder = ensure_folder(file_.folder); !folder) return folder;
        out_ = Descriptor(::open(file_.growing().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
        if (!out_) return system_error("create", file_.growing(), errno);
        media::FlacFormat format;
        format.rate = manifest_.rate;
        format.channels = 1;
        format.comments = {{"TITLE", manifest_.recording + " " + manifest_.worker + "/" + manifest_.input},
                           {"ANTIPHON_RECORDING", manifest_.recording},
                           {"ANTIPHON_INPUT", manifest_.worker + "/" + manifest_.input}};
        auto encoder = media::FlacEncoder::open(format, [this](auto bytes, std::uint32_t) { return append(bytes); });
        if (!encoder) return why(encoder.error());
        encoder_ = std::make_unique<media::FlacEncoder>(std::move(*encoder));
        return save_manifest();
    }

    core::Result<void> take(const Block& block, const media::ClockMap& map) {
        if (!begun_) first_ = block.first;
        begun_ = true;
        device_.add(block.reading.at, block.reading.frames, block.reading.run);
        const core::FrameCount at = block.first - first_;
        if (at > manifest_.frames)
            if (auto filled = fill_gap(at - manifest_.frames); !filled) return filled;
        if (auto written = write(std::span(block.samples).first(block.frames)); !written) return written;
        anchor(map);
        return sync_sometimes();
    }

    // A block that was lost at the end is followed by none that would show the gap.
    core::Result<void> pad_to(core::FrameCount device_frame) {
        const core::FrameCount missing = device_frame - first_ - manifest_.frames;
        if (!begun_ || missing <= 0) return {};
        return fill_gap(missing);
    }

    // `note`: what a person should know of it; empty: nothing.
    core::Result<Status> finish(const std::string& note) {
        if (!note.empty()) manifest_.note = note;
        if (auto finished = encoder_->finish(); !finished) return why(finished.error());
        if (auto synced = sync_file(out_, file_.growing()); !synced) return synced.error();
        auto digest = sha256_file(file_.growing());
        if (!digest) return digest.error();
        manifest_.sha256 = digest->value;
        if (auto saved = save_manifest(); !saved) return saved.error();
        if (::rename(file_.growing().c_str(), file_.audio().c_str()) != 0)
            return system_error("rename", file_.growing(), errno);
        if (auto synced = sync_folder(file_.folder); !synced) return synced.error();
        auto done = status();
        done.state = core::TrackState::stored;
        done.sha256 = manifest_.sha256;
        return done;
    }

    Status status() const {
        Status status;
        status.frames = manifest_.frames;
        status.gap_frames = gap_frames(manifest_);
        return status;
    }

  private:
    bool append(std::span<const std::byte> bytes) {
        auto written = write_all(out_, bytes, file_.growing());
        if (!written) failure_ = written.error();
        return written.ok();
    }

    // The encoder knows only that its sink refused; the file knows more.
    core::Error why(const core::Error& encoders) const { return failure_.value_or(encoders); }

    core::Result<void> write(std::span<const float> samples) {
        auto written = encoder_->write(samples);
        if (!written) return why(written.error());
        manifest_.frames += static_cast<core::FrameCount>(samples.size());
        return {};
    }

    core::Result<void> fill_gap(core::FrameCount frames) {
        manifest_.gaps.push_back({manifest_.frames, frames, "frames came too late or not at all"});
        next_manifest_ = std::min(next_manifest_, manifest_.frames + frames + gap_told_within_frames);
        const std::vector<float> silence(core::cluster_rate);
        for (core::FrameCount left = frames; left > 0;) {
            const auto now = std::min<core::FrameCount>(left, core::cluster_rate);
            if (auto written = write(std::span(silence).first(static_cast<std::size_t>(now))); !written) return written;
            left -= now;
        }
        return {};
    }

    void anchor(const media::ClockMap& map) {
        if (!map.valid() || !device_.usable()) return;
        if (manifest_.incarnation != map.incarnation.value) anchors_.clear();
        manifest_.incarnation = map.incarnation.value;
        if (!anchors_.due(manifest_.frames)) return;
        const auto local = device_.to_local(static_cast<double>(manifest_.frames + first_));
        anchors_.add({manifest_.frames, map.to_cluster(local), map.error_at(local).count()});
    }

    core::Result<void> sync_sometimes() {
        if (manifest_.frames >= next_sync_) {
            if (::fdatasync(out_.get()) != 0) return system_error("sync", file_.growing(), errno);
            next_sync_ = manifest_.frames + sync_every_frames;
        }
        if (manifest_.frames < next_manifest_) return {};
        next_manifest_ = manifest_.frames + manifest_every_anchors * anchors_.step_frames();
        return save_manifest();
    }

    core::Result<void> save_manifest() {
        manifest_.anchors = anchors_.all();
        return atomic_write(file_.manifest(), write_(manifest_), 0640);
    }

    TrackFile file_;
    TrackManifest manifest_;
    WriteManifest write_;
    media::DeviceClock device_;
    AnchorList anchors_;
    std::unique_ptr<media::FlacEncoder> encoder_;
    std::optional<core::Error> failure_;
    Descriptor out_;
    bool begun_ = false;
    core::FrameCount first_ = 0;  // device frame of the file's first
    core::FrameCount next_sync_ = 0;
    core::FrameCount next_manifest_ = manifest_every_anchors * AnchorList::first_step_frames;
};

TrackRecorder::TrackRecorder() = default;

TrackRecorder::~TrackRecorder() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
}

core::Result<std::unique_ptr<TrackRecorder>> TrackRecorder::open(TrackFile file, TrackManifest beginning,
                                                                 WriteManifest write) {
    std::unique_ptr<TrackRecorder> recorder(new TrackRecorder);
    recorder->writer_ = std::make_unique<Writer>(std::move(file), std::move(beginning), std::move(write));
    if (auto opened = recorder->writer_->open(); !opened) return opened.error();
    recorder->thread_ = std::jthread([r = recorder.get()](const std::stop_token& stop) { r->run(stop, *r->writer_); });
    return recorder;
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
        if (!ring_.push(piece)) lost_until_.store(piece.first + piece.frames, std::memory_order_relaxed);
    }
}

void TrackRecorder::finish() { finishing_.store(true, std::memory_order_release); }

TrackRecorder::Status TrackRecorder::status() const {
    std::lock_guard lock(mutex_);
    return status_;
}

void TrackRecorder::publish(const Status& status) {
    std::lock_guard lock(mutex_);
    status_ = status;
}

void TrackRecorder::run(const std::stop_token& stop, Writer& writer) {
    std::mutex mutex;
    std::condition_variable_any never;  // only time and the stop end this wait
    const auto fail = [&](const core::Error& error) {
        auto status = writer.status();
        status.state = core::TrackState::failed;
        status.reason = error.what;
        publish(status);
    };
    bool last = false;
    while (true) {
        // Read before the ring: what was pushed before finish() is then seen.
        last = finishing_.load(std::memory_order_acquire);
        clock_.update();
        while (const auto block = ring_.pop())
            if (auto taken = writer.take(*block, clock_.value()); !taken) return fail(taken.error());
        publish(writer.status());
        if (last || stop.stop_requested()) break;
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, idle_poll, [] { return false; });
    }
    if (auto padded = writer.pad_to(lost_until_.load(std::memory_order_relaxed)); !padded) return fail(padded.error());
    auto done = writer.finish(last ? "" : cut_short);
    done ? publish(*done) : fail(done.error());
}

core::Result<TrackRecorder::Status> recover_track(const TrackFile& file, const KeepManifest& keep_manifest) {
    std::ifstream in(file.growing(), std::ios::binary);
    if (!in) return system_error("read", file.growing(), errno);
    media::FlacDecoder decoder;
    TrackRecorder::Status status;
    std::vector<char> piece(64 * 1024);
    while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
        const auto got = std::span(piece).first(static_cast<std::size_t>(in.gcount()));
        if (auto fed = decoder.feed(std::as_bytes(got)); !fed) return fed.error();
        status.frames += static_cast<core::FrameCount>(decoder.take().size());
    }
    if (auto rest = decoder.finish(); !rest) return rest.error();
    status.frames += static_cast<core::FrameCount>(decoder.take().size());
    if (status.frames == 0) return core::Error{core::ErrorCode::corrupt, file.growing().string() + " holds no sound"};
    auto digest = sha256_file(file.growing());
    if (!digest) return digest.error();
    status.state = core::TrackState::stored;
    status.sha256 = digest->value;
    if (auto kept = keep_manifest(status); !kept) return kept.error();
    if (::rename(file.growing().c_str(), file.audio().c_str()) != 0)
        return system_error("rename", file.growing(), errno);
    if (auto synced = sync_folder(file.folder); !synced) return synced.error();
    return status;
}

}  // namespace antiphon::files
