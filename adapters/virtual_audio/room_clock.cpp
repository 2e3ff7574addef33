// How a node's clock goes wrong.
#include "adapters/virtual_audio/room_clock.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "adapters/virtual_audio/draw.hpp"
#include "ports/clock_pair.hpp"

namespace antiphon::virtual_audio {
namespace {

constexpr double offset_ns_max = 1e12;
// Added to every node's local time, so that the offset takes none below zero: a node has always booted before.
constexpr std::int64_t local_origin_ns = 1'000'000'000'000;
constexpr double longest_wait_ns = 9e18;  // a duration can hold no more

std::int64_t gained_ns(std::int64_t true_ns, double rate_error) {
    return std::llround(static_cast<double>(true_ns) * rate_error);
}

}  // namespace

RoomClock::RoomClock(const Room& room, std::string_view node_name, const TrueClock& truth) : truth_(truth) {
    const std::string subject = "node " + std::string(node_name);
    offset_ns_ = std::llround(offset_ns_max * Draw::unit(room, subject, "offset"));
    rate_error_ = Draw::ppm(room, subject) * 1e-6;
}

std::int64_t RoomClock::local_ns(TrueTime at) const noexcept {
    return local_origin_ns + offset_ns_ + at.ns + gained_ns(at.ns, rate_error_);
}

core::LocalTime RoomClock::now() const noexcept { return {local_ns(truth_.now())}; }

core::WallTime RoomClock::wall() const noexcept {
    const TrueTime at = truth_.now();
    return {truth_.realtime().count() + local_ns(at) - at.ns - local_origin_ns};
}

core::LocalTime RoomClock::from_kernel_stamp(std::chrono::nanoseconds realtime) const noexcept {
    const auto now =
        ports::read_together([this] { return truth_.now().ns; }, [this] { return truth_.realtime().count(); });
    return {local_ns(TrueTime{now.line_ns - std::max<std::int64_t>(0, now.stamping_ns - realtime.count())})};
}

core::LocalTime RoomClock::from_steady(std::chrono::steady_clock::time_point stamp) const noexcept {
    return {local_ns(std::min(truth_.now(), TrueTime{stamp.time_since_epoch().count()}))};
}

std::chrono::steady_clock::duration RoomClock::wait_for(core::LocalTime until) const noexcept {
    const core::LocalTime start = now();
    if (until <= start) return {};
    // Rounded up and one more: whoever has waited finds that it is `until`, whatever the rounding of now().
    const double wait_ns = std::ceil(static_cast<double>((until - start).count()) / (1.0 + rate_error_)) + 1;
    return std::chrono::nanoseconds{static_cast<std::int64_t>(std::min(wait_ns, longest_wait_ns))};
}

}  // namespace antiphon::virtual_audio
