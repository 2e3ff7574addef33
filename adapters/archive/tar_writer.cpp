// libarchive makes the headers; sizes are ours to keep.
#include "adapters/archive/tar_writer.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>
#include <utility>

#include "adapters/archive/member_name.hpp"
#include "core/contract.hpp"

namespace antiphon::archive {
namespace {

using core::Error;
using core::ErrorCode;

struct FreeEntry {
    void operator()(archive_entry* entry) const noexcept { archive_entry_free(entry); }
};

}  // namespace

void TarWriter::Free::operator()(struct ::archive* archive) const noexcept { archive_write_free(archive); }

TarWriter::TarWriter(Sink sink) : sink_(std::move(sink)), archive_(archive_write_new()) {
    archive_write_set_format_pax_restricted(archive_.get());
    archive_write_set_bytes_in_last_block(archive_.get(), 1);  // no padding to whole tape blocks
    archive_write_open(archive_.get(), this, nullptr, &TarWriter::take, nullptr);
}

TarWriter::~TarWriter() = default;

std::ptrdiff_t TarWriter::take(struct ::archive* archive, void* self, const void* bytes, std::size_t size) {
    auto& writer = *static_cast<TarWriter*>(self);
    if (writer.refused_) return -1;
    if (auto taken = writer.sink_({static_cast<const std::byte*>(bytes), size}); !taken) {
        writer.refused_ = taken.error();
        archive_set_error(archive, EIO, "refused");
        return -1;
    }
    return static_cast<std::ptrdiff_t>(size);
}

Error TarWriter::error() const {
    if (refused_) return *refused_;
    const char* why = archive_error_string(archive_.get());
    return {ErrorCode::internal, "member '" + name_ + "' cannot be written: " + (why ? why : "no reason given")};
}

core::Result<void> TarWriter::complete() const {
    if (missing_bytes_ == 0) return {};
    return Error{ErrorCode::invalid,
                 "member '" + name_ + "' lacks its last " + std::to_string(missing_bytes_) + " bytes"};
}

core::Result<void> TarWriter::begin(const std::string& name, std::uint64_t size_bytes, core::WallTime modified) {
    if (auto whole = complete(); !whole) return whole;
    if (!is_member_name(name)) return Error{ErrorCode::invalid, "'" + name + "' is no name for a member of an archive"};
    name_ = name;
    missing_bytes_ = size_bytes;
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size_bytes));
    archive_entry_set_mtime(entry.get(), modified.ns / 1'000'000'000, 0);
    if (archive_write_header(archive_.get(), entry.get()) != ARCHIVE_OK) return error();
    return {};
}

core::Result<void> TarWriter::append(std::span<const std::byte> piece) {
    if (piece.size() > missing_bytes_)
        return Error{ErrorCode::invalid, "member '" + name_ + "' is longer than was said"};
    missing_bytes_ -= piece.size();
    while (!piece.empty()) {
        const auto written = archive_write_data(archive_.get(), piece.data(), piece.size());
        if (written <= 0) return error();
        piece = piece.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

core::Result<void> TarWriter::finish() {
    if (auto whole = complete(); !whole) return whole;
    if (archive_write_close(archive_.get()) != ARCHIVE_OK) return error();
    return {};
}

}  // namespace antiphon::archive
