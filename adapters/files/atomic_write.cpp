// Write aside, sync, rename, sync the folder.
#include "adapters/files/atomic_write.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "adapters/files/posix.hpp"

namespace antiphon::files {
namespace {

core::Result<void> fill(const TempFile& temp, std::string_view bytes, ::mode_t mode) {
    if (::fchmod(temp.descriptor.get(), mode) != 0) return system_error("cannot set the mode of", temp.path, errno);
    if (auto written = write_all(temp.descriptor, std::as_bytes(std::span(bytes)), temp.path); !written) return written;
    return sync_file(temp.descriptor, temp.path);
}

}  // namespace

core::Result<void> atomic_write(const std::filesystem::path& path, std::string_view bytes, ::mode_t mode) {
    const auto temp = make_temp(path.string() + ".XXXXXX");
    if (!temp) return temp.error();
    auto done = fill(*temp, bytes, mode);
    if (done && ::rename(temp->path.c_str(), path.c_str()) != 0) done = system_error("cannot replace", path, errno);
    if (done) return sync_folder(folder_of(path));
    ::unlink(temp->path.c_str());
    return done;
}

core::Result<std::string> read_text(const std::filesystem::path& path, std::size_t max_bytes) {
    const auto file = open_for_reading(path);
    if (!file) return file.error();
    std::string text(max_bytes + 1, '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto read = ::read(file->get(), text.data() + size, text.size() - size);
        if (read < 0 && errno == EINTR) continue;
        if (read < 0) return system_error("cannot read", path, errno);
        if (read == 0) break;
        size += static_cast<std::size_t>(read);
    }
    if (size > max_bytes)
        return core::Error{core::ErrorCode::invalid, path.string() + " is longer than " + std::to_string(max_bytes) +
                                                         " bytes; is it the right file?"};
    text.resize(size);
    return text;
}

}  // namespace antiphon::files
