// Lines are formatted only for those who want to read them; the hash takes their parts.
#include "sim/trace.hpp"

#include <cstdio>

namespace antiphon::sim {

void Trace::mix(std::string_view text) {
    for (const char c : text) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
}

void Trace::line(core::LocalTime at, std::string_view who, std::string_view what) {
    ++lines_;
    mix(std::string_view(reinterpret_cast<const char*>(&at.ns), sizeof at.ns));
    mix(who);
    mix(what);
    if (!sink_) return;
    char stamp[32];
    std::snprintf(stamp, sizeof stamp, "%11.6f  ", static_cast<double>(at.ns) * 1e-9);
    std::string text = stamp;
    text.append(who).append(who.size() < 12 ? 12 - who.size() : 1, ' ').append(what);
    sink_(text);
}

}  // namespace antiphon::sim
