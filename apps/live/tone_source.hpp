// A sine: for tests, and to find out which speaker is which.
#pragma once

#include "apps/live/source.hpp"

namespace antiphon::live {

class ToneSource final : public Source {
  public:
    explicit ToneSource(const ToneSpec& spec) : hertz_(spec.hertz) {}

    // The phase follows from the frame: after a standstill, or in another life, it is the same tone.
    void produce(core::FrameCount first, std::span<float> frames, core::LocalTime at) override;
    SourceView view() const override { return {true, ""}; }

  private:
    const double hertz_;
};

}  // namespace antiphon::live
