// Reading small files, with errors that name the file and the way out.
#include "apps/cli/files.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace antiphon::cli {
namespace {

core::ErrorCode code_of(int error) {
    if (error == ENOENT || error == ENOTDIR) return core::ErrorCode::not_found;
    return error == EACCES || error == EPERM ? core::ErrorCode::denied : core::ErrorCode::internal;
}

core::Error cannot_read(const std::filesystem::path& path, int error) {
    return {code_of(error), "cannot read " + path.string() + ": " + std::generic_category().message(error)};
}

}  // namespace

bool file_exists(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

core::Result<std::string> read_small_file(const std::filesystem::path& path, std::size_t max_bytes) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return cannot_read(path, EISDIR);
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return cannot_read(path, errno);
    std::string text(max_bytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > max_bytes)
        return core::Error{core::ErrorCode::invalid, path.string() + " is longer than " + std::to_string(max_bytes) +
                                                         " bytes; is it the right file?"};
    return text;
}

core::Result<std::string> read_token(const std::filesystem::path& path) {
    const auto text = read_small_file(path, 4096);
    if (!text) return text.error();
    const auto first = text->find_first_not_of(" \t\r\n");
    if (first == std::string::npos)
        return core::Error{core::ErrorCode::invalid, path.string() + " is empty; it should hold a token"};
    const auto last = text->find_last_not_of(" \t\r\n");
    const auto token = text->substr(first, last - first + 1);
    if (token.find_first_of(" \t\r\n") != std::string::npos)
        return core::Error{core::ErrorCode::invalid, path.string() + " has more than one word; it should hold a token"};
    return token;
}

}  // namespace antiphon::cli
