// libarchive reads; what it found is checked before anybody sees it.
#include "adapters/archive/tar_reader.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>
#include <cstring>

#include "adapters/archive/member_name.hpp"

namespace antiphon::archive {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t block_bytes = 65536;

// A name from outside as a message can show it.
std::string shown(const char* name) {
    std::string text;
    for (const char* c = name ? name : ""; *c != 0 && text.size() < 80; ++c)
        text += (*c >= ' ' && *c <= '~') ? *c : '?';
    return text;
}

const char* kind_of(archive_entry* entry) {
    if (archive_entry_hardlink(entry)) return "a hard link";
    switch (archive_entry_filetype(entry)) {
        case AE_IFREG:
            return archive_entry_sparse_count(entry) > 0 ? "a sparse file" : nullptr;
        case AE_IFLNK:
            return "a symbolic link";
        case AE_IFDIR:
            return "a folder";
        default:
            return "a special file";
    }
}

}  // namespace

void TarReader::Free::operator()(struct ::archive* archive) const noexcept { archive_read_free(archive); }

TarReader::TarReader(std::filesystem::path path) : path_(std::move(path)), archive_(archive_read_new()) {
    archive_read_support_format_tar(archive_.get());
    archive_read_support_filter_none(archive_.get());
}

core::Result<std::unique_ptr<TarReader>> TarReader::open(const std::filesystem::path& path) {
    std::unique_ptr<TarReader> reader(new TarReader(path));
    if (archive_read_open_filename(reader->archive_.get(), path.c_str(), block_bytes) == ARCHIVE_OK) return reader;
    const int error = archive_errno(reader->archive_.get());
    if (error == ENOENT || error == EACCES || error == EISDIR)
        return Error{error == ENOENT   ? ErrorCode::not_found
                     : error == EACCES ? ErrorCode::denied
                                       : ErrorCode::invalid,
                     "cannot open " + path.string() + ": " + std::strerror(error) + "; check the path"};
    return reader->error("");
}

Error TarReader::error(const std::string& name) const {
    const char* why = archive_error_string(archive_.get());
    return {ErrorCode::corrupt, path_.string() + " is damaged or no archive" +
                                    (name.empty() ? "" : ", at '" + name + "'") + ": " + shown(why) +
                                    "; fetch it again"};
}

core::Result<std::optional<TarMember>> TarReader::next() {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(archive_.get(), &entry);
    if (code == ARCHIVE_EOF) return std::optional<TarMember>();
    if (code != ARCHIVE_OK) return error(name_);
    const char* name = archive_entry_pathname(entry);
    if (const auto* kind = kind_of(entry))
        return Error{ErrorCode::invalid, path_.string() + ": its member '" + shown(name) + "' is " + kind +
                                             ", and a backup holds only files; it was made by something else"};
    if (!name || !is_member_name(name) || !archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0)
        return Error{ErrorCode::invalid, path_.string() + ": its member '" + shown(name) +
                                             "' has a name or size that no backup has; it was made by something else"};
    name_ = name;
    left_bytes_ = static_cast<std::uint64_t>(archive_entry_size(entry));
    return std::optional(TarMember{name_, left_bytes_});
}

core::Result<std::size_t> TarReader::read(std::span<std::byte> into) {
    const auto read = archive_read_data(archive_.get(), into.data(), into.size());
    if (read < 0 || (read == 0 && left_bytes_ > 0 && !into.empty())) return error(name_);
    const auto size = static_cast<std::size_t>(read);
    if (size > left_bytes_) return error(name_);
    left_bytes_ -= size;
    return size;
}

}  // namespace antiphon::archive
