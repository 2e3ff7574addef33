// One packet a turn; a turn that was missed is silence on the way, and counted.
#include "adapters/bluez/a2dp_loop.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace antiphon::bluez {
namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

}  // namespace

A2dpLoop::A2dpLoop(int socket, std::unique_ptr<media::A2dpEncoder> encoder, const ports::AudioFormat& format,
                   const ports::Clock& clock, core::LocalTime begin, std::uint32_t run, A2dpTally& tally)
    : socket_(socket),
      queue_(socket),
      encoder_(std::move(encoder)),
      format_(format),
      clock_(clock),
      run_(run),
      tally_(tally),
      begin_(begin),
      block_(static_cast<std::size_t>(encoder_->packet_frames()) * static_cast<std::size_t>(format.channels)) {
    const auto packet = encoder_->packet_frames();
    next_ = (frames_at(clock.now()) + packet - 1) / packet * packet;
}

core::LocalTime A2dpLoop::time_of(core::FrameCount frame) const {
    const auto rate = static_cast<std::int64_t>(format_.rate);
    return begin_ + core::Duration{frame / rate * ns_per_s + frame % rate * ns_per_s / rate};
}

core::FrameCount A2dpLoop::frames_at(core::LocalTime time) const {
    const auto rate = static_cast<std::int64_t>(format_.rate);
    const auto ns = (time - begin_).count();
    return ns / ns_per_s * rate + ns % ns_per_s * rate / ns_per_s;
}

bool A2dpLoop::has_room() noexcept {
    const auto wait = queue_.packets() * (time_of(encoder_->packet_frames()) - begin_);
    if (wait > wait_max) return false;
    if (wait.count() > tally_.longest_wait_ns.load(std::memory_order_relaxed))
        tally_.longest_wait_ns.store(wait.count(), std::memory_order_relaxed);
    return true;
}

bool A2dpLoop::step(ports::Renderer& renderer) noexcept {
    const auto now = clock_.now();
    if (now < due()) return true;
    const auto packet = encoder_->packet_frames();
    const auto missed = (frames_at(now) - next_) / packet * packet;
    if (missed > 0) {
        next_ += missed;
        tally_.lost_frames.fetch_add(static_cast<std::uint64_t>(missed), std::memory_order_relaxed);
        tally_.underruns.fetch_add(1, std::memory_order_relaxed);
    }
    const auto played = std::max<core::FrameCount>(0, frames_at(now - margin));
    renderer.render({{now, played, run_}, next_, format_.channels, block_});
    const auto bytes = encoder_->encode(block_, next_);
    next_ += packet;
    const bool room = has_room();
    if (room && ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
        queue_.written();
        tally_.rendered_frames.fetch_add(static_cast<std::uint64_t>(packet), std::memory_order_relaxed);
        return true;
    }
    tally_.lost_frames.fetch_add(static_cast<std::uint64_t>(packet), std::memory_order_relaxed);
    if (room && errno != EAGAIN && errno != ENOBUFS && errno != EINTR) return false;
    tally_.full.fetch_add(1, std::memory_order_relaxed);
    return true;
}

}  // namespace antiphon::bluez
