// Reads what the ruler compares: the melody, recordings with their manifests, and where the speakers of a room stand.
#pragma once

#include <filesystem>
#include <vector>

#include "apps/ruler/mics/mic_report.hpp"

namespace antiphon::ruler {

// A FLAC file at the cluster's rate, its channels mixed as a speaker of the room mixes them. Errors name the file.
core::Result<std::vector<float>> read_melody(const std::filesystem::path& file);

// A FLAC file and the manifest beside it, FILE.json or NAME.json. The place is that of the manifest's device string,
// `at=X,Y`; `invalid` when it gives none and `at` neither. Errors name the file.
core::Result<Recording> read_recording(const std::filesystem::path& file,
                                       std::optional<virtual_audio::Position> at = std::nullopt);

// The speakers that are in the room now, by name. `not_found` when there are none.
core::Result<std::vector<PlacedSpeaker>> speakers_of(const std::filesystem::path& room);

}  // namespace antiphon::ruler
