// The manifest comes first and binds all that follows: names, order, sizes, hashes.
#include "apps/backup/read.hpp"

#include <set>
#include <string>
#include <vector>

#include "adapters/archive/tar_reader.hpp"
#include "adapters/files/sha256.hpp"
#include "adapters/json/json.hpp"
#include "adapters/sqlite/schema.hpp"
#include "apps/backup/contents.hpp"
#include "core/ids.hpp"

namespace antiphon::backup {
namespace {

namespace fs = std::filesystem;
using archive::TarReader;
using core::Error;
using core::ErrorCode;

constexpr std::size_t piece_bytes = 64 << 10;

class Nowhere final : public Receiver {
  public:
    core::Result<void> begin(const Member&) override { return {}; }
    core::Result<void> piece(std::span<const std::byte>) override { return {}; }
    core::Result<void> end() override { return {}; }
};

Error no_backup(const std::string& why) {
    return {ErrorCode::invalid, "it is no backup of antiphon: " + why + "; give a file that `antiphon backup` made"};
}

Error damaged(const std::string& what) { return {ErrorCode::corrupt, what + "; fetch it again"}; }

Error newer(const std::string& version) {
    return {ErrorCode::conflict, "it was made by antiphon " + version.substr(0, 40) +
                                     ", which is newer than this program; use that version or a later one"};
}

core::Result<std::string> manifest_text(TarReader& tar) {
    const auto member = tar.next();
    if (!member) return member.error();
    if (!*member) return no_backup("it is empty");
    if ((*member)->name != manifest_name) return no_backup("it begins with '" + (*member)->name + "'");
    if ((*member)->size_bytes > manifest_max_bytes)
        return no_backup("its manifest of " + std::to_string((*member)->size_bytes) + " bytes is too long");
    std::string text;
    std::vector<std::byte> buffer(piece_bytes);  // not the whole at once: the size is only what a stranger says
    while (true) {
        const auto size = tar.read(buffer);
        if (!size) return size.error();
        if (*size == 0) return text;
        text.append(reinterpret_cast<const char*>(buffer.data()), *size);
    }
}

// What every later version must be able to tell, whatever else it changes.
struct Format {
    std::string format;
    int version = 0;
    std::string antiphon;
};
BOOST_DESCRIBE_STRUCT(Format, (), (format, version, antiphon))

core::Result<void> check_member(const Member& member) {
    const auto shown = "'" + member.name.substr(0, 80) + "'";
    if (!belongs(member.name)) return no_backup("its manifest names a file that no backup has");
    if (!core::parse_blob_hash(member.sha256)) return no_backup("it has no hash of " + shown);
    if (member.name.starts_with("blobs/") && !member.name.ends_with("/" + member.sha256))
        return no_backup("the hash of " + shown + " is not its name");
    if (member.name == token_name && member.size_bytes > token_max_bytes) return no_backup("its token is too long");
    return {};
}

core::Result<void> check_members(const Manifest& manifest) {
    if (manifest.members.size() > members_max) return no_backup("it names too many files");
    std::set<std::string> names;
    for (const auto& member : manifest.members) {
        if (auto good = check_member(member); !good) return good;
        if (!names.insert(member.name).second) return no_backup("its manifest names '" + member.name + "' twice");
    }
    for (const auto* required : {database_name, token_name})
        if (!names.contains(required)) return no_backup("it lacks " + std::string(required));
    return {};
}

core::Result<Manifest> read_manifest(TarReader& tar) {
    const auto text = manifest_text(tar);
    if (!text) return text.error();
    const auto format = json::decode<Format>(*text, nullptr, manifest_max_bytes);
    if (!format) return no_backup("in its manifest " + format.error().what);
    if (format->format != format_name) return no_backup("its manifest is of another format");
    if (format->version > format_version) return newer(format->antiphon);
    auto manifest = json::decode<Manifest>(*text, nullptr, manifest_max_bytes);
    if (!manifest) return no_backup("in its manifest " + manifest.error().what);
    if (manifest->schema > sqlite::schema_version) return newer(manifest->antiphon);
    if (auto good = check_members(*manifest); !good) return good.error();
    return manifest;
}

core::Result<std::string> hand_over(TarReader& tar, Receiver& receiver, std::vector<std::byte>& buffer) {
    files::Sha256 sha256;
    while (true) {
        const auto size = tar.read(buffer);
        if (!size) return size.error();
        if (*size == 0) return sha256.finish().value;
        const auto piece = std::span<const std::byte>(buffer).first(*size);
        sha256.update(piece);
        if (auto taken = receiver.piece(piece); !taken) return taken.error();
    }
}

core::Result<void> read_member(TarReader& tar, const Member& wanted, Receiver& receiver,
                               std::vector<std::byte>& buffer) {
    const auto found = tar.next();
    if (!found) return found.error();
    if (!*found) return damaged("it is cut short: '" + wanted.name + "' is missing");
    if ((*found)->name != wanted.name || (*found)->size_bytes != wanted.size_bytes)
        return damaged("where '" + wanted.name + "' of " + std::to_string(wanted.size_bytes) + " bytes should be is '" +
                       (*found)->name + "' of " + std::to_string((*found)->size_bytes));
    if (auto begun = receiver.begin(wanted); !begun) return begun;
    const auto sha256 = hand_over(tar, receiver, buffer);
    if (!sha256) return sha256.error();
    if (*sha256 != wanted.sha256) return damaged("'" + wanted.name + "' is damaged (its SHA-256 differs)");
    return receiver.end();
}

core::Result<Manifest> read_all(TarReader& tar, Receiver& receiver) {
    auto manifest = read_manifest(tar);
    if (!manifest) return manifest;
    std::vector<std::byte> buffer(piece_bytes);
    for (const auto& member : manifest->members)
        if (auto done = read_member(tar, member, receiver, buffer); !done) return done.error();
    const auto more = tar.next();
    if (!more) return more.error();
    if (*more) return no_backup("it holds '" + (*more)->name + "', which its manifest does not name");
    return manifest;
}

}  // namespace

core::Result<Manifest> read(const fs::path& path, Receiver& receiver) {
    auto tar = TarReader::open(path);
    if (!tar) return tar.error();
    auto manifest = read_all(**tar, receiver);
    if (!manifest && manifest.error().what.find(path.string()) == std::string::npos)
        return manifest.error().within(path.string());
    return manifest;
}

core::Result<Manifest> verify(const fs::path& path) {
    Nowhere nowhere;
    return read(path, nowhere);
}

}  // namespace antiphon::backup
