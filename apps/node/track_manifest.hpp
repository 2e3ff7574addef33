// The JSON beside a recorded file, read where it lies.
#pragma once

#include <filesystem>

#include "adapters/files/track_manifest.hpp"
#include "core/result.hpp"

namespace antiphon::node {

inline constexpr std::size_t manifest_bytes_max = 64u << 20;

// `not_found`, or what is wrong with it, with the file's name.
core::Result<files::TrackManifest> read_track_manifest(const std::filesystem::path& file);

}  // namespace antiphon::node
