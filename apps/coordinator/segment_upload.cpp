// Nothing is answered before the file is in its place and its row says so.
#include "apps/coordinator/segment_upload.hpp"

#include <charconv>

namespace antiphon::coordinator {
namespace {

using core::Error;
using core::ErrorCode;

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return !text.empty() && read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

}  // namespace

core::Result<std::filesystem::path> track_folder(const std::filesystem::path& recordings,
                                                 const http::Request& request) {
    const auto recording = core::parse_name(request.param("id"));
    if (!recording) return recording.error();
    const auto input = core::parse_name(request.param("input"));
    if (!input) return input.error();
    return recordings / *recording / track_name({{request.identity->name}, *input});
}

core::Result<int> segment_number(const http::Request& request) {
    const auto& text = request.param("number");
    const auto number = number_in<int>(text);
    if (number && *number >= 0) return *number;
    return Error{ErrorCode::not_found, "'" + text.substr(0, 40) + "' is no number of a segment"};
}

core::Result<void> SegmentUpload::begin(const http::Request& request,
                                        std::optional<std::uint64_t> content_length_bytes) {
    const auto folder = track_folder(recordings_, request);
    if (!folder) return folder.error();
    const auto number = segment_number(request);
    if (!number) return number.error();
    const auto offset = number_in<std::uint64_t>(request.query_or("offset", "0"));
    if (!offset) return Error{ErrorCode::invalid, "offset is no number of bytes"};
    catalogue_.emplace(*folder);
    auto row = catalogue_->row(*number);
    if (!row) return row.error();
    row_ = std::move(*row);
    if (*offset > row_.bytes || content_length_bytes.value_or(0) > row_.bytes - *offset)
        return Error{ErrorCode::invalid, "segment " + std::to_string(*number) + " was announced with " +
                                             std::to_string(row_.bytes) + " bytes, and more would come"};
    if (auto room = catalogue_->require_room(row_.bytes - *offset); !room) return room;
    auto file = files::PartialFile::open(catalogue_->place(*number), *offset);
    if (!file) return file.error();
    file_.emplace(std::move(*file));
    return {};
}

core::Result<void> SegmentUpload::chunk(std::span<const std::byte> piece) {
    if (file_->size() + piece.size() > row_.bytes)
        return Error{ErrorCode::invalid, "segment " + std::to_string(row_.number) + " has " +
                                             std::to_string(row_.bytes) + " bytes, and more came"};
    return file_->append(piece);
}

void SegmentUpload::finish(http::Responder responder) {
    const auto came = file_->size();
    file_.reset();
    if (came < row_.bytes)
        return responder.fail({ErrorCode::conflict,
                               "of segment " + std::to_string(row_.number) + " " + std::to_string(came) + " of " +
                                   std::to_string(row_.bytes) + " bytes have come; send the rest",
                               came});
    const auto kept = std::make_shared<http::Responder>(std::move(responder));
    const bool taken = background_.run([catalogue = *catalogue_, number = row_.number, kept] {
        return [kept, accepted = catalogue.accept(number)] {
            accepted ? kept->answer(http::Response::empty()) : kept->fail(accepted.error());
        };
    });
    if (!taken) kept->fail({ErrorCode::unavailable, "too many segments are being looked at; try again"});
}

}  // namespace antiphon::coordinator
