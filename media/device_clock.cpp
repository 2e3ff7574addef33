// The line under the readings, with the device's nominal rate as the prior.
#include "media/device_clock.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/contract.hpp"

namespace antiphon::media {
namespace {

constexpr double spread_min_ns = 1000;
constexpr double tolerance_ns = 3e6;
constexpr int late_readings_min = 10;

}  // namespace

DeviceClock::DeviceClock(core::SampleRate rate, const DeviceClockOptions& options)
    : options_(options),
      nominal_frame_ns_(1e9 / rate),
      envelope_(1e9, static_cast<int>(std::max<std::int64_t>(2, options.window.count() / 1'000'000'000))) {
    ANTIPHON_ASSERT(rate > 0);
}

void DeviceClock::reset() noexcept {
    envelope_.clear();
    has_origin_ = usable_ = false;
    late_count_ = 0;
    slope_ = floor_ = late_from_x_ = 0;
}

double DeviceClock::lateness(core::LocalTime at, core::FrameCount frames) const noexcept {
    return static_cast<double>((at - origin_).count()) -
           static_cast<double>(frames - origin_frames_) * nominal_frame_ns_;
}

void DeviceClock::add(core::LocalTime at, core::FrameCount frames, std::uint32_t run) noexcept {
    if (std::exchange(run_, run) != run) reset();
    double x = static_cast<double>(frames - origin_frames_) * nominal_frame_ns_;
    if (has_origin_ && lost_position(x, lateness(at, frames))) {
        ++restarts_;
        reset();
    }
    if (!has_origin_) {
        has_origin_ = true;
        origin_ = at;
        origin_frames_ = frames;
        x = 0;
    }
    if (!envelope_.add(x, lateness(at, frames))) return;
    fit();
}

bool DeviceClock::lost_position(double x, double y) noexcept {
    if (!usable_) return false;
    const double late = y - floor_ - slope_ * x;
    const double tolerance = tolerance_ns + 10 * envelope_.spread();
    if (late < tolerance)
        late_count_ = 0;
    else if (late_count_++ == 0)
        late_from_x_ = x;
    const bool late_for_long =
        late_count_ > late_readings_min && x - late_from_x_ > static_cast<double>(restart_after.count());
    return late < -tolerance || x < -1e9 || late_for_long;
}

void DeviceClock::fit() noexcept {
    const auto count = envelope_.count();
    const double spread = std::max(envelope_.spread(), spread_min_ns);
    const std::array<EnvelopeSide, 1> sides{
        EnvelopeSide{envelope_.hull(), envelope_.mean_x(), static_cast<double>(count) / spread, 1}};
    slope_ = common_slope(sides, options_.drift);
    floor_ = floor_under(envelope_.hull(), slope_);
    const bool known = 3 * spread <= static_cast<double>(count * options_.start_error.count());
    usable_ = usable_ || (count >= options_.readings_min && (known || count >= options_.readings_enough));
}

core::LocalTime DeviceClock::to_local(double frame) const noexcept {
    const double x = (frame - static_cast<double>(origin_frames_)) * nominal_frame_ns_;
    return origin_ + core::Duration{std::llround(x + floor_ + slope_ * x)};
}

double DeviceClock::to_frame(core::LocalTime t) const noexcept {
    const double since_ns = static_cast<double>((t - origin_).count()) - floor_;
    return static_cast<double>(origin_frames_) + since_ns / (nominal_frame_ns_ * (1 + slope_));
}

}  // namespace antiphon::media
