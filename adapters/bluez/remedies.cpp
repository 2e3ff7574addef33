// Switches of the kernel, as files (Documentation/ABI/stable/sysfs-class-rfkill, testing/sysfs-bus-usb).
#include "adapters/bluez/remedies.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace antiphon::bluez {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;

core::Result<void> write(const fs::path& file, const char* value) {
    errno = 0;
    std::ofstream out(file);
    out << value << std::flush;
    if (out) return {};
    const auto what = "cannot write '" + std::string(value) + "' to " + file.string() + ": " + std::strerror(errno);
    return Error{errno == EACCES || errno == EPERM || errno == EROFS ? ErrorCode::denied : ErrorCode::unavailable,
                 what};
}

core::Result<void> off_and_on(const fs::path& file, const char* off, const char* on) {
    if (auto written = write(file, off); !written) return written;
    return write(file, on);
}

core::Result<void> unblock(const fs::path& folder, const std::string& adapter) {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none))
        if (entry.path().filename().string().starts_with("rfkill") && fs::exists(entry.path() / "soft", none))
            return off_and_on(entry.path() / "soft", "1", "0");
    return Error{ErrorCode::not_found, adapter + " has no rfkill switch"};
}

core::Result<void> reset(const fs::path& folder, const std::string& adapter) {
    std::error_code none;
    // The link leads to an interface of the USB device, whose folder is above.
    const auto interface = fs::canonical(folder / "device", none);
    const auto switch_file = interface.parent_path() / "authorized";
    if (interface.empty() || !fs::exists(switch_file, none))
        return Error{ErrorCode::not_found, adapter + " is on no USB, so it cannot be taken from it"};
    return off_and_on(switch_file, "0", "1");
}

}  // namespace

core::Result<void> help_adapter(core::RadioCallKind kind, const std::string& adapter, const fs::path& sys) {
    const auto folder = sys / "class" / "bluetooth" / adapter;
    std::error_code none;
    if (adapter.find('/') != std::string::npos || !fs::is_directory(folder, none))
        return Error{ErrorCode::not_found, "the kernel has no adapter '" + adapter + "'"};
    if (kind == core::RadioCallKind::unblock) return unblock(folder, adapter);
    if (kind == core::RadioCallKind::reset) return reset(folder, adapter);
    return Error{ErrorCode::invalid, "that is for BlueZ to do"};
}

}  // namespace antiphon::bluez
