// A recorded track as it would be had its device run by the cluster's clock.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "media/recording/track_time.hpp"
#include "media/resampler.hpp"

namespace antiphon::media {

// Frame n of what it renders was captured at origin + n / 48000 s of cluster time. Band-limited (see Resampler); the
// place of each frame follows from the track's time, to a thousandth of a frame. Not thread-safe; allocates.
class AlignedTrack {
  public:
    // Fills `frames` (mono) with the track's own from `first` on, silence where there is nothing; also before its
    // beginning and behind its end. Called with rising places that overlap by a resampler's taps at most.
    using Source = std::function<core::Result<void>(core::FrameCount first, std::span<float> frames)>;

    // `time` outlives it. `origin_ns`: cluster time of what is rendered first. `rate`: the track's, Hz.
    AlignedTrack(const TrackTime& time, core::SampleRate rate, std::int64_t origin_ns, Source source);

    // The next frames. What the source fails with.
    core::Result<void> render(std::span<float> out);

  private:
    static constexpr std::size_t block = 480;  // within one its rate is constant

    core::Result<void> load(core::FrameCount first, core::FrameCount end);
    double place_of(core::FrameCount rendered) const noexcept;

    const TrackTime& time_;
    const Resampler resampler_;
    const double origin_ns_;  // after the track's own origin
    const Source source_;
    core::FrameCount rendered_ = 0;
    core::FrameCount loaded_first_ = 0;
    std::vector<float> loaded_;
};

}  // namespace antiphon::media
