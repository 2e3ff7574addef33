// What was there before may be of another file, or whole already: then it is fetched from the start.
#include "apps/cli/fetch_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <system_error>

#include "adapters/files/posix.hpp"
#include "adapters/files/sha256.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"

namespace antiphon::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t write_back_bytes = 1 << 20;

core::Error cannot_write(const fs::path& path) {
    return {core::ErrorCode::exhausted,
            "cannot write '" + path.string() + "'; is there space, and may you write there?"};
}

core::Result<files::Descriptor> open_part(const WantedFile& wanted, const fs::path& to, bool go_on) {
    const ::mode_t mode = wanted.secret ? 0600 : 0666;
    files::Descriptor file(::open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (go_on ? O_APPEND : O_TRUNC), mode));
    // Nobody else may read it from its first byte on, even if an earlier part was open to all.
    if (!file || (wanted.secret && ::fchmod(file.get(), mode) != 0)) return cannot_write(to);
    return file;
}

core::Result<void> download(const Call& call, const ApiClient& api, const WantedFile& wanted, const fs::path& to,
                            std::uint64_t offset) {
    const auto file = open_part(wanted, to, offset > 0);
    if (!file) return file.error();
    Progress progress(progress_stream(call));
    std::uint64_t done = offset;
    const auto sink = [&](std::span<const std::byte> piece) -> core::Result<void> {
        if (!files::write_all(*file, piece, to)) return cannot_write(to);
        if (done / write_back_bytes != (done + piece.size()) / write_back_bytes) files::write_back(*file);
        done += piece.size();
        progress.show_bytes(to.stem().string(), done, wanted.size_bytes);
        return {};
    };
    const auto downloaded = api.download({.target = wanted.target, .offset = offset}, sink);
    return downloaded ? core::Result<void>() : downloaded.error();
}

bool is_right(const fs::path& part, const WantedFile& wanted) {
    return wanted.sha256.empty() || has_content(part, wanted.sha256);
}

core::Result<void> complete(const Call& call, const ApiClient& api, const WantedFile& wanted, const fs::path& part) {
    const auto before = wanted.sha256.empty() ? 0 : size_or_zero(part);
    if (before > 0) {
        const auto resumed = download(call, api, wanted, part, before);
        if (!resumed && resumed.error().code == core::ErrorCode::unavailable) return resumed;
        if (is_right(part, wanted)) return {};
    }
    const auto whole = download(call, api, wanted, part, 0);
    if (whole && is_right(part, wanted)) return {};
    std::error_code ignored;
    if (whole || size_or_zero(part) == 0) fs::remove(part, ignored);  // nothing to go on from
    if (!whole) return whole;
    return core::Error{core::ErrorCode::corrupt, "what came as '" + part.stem().string() +
                                                     "' is not what is there (its SHA-256 differs); try again"};
}

core::Result<void> give_name(const fs::path& part, const fs::path& file) {
    const auto opened = files::open_for_reading(part);
    if (!opened) return opened.error();
    if (auto synced = files::sync_file(*opened, part); !synced) return synced;
    std::error_code error;
    fs::rename(part, file, error);
    if (error) return core::Error{core::ErrorCode::internal, "cannot name '" + file.string() + "': " + error.message()};
    return files::sync_folder(files::folder_of(file));
}

}  // namespace

std::uint64_t size_or_zero(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : size;
}

bool has_content(const fs::path& path, const std::string& sha256) {
    const auto hash = files::sha256_file(path);
    return hash && hash->value == sha256;
}

core::Result<void> fetch_file(const Call& call, const ApiClient& api, const WantedFile& wanted, const fs::path& file) {
    const fs::path part = file.string() + ".part";
    auto fetched = complete(call, api, wanted, part);
    if (fetched) fetched = give_name(part, file);
    std::error_code ignored;
    if (!fetched && wanted.sha256.empty()) fs::remove(part, ignored);  // nothing to go on from
    return fetched;
}

}  // namespace antiphon::cli
