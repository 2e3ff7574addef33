// Each method is one thing the disk does, in the order that the recorder asks for.
#include "adapters/files/segment_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <map>

#include "adapters/files/atomic_write.hpp"
#include "adapters/files/sha256.hpp"

namespace antiphon::files {
namespace {

namespace fs = std::filesystem;

constexpr ::mode_t segment_mode = 0640;
constexpr std::size_t digits = 6;

std::string name_of(int number, const char* ending) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%0*d%s", static_cast<int>(digits), number, ending);
    return name.data();
}

// 000007.flac is 7; nothing for what is not named so.
std::optional<int> number_of(const std::string& stem) {
    int number = 0;
    const auto* end = stem.data() + stem.size();
    if (stem.size() < digits || std::from_chars(stem.data(), end, number).ptr != end || number < 0) return std::nullopt;
    return number;
}

core::Result<void> unlink_file(const fs::path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return system_error("cannot remove", path, errno);
    return {};
}

// Another row takes its place; a person may still find something in it.
void put_aside(const fs::path& path) {
    std::error_code stays;
    fs::rename(path, fs::path(path) += ".damaged", stays);
}

}  // namespace

core::Result<SegmentFolder> SegmentFolder::open(fs::path folder, SegmentRowText text) {
    if (auto made = ensure_folder(folder); !made) return made.error();
    return SegmentFolder(std::move(folder), std::move(text));
}

fs::path SegmentFolder::path_of(int number, const char* ending) const { return folder_ / name_of(number, ending); }

fs::path SegmentFolder::whole_in(const fs::path& folder, int number) { return folder / name_of(number, ".flac"); }

fs::path SegmentFolder::growing_in(const fs::path& folder, int number) { return folder / name_of(number, ".part"); }

fs::path SegmentFolder::there(int number) const {
    auto growing = path_of(number, ".part");
    std::error_code unknown;
    return fs::exists(growing, unknown) ? growing : whole(number);
}

core::Result<void> SegmentFolder::create(int number) {
    std::error_code unknown;
    if (fs::exists(whole(number), unknown)) return system_error("cannot make", whole(number), EEXIST);
    appending_path_ = path_of(number, ".part");
    appending_ =
        Descriptor(::open(appending_path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, segment_mode));
    if (!appending_) return system_error("cannot make", appending_path_, errno);
    return {};
}

core::Result<void> SegmentFolder::append(std::span<const std::byte> bytes) {
    return write_all(appending_, bytes, appending_path_);
}

core::Result<void> SegmentFolder::sync() {
    if (::fdatasync(appending_.get()) != 0) return system_error("cannot sync", appending_path_, errno);
    return {};
}

core::Result<void> SegmentFolder::cut(int number, std::uint64_t bytes) {
    const auto path = path_of(number, ".part");
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) return system_error("cannot open", path, errno);
    if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) return system_error("cannot cut", path, errno);
    return sync_file(file, path);
}

core::Result<void> SegmentFolder::finish(int number) {
    const auto growing = path_of(number, ".part");
    if (::rename(growing.c_str(), whole(number).c_str()) != 0) return system_error("cannot rename", growing, errno);
    return {};
}

core::Result<void> SegmentFolder::sync_folder() { return files::sync_folder(folder_); }

core::Result<media::SegmentDigest> SegmentFolder::digest(int number) {
    const auto path = there(number);
    auto hash = sha256_file(path);
    if (!hash) return hash.error();
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error) return system_error("cannot read", path, error.value());
    return media::SegmentDigest{bytes, hash->value};
}

core::Result<std::size_t> SegmentFolder::read(int number, std::uint64_t offset, std::span<std::byte> out) {
    const auto path = there(number);
    if (offset == 0 || reading_number_ != number) {
        auto opened = open_for_reading(path);
        if (!opened) return opened.error();
        reading_ = std::move(*opened);
        reading_number_ = number;
    }
    ssize_t got = -1;
    do got = ::pread(reading_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    while (got < 0 && errno == EINTR);
    if (got < 0) return system_error("cannot read", path, errno);
    return static_cast<std::size_t>(got);
}

core::Result<void> SegmentFolder::save(const media::SegmentRow& row) {
    return atomic_write(path_of(row.number, ".json"), text_.write(row), segment_mode);
}

core::Result<void> SegmentFolder::drop(int number) {
    if (auto unlinked = unlink_file(whole(number)); !unlinked) return unlinked;
    return sync_folder();
}

core::Result<void> SegmentFolder::remove(int number) {
    for (const auto* ending : {".part", ".flac", ".json"})
        if (auto unlinked = unlink_file(path_of(number, ending)); !unlinked) return unlinked;
    return sync_folder();
}

// Nothing: it is no row of this number.
core::Result<std::optional<media::SegmentRow>> SegmentFolder::row_in(const fs::path& path, int number) {
    const auto text = read_text(path, row_bytes_max);
    if (!text && text.error().code != core::ErrorCode::invalid) return text.error();
    auto row = text ? text_.read(*text) : core::Result<media::SegmentRow>(text.error());
    return row && row->number == number ? std::optional(std::move(*row)) : std::nullopt;
}

core::Result<media::SegmentFiles::Found> SegmentFolder::find(int number) {
    std::error_code none;
    Found found{number, fs::exists(path_of(number, ".part"), none), fs::exists(whole(number), none), {}};
    if (!fs::exists(path_of(number, ".json"), none)) return found;
    auto row = row_in(path_of(number, ".json"), number);
    if (!row) return row.error();
    found.row = std::move(*row);
    return found;
}

core::Result<std::vector<media::SegmentFiles::Found>> SegmentFolder::list() {
    std::map<int, Found> found;
    std::vector<fs::path> damaged;
    std::error_code error;
    for (auto it = fs::directory_iterator(folder_, error); !error && it != fs::directory_iterator();
         it.increment(error)) {
        const auto number = number_of(it->path().stem().string());
        const auto ending = it->path().extension();
        if (!number || (ending != ".part" && ending != ".flac" && ending != ".json")) continue;
        auto& one = found[*number];
        one.number = *number;
        one.growing |= ending == ".part";
        one.whole |= ending == ".flac";
        if (ending != ".json") continue;
        auto row = row_in(it->path(), *number);
        if (!row) return row.error();
        one.row = std::move(*row);
        if (!one.row) damaged.push_back(it->path());
    }
    if (error) return system_error("cannot list", folder_, error.value());
    for (const auto& path : damaged) put_aside(path);
    std::vector<Found> all;
    for (auto& [number, one] : found) all.push_back(std::move(one));
    return all;
}

}  // namespace antiphon::files
