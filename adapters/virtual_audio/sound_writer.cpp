// Publishing a speaker's sound. The order of stores is what a concurrent reader relies on; see PageHeader.
#include "adapters/virtual_audio/sound_writer.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

namespace antiphon::virtual_audio {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

// A lock of the open file, not of the process: two speakers of one process exclude each other as well, and a reader
// can ask for it without taking it.
bool lock_whole_file(int descriptor) {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    return ::fcntl(descriptor, F_OFD_SETLK, &lock) == 0;
}

void write_constants(const HeaderMap& header, const std::string& label, core::SampleRate rate) {
    header->run.store(0, std::memory_order_seq_cst);
    header->magic = page_magic;
    header->version = page_version;
    header->rate = rate;
    header->label.fill('\0');
    std::copy_n(label.begin(), std::min(label.size(), header->label.size() - 1), header->label.begin());
}

}  // namespace

Result<SoundWriter> SoundWriter::open(const std::filesystem::path& file, const std::string& label,
                                      core::SampleRate rate) {
    Descriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!descriptor.open()) return system_error(ErrorCode::unavailable, "open " + file.string());
    if (!lock_whole_file(descriptor.number())) {
        if (errno != EAGAIN && errno != EACCES) return system_error(ErrorCode::unavailable, "lock " + file.string());
        return Error{ErrorCode::conflict, "speaker " + label + " is already in this room (" + file.string() +
                                              "); stop the other one, or give this one another name or room"};
    }
    // Room for all of it now: running out of disk later would be a signal, not an error.
    if (const int problem = ::posix_fallocate(descriptor.number(), 0, page_file_bytes); problem != 0) {
        errno = problem;
        return system_error(ErrorCode::unavailable, "make room for " + file.string());
    }
    HeaderMap header(descriptor.number(), PROT_READ | PROT_WRITE);
    if (!header.mapped()) return system_error(ErrorCode::unavailable, "map " + file.string());
    const std::uint64_t last_run = header->run.load();
    write_constants(header, label, rate);
    SoundWriter writer(std::move(descriptor), std::move(header));
    writer.last_run_ = last_run;
    return writer;
}

void SoundWriter::begin_run(const DeviceTimeline& timeline, const Emission& emission) {
    header_->run.store(0, std::memory_order_seq_cst);
    full_fence();
    header_->begin.store(0, std::memory_order_relaxed);
    header_->end.store(0, std::memory_order_relaxed);
    header_->t0_ns.store(timeline.t0().ns, std::memory_order_relaxed);
    header_->late_ns.store(emission.late.count(), std::memory_order_relaxed);
    header_->ppm.store(timeline.ppm(), std::memory_order_relaxed);
    header_->x_m.store(emission.at.x_m, std::memory_order_relaxed);
    header_->y_m.store(emission.at.y_m, std::memory_order_relaxed);
    header_->pid.store(::getpid(), std::memory_order_relaxed);
    // t0 makes it differ from every run before, also of a process that is gone.
    last_run_ = std::max(last_run_ + 1, static_cast<std::uint64_t>(timeline.t0().ns));
    header_->run.store(last_run_, std::memory_order_release);
}

void SoundWriter::publish(core::FrameCount first, std::span<const float> frames) {
    const auto end = first + static_cast<core::FrameCount>(frames.size());
    const auto silent_from = header_->end.load(std::memory_order_relaxed);
    header_->begin.store(std::max<core::FrameCount>(0, end - page_ring_frames), std::memory_order_relaxed);
    full_fence();
    write_silence(std::max(silent_from, first - page_ring_frames), first);
    write_ring(first, frames);
    header_->end.store(end, std::memory_order_release);
}

void SoundWriter::end_run(core::FrameCount frames) {
    const auto end = header_->end.load(std::memory_order_relaxed);
    header_->end.store(std::min(end, frames), std::memory_order_release);
}

void SoundWriter::write_silence(core::FrameCount first, core::FrameCount end) {
    static constexpr std::array<float, 1024> silence{};
    while (first < end) {
        const auto count = std::min<core::FrameCount>(end - first, silence.size());
        write_ring(first, std::span(silence).first(static_cast<std::size_t>(count)));
        first += count;
    }
}

void SoundWriter::write_ring(core::FrameCount first, std::span<const float> frames) {
    while (!frames.empty()) {
        const auto index = static_cast<std::size_t>(first % page_ring_frames);
        const auto piece = frames.first(std::min(frames.size(), static_cast<std::size_t>(page_ring_frames) - index));
        const auto offset = static_cast<off_t>(page_header_bytes + index * sizeof(float));
        // The space was allocated at open(): what is left to fail is the disk itself, and then the old sound stays.
        if (::pwrite(descriptor_.number(), piece.data(), piece.size_bytes(), offset) < 0) return;
        frames = frames.subspan(piece.size());
        first += static_cast<core::FrameCount>(piece.size());
    }
}

}  // namespace antiphon::virtual_audio
