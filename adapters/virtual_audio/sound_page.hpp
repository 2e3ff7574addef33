// The layout of ROOM/speakers/ID.pcm, through which a speaker's sound reaches the air of the room. Internal.
#pragma once

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "adapters/virtual_audio/posix.hpp"
#include "core/units.hpp"

namespace antiphon::virtual_audio {

inline constexpr std::array<char, 8> page_magic{'a', 'n', 't', 'p', 'h', 'n', 's', 'p'};
inline constexpr std::uint32_t page_version = 1;
// 5.5 s at 48 kHz. Frame i is at index i modulo this; the header takes the first `page_header_bytes` of the file.
inline constexpr core::FrameCount page_ring_frames = core::FrameCount{1} << 18;
inline constexpr std::size_t page_header_bytes = 4096;
inline constexpr std::size_t page_file_bytes = page_header_bytes + page_ring_frames * sizeof(float);

// Written by the one process that holds the file's write lock, read by all. `magic` to `label` never change in the life
// of a file. A run is one start() of the device: while `run` is 0 the other fields of it may be half written, and a
// reader that finds another `run` than before has to read them anew.
struct PageHeader {
    std::array<char, 8> magic;
    std::uint32_t version;
    core::SampleRate rate;
    std::array<char, 80> label;  // "worker/name", ended by a zero
    std::atomic<std::uint64_t> run;
    std::atomic<std::int64_t> begin;  // the ring holds frames [begin, end); `begin` moves before they are overwritten
    std::atomic<std::int64_t> end;    // and `end` after they are written
    std::atomic<std::int64_t> t0_ns;  // true time at which frame 0 was played, less `late_ns`
    std::atomic<std::int64_t> late_ns;
    std::atomic<double> ppm;
    std::atomic<double> x_m;
    std::atomic<double> y_m;
    std::atomic<std::int64_t> pid;
};
static_assert(sizeof(PageHeader) <= page_header_bytes);
static_assert(std::atomic<double>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free);

// Orders the header's fields against the samples, which go through the kernel. The thread sanitizer does not know
// fences; it cannot see two mappings of one file either, so it has nothing to miss here.
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif
inline void full_fence() { std::atomic_thread_fence(std::memory_order_seq_cst); }
#pragma GCC diagnostic pop

// The header of an open file, mapped. Only the header: samples go by pread and pwrite, which cost no resident memory.
class HeaderMap {
  public:
    HeaderMap() = default;
    HeaderMap(int descriptor, int protection) {
        void* const at = ::mmap(nullptr, page_header_bytes, protection, MAP_SHARED, descriptor, 0);
        if (at != MAP_FAILED) header_ = static_cast<PageHeader*>(at);
    }
    HeaderMap(HeaderMap&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
    HeaderMap& operator=(HeaderMap&& other) noexcept {
        std::swap(header_, other.header_);
        return *this;
    }
    ~HeaderMap() {
        if (header_) ::munmap(header_, page_header_bytes);
    }

    bool mapped() const { return header_ != nullptr; }
    PageHeader* operator->() const { return header_; }

  private:
    PageHeader* header_ = nullptr;
};

}  // namespace antiphon::virtual_audio
