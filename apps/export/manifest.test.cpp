// Laws of the manifest: what an export writes is read back; numbers that no export has are refused by name.
#include "apps/export/manifest.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "adapters/json/json.hpp"

namespace antiphon::exporting {
namespace {

ExportManifest hall() {
    ExportManifest manifest{.recording = "r3", .frames = 480'000, .incarnation = 7, .origin_ns = 9'000'000'000};
    manifest.tracks.resize(2);
    manifest.tracks[1].file = "hall.mic.flac";
    manifest.tracks[1].gaps = {{0, 4800, "late", {}}, {4800, 0, "none", {}}, {479'000, 1000, "cut", {}}};
    return manifest;
}

TEST(Manifest, WhatIsWrittenIsReadBack) {
    const auto text = json::encode(hall());
    const auto read = read_manifest(text);
    ASSERT_TRUE(read) << read.error().what;
    EXPECT_EQ(json::encode(*read), text);
}

TEST(Manifest, RefusesByNameWhatNoExportWrites) {
    struct Case {
        std::string field;
        std::function<void(ExportManifest&)> spoil;
    };
    const std::vector<Case> cases{
        {"rate", [](auto& m) { m.rate = 0; }},
        {"frames", [](auto& m) { m.frames = -1; }},
        {"frames", [](auto& m) { m.frames = INT64_MAX; }},
        {"origin_ns", [](auto& m) { m.origin_ns = INT64_MAX; }},
        {"origin_ns", [](auto& m) { m.origin_ns = INT64_MIN; }},
        {"tracks[0].channel", [](auto& m) { m.tracks[0].channel = -1; }},
        {"tracks[1].file", [](auto& m) { m.tracks[1].file = "../../etc/shadow"; }},
        {"tracks[1].gaps[0]", [](auto& m) { m.tracks[1].gaps[0].first = -1; }},
        {"tracks[1].gaps[0]", [](auto& m) { m.tracks[1].gaps[0].count = -1; }},
        {"tracks[1].gaps[1]", [](auto& m) { m.tracks[1].gaps[1].first = 4799; }},
        {"tracks[1].gaps[2]", [](auto& m) { m.tracks[1].gaps[2].count = 1001; }},
        {"tracks[1].gaps[2]", [](auto& m) { m.tracks[1].gaps[2] = {INT64_MAX, INT64_MAX, "", {}}; }},
    };
    for (const auto& one : cases) {
        auto manifest = hall();
        one.spoil(manifest);
        const auto read = read_manifest(json::encode(manifest));
        ASSERT_FALSE(read) << one.field;
        EXPECT_EQ(read.error().code, core::ErrorCode::invalid);
        EXPECT_TRUE(read.error().what.starts_with(one.field + " ")) << read.error().what;
    }
    EXPECT_FALSE(read_manifest("not JSON"));
}

}  // namespace
}  // namespace antiphon::exporting
