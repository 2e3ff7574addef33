// Changes of level without a click: linear ramps for volumes, raised cosines for starts and stops.
#pragma once

#include <cmath>
#include <numbers>
#include <vector>

namespace antiphon::media {

// Below -120 dB it is silence. Thread-safe.
inline float db_to_linear(float db) noexcept { return db <= -120.0F ? 0.0F : std::pow(10.0F, db / 20.0F); }

// A volume on its way to its target. Not thread-safe, real-time-safe.
class GainRamp {
  public:
    GainRamp(float gain, int ramp_frames) noexcept : ramp_frames_(ramp_frames), gain_(gain), target_(gain) {}

    // The full way takes `ramp_frames`, however far.
    void aim(float target) noexcept {
        if (target == target_) return;
        target_ = target;
        left_ = ramp_frames_;
        step_ = (target - gain_) / static_cast<float>(ramp_frames_);
    }

    // For when nothing is heard.
    void jump() noexcept { gain_ = target_, left_ = 0; }

    // The gain of the next frame.
    float next() noexcept {
        if (left_ == 0) return gain_;
        gain_ = --left_ == 0 ? target_ : gain_ + step_;
        return gain_;
    }

  private:
    int ramp_frames_;
    int left_ = 0;
    float gain_;
    float target_;
    float step_ = 0;
};

// Between silence and full level by a raised cosine; it may turn round on the way. Not thread-safe; all methods but
// the constructor are real-time-safe.
class Fade {
  public:
    explicit Fade(int frames) : curve_(static_cast<std::size_t>(frames) + 1) {
        for (std::size_t i = 0; i < curve_.size(); ++i)
            curve_[i] = static_cast<float>(0.5 - 0.5 * std::cos(std::numbers::pi * static_cast<double>(i) / frames));
    }

    bool silent() const noexcept { return place_ == 0; }
    int frames() const noexcept { return static_cast<int>(curve_.size()) - 1; }
    void cut() noexcept { place_ = 0; }

    // The level of the next frame.
    float next(bool up) noexcept {
        if (up && place_ + 1 < curve_.size())
            ++place_;
        else if (!up && place_ > 0)
            --place_;
        return curve_[place_];
    }

  private:
    std::vector<float> curve_;
    std::size_t place_ = 0;
};

}  // namespace antiphon::media
