// "Why is it so?": from the state and the journal to sentences, the same for a person and for a program. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/coordinator.hpp"

namespace antiphon::core {

inline constexpr std::size_t history_shown = 10;

struct Explanation {
    std::string kind;                  // "worker", "session", "recording", "zone", "output", "input", "device"
    std::string object;                // its id, or its name where that is all it has
    std::string name;                  // as people write it
    std::string verdict;               // what it does, or why it does not
    std::vector<std::string> grounds;  // all else that keeps it from sounding, the most decisive first
    std::vector<JournalRow> history;   // the last that was decided about it, oldest first
};

// `object`: a worker, session, recording or zone by name or id, an output or input ("worker/name"), or a device
// ("bluetooth:ADDRESS"). Also what was removed. `not_found` tells what may be asked about.
Result<Explanation> explain(const CoordinatorState& state, std::string_view object, LocalTime now);

// To what end an input is heard at the moment: "recorded by r3", "listened to"; empty: nobody hears it.
std::vector<std::string> uses_of(const CoordinatorState& state, const EndpointId& input);

}  // namespace antiphon::core
