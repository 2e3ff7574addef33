// One stream of captured blocks for several who listen.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "core/result.hpp"
#include "ports/audio.hpp"

namespace antiphon::capture {

// captured() is the device's thread's, the rest the owner's.
class Fan final : public ports::Capturer {
  public:
    static constexpr std::size_t capturers_max = 8;

    // Real-time-safe: who leaves waits for the callback, not the callback for him.
    void captured(const ports::CaptureBlock& block) noexcept override;

    // From the next block on. `conflict` for one that listens already, `exhausted` beyond the bound. `capturer`
    // outlives its removal.
    core::Result<void> add(ports::Capturer& capturer);
    // False: it does not listen. Returns when no callback of this one runs any more, unless the device has stopped
    // that called: it waits for the one that runs, if any.
    bool remove(const ports::Capturer& capturer);
    bool empty() const noexcept;

  private:
    std::atomic<ports::Capturer*>* place_of(const ports::Capturer* capturer);
    void wait() const;

    std::array<std::atomic<ports::Capturer*>, capturers_max> places_{};
    std::atomic<std::uint32_t> turns_{0};  // odd: a callback runs
};

}  // namespace antiphon::capture
