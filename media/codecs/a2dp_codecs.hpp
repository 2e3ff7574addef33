// All codecs that there are for headsets.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "media/codecs/a2dp_codec.hpp"

namespace antiphon::media {

// In the order of their names' list in the manual.
std::span<const A2dpCodec* const> a2dp_codecs();

// What is offered to devices where nobody says otherwise, the best first: those that take less than 0.4 Mbit/s of the
// air, so that several devices have room on one adapter.
std::vector<const A2dpCodec*> usual_a2dp_codecs();

// Those of these names, the best first; none: the usual ones. `invalid` for what is no codec, and for one named twice.
core::Result<std::vector<const A2dpCodec*>> a2dp_codecs_named(const std::vector<std::string>& names);

}  // namespace antiphon::media
