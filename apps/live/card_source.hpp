// A sound card of the coordinator's machine: what it captures is the source.
#pragma once

#include <memory>

#include "apps/live/capture_flow.hpp"
#include "apps/live/source.hpp"

namespace antiphon::live {

// Its clock is followed. Unplugged, it is silent, says so and is tried each second.
class CardSource final : public Source {
  public:
    // `unavailable` with what ALSA said when it is not there, or in use.
    static core::Result<std::unique_ptr<Source>> open(const ports::Clock& clock, const CardSpec& spec);
    ~CardSource() override;
    CardSource(const CardSource&) = delete;
    CardSource& operator=(const CardSource&) = delete;

    void produce(core::FrameCount first, std::span<float> frames, core::LocalTime at) override;
    SourceView view() const override;
    std::uint64_t lost_frames() const override;

  private:
    explicit CardSource(std::unique_ptr<ports::AudioSource> device);

    CaptureFlow flow_;
    std::unique_ptr<ports::AudioSource> device_;  // goes before what its thread uses
};

}  // namespace antiphon::live
