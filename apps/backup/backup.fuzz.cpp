// Fuzz: any bytes are refused with a reason, or are a backup whose every file may stand in a data folder.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "apps/backup/contents.hpp"
#include "apps/backup/read.hpp"
#include "core/contract.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon;
    const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
    ANTIPHON_ASSERT(file >= 0 && ::write(file, data, size) == static_cast<ssize_t>(size));
    const auto manifest = backup::verify("/proc/self/fd/" + std::to_string(file));
    if (manifest) {
        for (const auto& member : manifest->members) ANTIPHON_ASSERT(backup::belongs(member.name));
    } else {
        ANTIPHON_ASSERT(!manifest.error().what.empty());
    }
    ::close(file);
    return 0;
}
