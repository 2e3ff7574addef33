// Raw sound that a program gives, on its way into a stream.
#pragma once

#include <string>

#include "apps/live/pcm.hpp"
#include "apps/live/source.hpp"
#include "media/live/source_buffer.hpp"
#include "ports/clock.hpp"

namespace antiphon::live {

// Bytes in as they come, frames out at our rate. For one loop.
class PcmFlow {
  public:
    // `clock` outlives it.
    PcmFlow(const PcmFormat& format, const ports::Clock& clock)
        : clock_(clock), pcm_(format), buffer_({.channels = Source::channels, .rate = format.rate}) {}

    // How many bytes write() takes now, of whole frames: who waits for room is held back.
    std::size_t room_bytes() const { return static_cast<std::size_t>(buffer_.room()) * pcm_.frame_bytes(); }
    std::size_t frame_bytes() const { return pcm_.frame_bytes(); }
    void write(std::span<const std::byte> bytes) { buffer_.write(pcm_.read(bytes), clock_.now()); }
    // What came of a frame that nobody will finish.
    void forget() { pcm_.forget(); }
    // Nothing follows.
    void end() { buffer_.end(); }

    void produce(std::span<float> frames, core::LocalTime at) {
        phase_ = buffer_.produce(frames, at);
        if (phase_ == media::SourcePhase::flowing) flowed_ = at;
    }

    media::SourcePhase phase() const { return phase_; }
    bool flows() const { return phase_ == media::SourcePhase::flowing || phase_ == media::SourcePhase::starved; }
    core::Duration silent_for() const { return clock_.now() - flowed_; }
    // While somebody gives: what is to be said of the flow from `whom`.
    SourceView view(const std::string& whom) const {
        if (flows() || phase_ == media::SourcePhase::filling) return {flows(), ""};
        return {false, "nothing has come from " + whom + " for " +
                           std::to_string(silent_for().count() / 1'000'000'000) + " s"};
    }

  private:
    const ports::Clock& clock_;
    PcmReader pcm_;
    media::SourceBuffer buffer_;
    media::SourcePhase phase_ = media::SourcePhase::filling;
    core::LocalTime flowed_;
};

}  // namespace antiphon::live
