// One colour for each state, wherever it is shown.
#pragma once

#include <string_view>

#include "apps/cli/paint.hpp"

namespace antiphon::cli {

// Of core's Activity, SessionPhase, RecordingPhase, SessionState, TrackState and DeviceState, by their names.
Colour colour_of_state(std::string_view state) noexcept;

// Of an event such as "session.failed".
Colour colour_of_event(std::string_view event) noexcept;

}  // namespace antiphon::cli
