// The thread that decodes a file ahead of an output's callback.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/units.hpp"
#include "media/pcm_window.hpp"

namespace antiphon::files {

// All methods but window()'s consumer side are for one thread, the owner's loop. None blocks for longer than a mutex
// that the decoder holds for some instructions.
class ProgrammeFeeder {
  public:
    // 1.4 s of stereo at 48 kHz: what the disk and the scheduler may be late.
    static constexpr std::size_t capacity_frames = 1 << 16;

    ProgrammeFeeder();
    ~ProgrammeFeeder();
    ProgrammeFeeder(const ProgrammeFeeder&) = delete;
    ProgrammeFeeder& operator=(const ProgrammeFeeder&) = delete;

    media::PcmWindow& window() { return window_; }

    // From now on feeds this file, from frame `first` (at the cluster's rate) on, as `epoch`, which is a new one.
    void feed(std::filesystem::path file, core::FrameCount first, std::uint64_t epoch);
    // Feeds nothing any more.
    void rest();

    struct Status {
        std::uint64_t epoch = 0;
        bool ready = false;   // a good part of the window is filled, or all there is
        std::string failure;  // empty: none
    };
    Status status() const;

  private:
    struct Order {
        std::filesystem::path file;
        core::FrameCount first = 0;
        std::uint64_t epoch = 0;
    };

    void run(const std::stop_token& stop);
    void carry_out(const Order& order, const std::stop_token& stop);
    bool interrupted(const std::stop_token& stop) const;
    void wait_for_space(const std::stop_token& stop);
    void report(std::uint64_t epoch, bool ready, std::string failure = "");

    media::PcmWindow window_;
    mutable std::mutex mutex_;
    std::condition_variable_any news_;
    std::optional<Order> order_;  // not begun yet; without a file: rest
    Status status_;
    std::jthread thread_;  // last: ends before the rest goes
};

}  // namespace antiphon::files
