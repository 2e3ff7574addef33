// How a log entry becomes a line. Pure.
#pragma once

#include <string>
#include <string_view>

#include "adapters/system/log.hpp"
#include "core/units.hpp"

namespace antiphon::system::log {

struct Entry {
    core::WallTime time;
    Level level = Level::info;
    std::string_view node, boot, actor, trace, event;
    Fields fields;
    std::string_view text;
};

// Where the line goes: a terminal gets the time of day and colours, anything else the whole date.
enum class Paper { plain, terminal };

// Without a newline, whatever the entry holds.
std::string format_text(const Entry& entry, Paper paper);
std::string format_json(const Entry& entry);

// "2026-11-24T04:03:58.123456Z", years 0 to 9999.
std::string format_utc(core::WallTime time);

const char* name(Level level) noexcept;

}  // namespace antiphon::system::log
