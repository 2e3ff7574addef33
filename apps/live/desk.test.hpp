// For tests: the live sources of a coordinator, on a loop that runs until something is so.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "adapters/system/clock.hpp"
#include "apps/live/live_sources.hpp"

namespace antiphon::live {

inline const auto loopback = boost::asio::ip::make_address("127.0.0.1");
inline constexpr core::ClockIncarnation life{7};

// The system's, which a test may set forward.
class ForwardClock final : public ports::Clock {
  public:
    void pass(core::Duration time) { ahead_ns_ += time.count(); }

    core::LocalTime now() const noexcept override { return system_.now() + ahead(); }
    core::WallTime wall() const noexcept override { return system_.wall(); }
    core::LocalTime from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept override {
        return system_.from_kernel_stamp(realtime) + ahead();
    }
    core::LocalTime from_steady(std::chrono::steady_clock::time_point stamp) const noexcept override {
        return system_.from_steady(stamp) + ahead();
    }
    std::chrono::steady_clock::duration wait_for(core::LocalTime until) const noexcept override {
        return system_.wait_for(until - ahead());
    }

  private:
    core::Duration ahead() const noexcept { return core::Duration{ahead_ns_.load()}; }

    system::SystemClock system_;
    std::atomic<std::int64_t> ahead_ns_{0};
};

struct Desk {
    boost::asio::io_context io;
    ForwardClock clock;
    std::vector<core::SourceOpened> opened;
    std::vector<core::SourceStatus> changed;
    std::vector<core::SessionId> unheard;
    LiveSources sources;

    explicit Desk(std::uint16_t first_port = 0)
        : sources(io, clock, {loopback, first_port},
                  {[this](const core::SourceOpened& told) { opened.push_back(told); },
                   [this](const core::SourceChanged& told) { changed.push_back(told.status); },
                   [this](const core::ListenersGone& told) { unheard.push_back(told.id); }}) {}

    template <class Done>
    bool run_until(const Done& done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!done() && std::chrono::steady_clock::now() < deadline) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds(20));
        }
        return done();
    }
    core::LiveDoor open(const std::string& session, const std::string& source = "tone:440",
                        std::optional<core::LiveCodec> codec = core::LiveCodec::flac) {
        const auto before = opened.size();
        sources.open({{session}, source, codec});
        EXPECT_TRUE(run_until([&] { return opened.size() > before; }));
        return opened.empty() ? core::LiveDoor{} : opened.back().door;
    }
};

}  // namespace antiphon::live
