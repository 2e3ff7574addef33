// What a backup is: a tar whose first member says what the others are. docs/operations.md shows it.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace antiphon::backup {

inline constexpr const char* format_name = "antiphon-backup";
inline constexpr int format_version = 1;

inline constexpr const char* manifest_name = "manifest.json";
inline constexpr const char* database_name = "antiphon.db";
inline constexpr const char* token_name = "token";

inline constexpr std::size_t members_max = 100'000;
inline constexpr std::size_t manifest_max_bytes = 32 << 20;
inline constexpr std::uint64_t token_max_bytes = 4096;

struct Member {
    std::string name;  // path below the data folder: "antiphon.db", "token", "blobs/AB/HASH", "recordings/ID/FILE"
    std::uint64_t size_bytes = 0;
    std::string sha256;

    friend bool operator==(const Member&, const Member&) = default;
};
BOOST_DESCRIBE_STRUCT(Member, (), (name, size_bytes, sha256))

// Something that belongs to it and could not be kept.
struct LeftOut {
    std::string name;
    std::string reason;

    friend bool operator==(const LeftOut&, const LeftOut&) = default;
};
BOOST_DESCRIBE_STRUCT(LeftOut, (), (name, reason))

struct Manifest {
    std::string format = format_name;
    int version = format_version;
    std::string antiphon;     // version of the program that made it
    std::int64_t schema = 0;  // of the database
    std::string cluster;      // id
    std::uint64_t epoch = 0;
    core::WallTime made;
    bool whole = false;           // with all programmes and recordings, not only what active sessions play
    std::vector<Member> members;  // the others, in the order of the tar
    std::vector<LeftOut> left_out;
};
BOOST_DESCRIBE_STRUCT(Manifest, (), (format, version, antiphon, schema, cluster, epoch, made, whole, members, left_out))

}  // namespace antiphon::backup
