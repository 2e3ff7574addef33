// Whose copy is whose: assigns what microphones heard to the speakers that may have played it.
#pragma once

#include <optional>
#include <vector>

#include "media/correlate.hpp"

namespace antiphon::ruler {

// What geometry says of one speaker at one microphone.
struct Expected {
    double delay_frames = 0;
    double gain = 1;  // relative to the other speakers'
};

template <class T>
using BySpeakerAndMic = std::vector<std::vector<T>>;  // [microphone][speaker]

// How far below what is expected a copy may be before it does not count: 20 dB.
inline constexpr double faintest = 0.1;

// `arrivals`: of each microphone, delays on one time line. A speaker is as late at one microphone as at the other: its
// copies are those which agree on that, least late first. A copy is taken once, and none that is turned upside down
// or fainter than `faintest`. Pure.
BySpeakerAndMic<std::optional<media::Arrival>> match_speakers(const std::vector<std::vector<media::Arrival>>& arrivals,
                                                              const BySpeakerAndMic<Expected>& expected);

}  // namespace antiphon::ruler
