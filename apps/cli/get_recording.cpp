// Downloads into FILE.part, resumed where it ended, checked, then named.
#include "apps/cli/get_recording.hpp"

#include <fstream>
#include <system_error>

#include "adapters/files/sha256.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"

namespace antiphon::cli {
namespace {

namespace fs = std::filesystem;

core::Error cannot_write(const fs::path& path) {
    return {core::ErrorCode::exhausted,
            "cannot write '" + path.string() + "'; is there space, and may you write there?"};
}

// The server names the file; it must not name one outside the folder.
bool is_plain_name(const std::string& name) {
    return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

std::uint64_t size_or_zero(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : size;
}

bool has_content(const fs::path& path, const std::string& sha256) {
    const auto hash = files::sha256_file(path);
    return hash && hash->value == sha256;
}

core::Result<void> download(const Call& call, const ApiClient& api, const std::string& target, const fs::path& to,
                            std::uint64_t offset) {
    std::ofstream file(to, std::ios::binary | (offset > 0 ? std::ios::app : std::ios::trunc));
    if (!file) return cannot_write(to);
    Progress progress(progress_stream(call));
    std::uint64_t done = offset;
    const auto sink = [&](std::span<const std::byte> piece) -> core::Result<void> {
        file.write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
        if (!file) return cannot_write(to);
        done += piece.size();
        progress.show_bytes(to.stem().string(), done, 0);
        return {};
    };
    const auto downloaded = api.download({.target = target, .offset = offset}, sink);
    if (!downloaded) return downloaded.error();
    file.close();
    return file ? core::Result<void>() : cannot_write(to);
}

// What was there before may be of another recording, or whole already: then it is fetched from the start.
core::Result<void> complete(const Call& call, const ApiClient& api, const std::string& target, const fs::path& part,
                            const std::string& sha256) {
    const auto before = size_or_zero(part);
    if (before > 0) {
        const auto resumed = download(call, api, target, part, before);
        if (!resumed && resumed.error().code == core::ErrorCode::unavailable) return resumed;
        if (has_content(part, sha256)) return {};
    }
    const auto whole = download(call, api, target, part, 0);
    if (whole && has_content(part, sha256)) return {};
    std::error_code ignored;
    if (whole || size_or_zero(part) == 0) fs::remove(part, ignored);  // nothing to go on from
    if (!whole) return whole;
    return core::Error{core::ErrorCode::corrupt, "what came as '" + part.stem().string() +
                                                     "' is not what was recorded (its SHA-256 differs); try again"};
}

core::Result<void> give_name(const fs::path& part, const fs::path& file) {
    std::error_code error;
    fs::rename(part, file, error);
    if (error) return core::Error{core::ErrorCode::internal, "cannot name '" + file.string() + "': " + error.message()};
    return {};
}

// Small and made anew with each fetch: whole, or not there.
core::Result<void> fetch_times(const Call& call, const ApiClient& api, const std::string& target,
                               const fs::path& file) {
    const fs::path part = file.string() + ".part";
    auto fetched = download(call, api, target, part, 0);
    if (fetched) fetched = give_name(part, file);
    std::error_code ignored;
    fs::remove(part, ignored);
    return fetched;
}

}  // namespace

core::Result<Fetched> fetch_track(const Call& call, const ApiClient& api, const std::string& recording,
                                  const api::TrackView& track, const fs::path& folder) {
    if (!is_plain_name(track.file))
        return core::Error{core::ErrorCode::invalid,
                           "the server names a file '" + track.file + "', which is no plain name"};
    const auto target =
        "/v1/recordings/" + http::percent_encoded(recording) + "/files/" + http::percent_encoded(track.file);
    const auto file = folder / track.file;
    const auto times = folder / (track.file + ".json");
    if (const auto fetched = fetch_times(call, api, target + ".json", times); !fetched) return fetched.error();
    if (has_content(file, track.sha256)) return Fetched{file, size_or_zero(file), true};
    const auto part = folder / (track.file + ".part");
    if (const auto fetched = complete(call, api, target, part, track.sha256); !fetched) return fetched.error();
    if (const auto named = give_name(part, file); !named) return named.error();
    return Fetched{file, size_or_zero(file), false};
}

}  // namespace antiphon::cli
