// A source that somebody writes to over the network.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "apps/live/pcm_flow.hpp"

namespace antiphon::live {

using Feeder = std::uint64_t;  // 0: nobody

// Who feeds it may come late, go, and be followed by another: the last who began counts. One that gives faster than it
// is played is held back, one with a clock of its own is followed; when one has given all, the source is at its end.
// For the loop of its source.
class FeedSource final : public Source {
  public:
    FeedSource(const FeedSpec& spec, const ports::Clock& clock) : flow_(spec.format, clock) {}
    // Whoever waits for room is let go.
    ~FeedSource() override;
    FeedSource(const FeedSource&) = delete;
    FeedSource& operator=(const FeedSource&) = delete;

    void begin(Feeder feeder);
    // At most as much as when_room() let pass; of somebody who feeds no more, nothing.
    void give(Feeder feeder, std::vector<std::byte> bytes);
    // Calls `go` once, when all that was given has found room, or it is the wrong one to wait.
    void when_room(Feeder feeder, std::function<void()> go);
    // `whole`: there is no more, ever; else another may go on.
    void end(Feeder feeder, bool whole);

    void produce(core::FrameCount first, std::span<float> frames, core::LocalTime at) override;
    SourceView view() const override;

  private:
    void take();
    void let_go();

    PcmFlow flow_;
    std::vector<std::byte> pending_;  // found no room yet
    std::size_t taken_ = 0;           // of it
    std::function<void()> go_;
    Feeder feeder_ = 0;
    bool fed_ = false;    // ever
    bool whole_ = false;  // all was given
};

}  // namespace antiphon::live
