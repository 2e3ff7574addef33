// Hash, ask, upload.
#include "apps/cli/put_blob.hpp"

#include <system_error>

#include "adapters/files/sha256.hpp"
#include "apps/api/views.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

core::Result<std::uint64_t> size_of(const std::filesystem::path& file) {
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    if (!std::filesystem::exists(status))
        return core::Error{core::ErrorCode::not_found, "there is no file '" + file.string() + "'"};
    if (!std::filesystem::is_regular_file(status))
        return core::Error{core::ErrorCode::invalid, "'" + file.string() + "' is no file that can be played"};
    const auto size = std::filesystem::file_size(file, error);
    if (error) return core::Error{core::ErrorCode::denied, "cannot read '" + file.string() + "': " + error.message()};
    return size;
}

core::Result<http::Response> upload(const Call& call, const ApiClient& api, const std::filesystem::path& file) {
    Progress progress(progress_stream(call));
    const auto name = file.filename().string();
    http::UploadRequest request{.method = http::Method::post, .target = "/v1/blobs"};
    request.source = file;
    request.progress = [&](std::uint64_t sent, std::optional<std::uint64_t> total) {
        progress.show_bytes("uploading " + name, sent, total.value_or(0));
    };
    return api.upload(std::move(request));
}

}  // namespace

std::ostream* progress_stream(const Call& call) {
    return call.outside().err_is_terminal && !call.json() ? &call.outside().err : nullptr;
}

core::Result<core::BlobHash> put_blob(const Call& call, const ApiClient& api, const std::filesystem::path& file) {
    const auto size = size_of(file);
    if (!size) return size.error();
    auto hash = files::sha256_file(file);
    if (!hash) return hash;
    const auto there = api.is_there("/v1/blobs/" + hash->value);
    if (!there) return there.error();
    if (*there) return hash;
    const auto answer = upload(call, api, file);
    if (!answer) return answer.error();
    const auto blob = Call::decoded<api::BlobView>(*answer);
    if (!blob) return blob.error();
    if (blob->blob != hash->value)
        return core::Error{core::ErrorCode::corrupt,
                           "'" + file.string() + "' changed while it was uploaded; play it again"};
    call.tell("uploaded " + file.filename().string() + " (" + size_text(*size) + ")");
    return hash;
}

}  // namespace antiphon::cli
