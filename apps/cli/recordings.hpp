// Questions about recordings that several verbs have. Pure.
#pragma once

#include <string>

#include "apps/api/views.hpp"

namespace antiphon::cli {

// How many tracks have their file on the coordinator.
std::size_t tracks_here(const api::RecordingView& recording);

// How long the longest track is.
core::FrameCount length_of(const api::RecordingView& recording);

// "recording 3 failed: hall/mic: disk full, attic/mic: ..."
std::string failure_text(const api::RecordingView& recording);

}  // namespace antiphon::cli
