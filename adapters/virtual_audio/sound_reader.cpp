// Reading a speaker's sound while it is being written.
#include "adapters/virtual_audio/sound_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace antiphon::virtual_audio {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr core::Duration remembered_after_death = std::chrono::seconds{6};

bool has_size_of_page(int descriptor) {
    struct stat status{};
    return ::fstat(descriptor, &status) == 0 && status.st_size >= static_cast<off_t>(page_file_bytes);
}

bool is_page(const HeaderMap& header) {
    return header->magic == page_magic && header->version == page_version && header->rate > 0 &&
           header->label.back() == '\0';
}

}  // namespace

Result<SoundReader> SoundReader::open(const std::filesystem::path& file) {
    Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!descriptor.open()) return system_error(ErrorCode::not_found, "open " + file.string());
    const auto not_ours = [&] {
        return Error{ErrorCode::corrupt, file.string() + " is not the sound of a speaker, or of another version"};
    };
    if (!has_size_of_page(descriptor.number())) return not_ours();
    HeaderMap header(descriptor.number(), PROT_READ);
    if (!header.mapped()) return system_error(ErrorCode::unavailable, "map " + file.string());
    if (!is_page(header)) return not_ours();
    return SoundReader(std::move(descriptor), std::move(header));
}

SoundReader::SoundReader(Descriptor descriptor, HeaderMap header)
    : descriptor_(std::move(descriptor)),
      header_(std::move(header)),
      label_(header_->label.data()),
      rate_(header_->rate) {}

bool SoundReader::writer_alive() const {
    struct flock lock{};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    return ::fcntl(descriptor_.number(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::optional<SpeakerRun> SoundReader::run(TrueTime now) {
    gone_ = !writer_alive();
    if (!gone_) seen_alive_at_ = now;
    if (!seen_alive_at_ || now - *seen_alive_at_ > remembered_after_death) return std::nullopt;
    return current_run();
}

std::optional<SpeakerRun> SoundReader::current_run() const {
    const std::uint64_t id = header_->run.load(std::memory_order_acquire);
    const TrueTime t0{header_->t0_ns.load(std::memory_order_relaxed)};
    const double ppm = header_->ppm.load(std::memory_order_relaxed);
    const Position at{header_->x_m.load(std::memory_order_relaxed), header_->y_m.load(std::memory_order_relaxed)};
    const core::Duration late{header_->late_ns.load(std::memory_order_relaxed)};
    const std::int64_t pid = header_->pid.load(std::memory_order_relaxed);
    full_fence();
    if (id == 0 || header_->run.load(std::memory_order_relaxed) != id) return std::nullopt;
    return SpeakerRun{id, label_, pid, at, late, DeviceTimeline(t0, rate_, ppm)};
}

bool SoundReader::read(const SpeakerRun& run, core::FrameCount first, std::span<float> frames) const {
    std::fill(frames.begin(), frames.end(), 0.0F);
    if (header_->run.load(std::memory_order_acquire) != run.id) return false;
    core::FrameCount end = header_->end.load(std::memory_order_acquire);
    if (gone_ && seen_alive_at_) end = std::min(end, run.timeline.position_at(*seen_alive_at_));
    const core::FrameCount from = std::max<core::FrameCount>(first, 0);
    const core::FrameCount to = std::min(first + static_cast<core::FrameCount>(frames.size()), end);
    if (from >= to) return true;
    const auto wanted = frames.subspan(static_cast<std::size_t>(from - first), static_cast<std::size_t>(to - from));
    const bool whole = read_ring(from, wanted);
    // The writer moves `begin`, and clears `run`, before it touches what they guard: unchanged after the reading means
    // that nothing was overwritten under it.
    full_fence();
    const bool untouched = header_->begin.load(std::memory_order_relaxed) <= from &&
                           header_->run.load(std::memory_order_relaxed) == run.id;
    if (!whole || !untouched) std::fill(frames.begin(), frames.end(), 0.0F);
    return whole && untouched;
}

bool SoundReader::read_ring(core::FrameCount first, std::span<float> frames) const {
    while (!frames.empty()) {
        const auto index = static_cast<std::size_t>(first % page_ring_frames);
        const auto piece = frames.first(std::min(frames.size(), static_cast<std::size_t>(page_ring_frames) - index));
        const auto offset = static_cast<off_t>(page_header_bytes + index * sizeof(float));
        const auto bytes = ::pread(descriptor_.number(), piece.data(), piece.size_bytes(), offset);
        if (bytes != static_cast<ssize_t>(piece.size_bytes())) return false;
        frames = frames.subspan(piece.size());
        first += static_cast<core::FrameCount>(piece.size());
    }
    return true;
}

}  // namespace antiphon::virtual_audio
