// Two clocks behind one port.
#include "apps/node/node_clock.hpp"

#include <charconv>

#include "adapters/system/clock.hpp"
#include "adapters/system/proc.hpp"
#include "adapters/virtual_audio/room_clock.hpp"

namespace antiphon::node {

core::Result<std::unique_ptr<ports::Clock>> make_clock(const std::optional<std::string>& room,
                                                       const std::string& name) {
    if (!room) return std::unique_ptr<ports::Clock>(std::make_unique<system::SystemClock>());
    auto opened = virtual_audio::Room::open(*room);
    if (!opened) return opened.error();
    return std::unique_ptr<ports::Clock>(std::make_unique<virtual_audio::RoomClock>(*opened, name));
}

core::Result<core::ClockIncarnation> clock_incarnation() {
    const auto id = system::boot_id();
    if (!id) return id.error();
    std::uint64_t value = 0;
    const std::string digits = id->substr(0, 8) + id->substr(9, 4);
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return core::ClockIncarnation{value | 1u};  // never 0, which means none
}

}  // namespace antiphon::node
