// Files in, values out.
#include "apps/ruler/mics/mic_files.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "adapters/virtual_audio/speaker_scan.hpp"
#include "apps/export/manifest.hpp"
#include "media/codecs/flac_decoder.hpp"

namespace antiphon::ruler {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

Result<std::vector<float>> read_mono(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return Error{ErrorCode::not_found, "cannot read " + file.string()};
    media::FlacDecoder decoder;
    std::vector<float> mono;
    const auto take = [&] {
        const auto channels = static_cast<std::size_t>(std::max(decoder.info().channels, 1));
        const auto frames = decoder.take();
        for (std::size_t i = 0; i + channels <= frames.size(); i += channels) {
            float sum = 0;
            for (std::size_t c = 0; c < channels; ++c) sum += frames[i + c];
            mono.push_back(sum / static_cast<float>(channels));
        }
    };
    std::array<char, 65536> piece;
    while (in.read(piece.data(), piece.size()), in.gcount() > 0) {
        const auto got = std::span(piece).first(static_cast<std::size_t>(in.gcount()));
        if (const auto fed = decoder.feed(std::as_bytes(got)); !fed) return fed.error().within(file.string());
        take();
    }
    if (const auto ended = decoder.finish(); !ended) return ended.error().within(file.string());
    take();
    if (decoder.info().rate != core::cluster_rate)
        return Error{ErrorCode::invalid, file.string() + " is not at 48 kHz"};
    return mono;
}

// What the manifest in the file's folder tells of it.
struct Told {
    exporting::ExportManifest manifest;
    exporting::ExportedTrack track;
};

Result<Told> read_manifest(const std::filesystem::path& file) {
    const auto path = file.parent_path() / exporting::manifest_name;
    std::ifstream in(path, std::ios::binary);
    if (!in) return Error{ErrorCode::not_found, "cannot read " + path.string() + ", which tells a recording's times"};
    std::stringstream text;
    text << in.rdbuf();
    auto manifest = exporting::read_manifest(text.str());
    if (!manifest) return manifest.error().within(path.string());
    for (const auto& track : manifest->tracks)
        if (track.file == file.filename().string()) return Told{*manifest, track};
    return Error{ErrorCode::not_found, path.string() + " tells nothing of " + file.filename().string()};
}

std::optional<virtual_audio::Position> place_in(const std::string& device) {
    const auto parsed = virtual_audio::parse_virtual_device(device);
    return parsed ? parsed->at : std::nullopt;
}

}  // namespace

Result<std::vector<float>> read_melody(const std::filesystem::path& file) { return read_mono(file); }

Result<Recording> read_recording(const std::filesystem::path& file, std::optional<virtual_audio::Position> at) {
    const auto told = read_manifest(file);
    if (!told) return told.error();
    auto samples = read_mono(file);
    if (!samples) return samples.error();
    if (!at) at = place_in(told->track.device);
    Recording recording{.name = told->track.input, .samples = std::move(*samples)};
    if (!at)
        return Error{ErrorCode::invalid, "nobody knows where " + recording.name + " was; say --mic " + recording.name +
                                             "=X,Y, or declare its device with at=X,Y"};
    recording.at = *at;
    const auto& manifest = told->manifest;
    if (static_cast<std::size_t>(manifest.frames) != recording.samples.size())
        return Error{ErrorCode::invalid, file.string() + " has " + std::to_string(recording.samples.size()) +
                                             " frames and its manifest tells of " + std::to_string(manifest.frames) +
                                             "; export the recording again"};
    for (core::FrameCount frame = 0; frame <= manifest.frames; frame += manifest.rate)
        recording.anchors.push_back({frame, manifest.origin_ns + frame * 125'000 / 6});
    for (const auto& gap : told->track.gaps) recording.gaps.push_back({gap.first, gap.count});
    return recording;
}

Result<std::vector<PlacedSpeaker>> speakers_of(const std::filesystem::path& room) {
    const auto now = virtual_audio::machine_true_clock().now();
    virtual_audio::SpeakerScan scan(room / "speakers");
    scan.rescan(now);
    std::vector<PlacedSpeaker> speakers;
    for (auto& [name, reader] : scan.readers())
        if (const auto run = reader.run(now)) speakers.push_back({run->label, run->at});
    if (speakers.empty()) return Error{ErrorCode::not_found, "no speaker is in the room " + room.string() + " now"};
    std::sort(speakers.begin(), speakers.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return speakers;
}

}  // namespace antiphon::ruler
