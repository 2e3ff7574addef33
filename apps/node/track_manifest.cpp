// Bounded, then decoded.
#include "apps/node/track_manifest.hpp"

#include "adapters/files/atomic_write.hpp"
#include "adapters/json/json.hpp"

namespace antiphon::node {

core::Result<files::TrackManifest> read_track_manifest(const std::filesystem::path& file) {
    const auto text = files::read_text(file, manifest_bytes_max);
    if (!text) return text.error();
    auto manifest = json::decode<files::TrackManifest>(*text, nullptr, manifest_bytes_max);
    if (!manifest) return manifest.error().within(file.string());
    return manifest;
}

}  // namespace antiphon::node
