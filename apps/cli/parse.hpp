// What people write for volumes, positions, sources and lists. Pure; errors say what is allowed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::cli {

// "0.5" or "50%", within 0..1 and 0..100.
core::Result<double> parse_level(std::string_view text);

// "40ms" or "40", from 0 to 100000.
core::Result<double> parse_milliseconds(std::string_view text);

// "90", "90.5", "1:30" or "1:02:03", in seconds.
core::Result<double> parse_position(std::string_view text);

struct FileSource {
    std::filesystem::path path;
};
struct BlobSource {
    core::BlobHash blob;
};
struct LiveSource {  // what the coordinator opens: it knows what of it is right
    std::string text;
};
struct InputSource {   // what comes in here is fed to the session
    std::string text;  // how the coordinator names that: "feed,rate=44100"
};
using Source = std::variant<FileSource, BlobSource, LiveSource, InputSource>;
// A file's path, "blob:HASH", "tone:HZ", "pipe:PATH", "alsa:NAME", or "-" and "stdin,rate=44100". A file whose name
// looks like another source is written "./tone:440". Other live sources are refused with `conflict`: right, but not in
// this version.
core::Result<Source> parse_source(std::string_view text);

// "a,b" "c" -> a, b, c; none empty, at least one.
core::Result<std::vector<std::string>> parse_list(const std::vector<std::string>& texts, const std::string& option);

// "-40dB" or "-40", from -100 to 0.
core::Result<double> parse_decibels(std::string_view text);

// "30s", "45m", "12h", "30d" or "2w", in seconds; more than none, at most 100 years.
core::Result<std::int64_t> parse_duration(std::string_view text);

// "2027-01-01": the first moment of that day in UTC, between 1970 and 2199.
core::Result<core::WallTime> parse_date(std::string_view text);

// A version as in an ETag.
core::Result<std::uint64_t> parse_version(std::string_view text);

}  // namespace antiphon::cli
