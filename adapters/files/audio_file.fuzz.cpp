// Fuzz: any bytes are refused, or are a file that ends, before and after a seek, with samples that are numbers.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "adapters/files/audio_file_reader.hpp"
#include "core/contract.hpp"

// Debian's libsndfile 1.2.0 forgets libvorbis' state when an Ogg file's header is broken: not ours to free.
extern "C" const char* __lsan_default_suppressions() { return "leak:vorbis_info_init\n"; }

namespace {

constexpr int reads_max = 4000;  // a small file may declare hours of the sparsest codec

void read_through(antiphon::files::AudioFileReader& reader) {
    std::array<float, 2 * 1024> piece;
    for (int reads = 0; reads < reads_max; ++reads) {
        const auto frames = reader.read(piece);
        if (!frames || *frames == 0) return;
        for (std::size_t i = 0; i < 2 * *frames; ++i) ANTIPHON_ASSERT(std::isfinite(piece[i]));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
    ANTIPHON_ASSERT(file >= 0 && ::write(file, data, size) == static_cast<ssize_t>(size));
    if (auto reader = antiphon::files::AudioFileReader::open("/proc/self/fd/" + std::to_string(file))) {
        read_through(**reader);
        if ((*reader)->seek(5000)) read_through(**reader);
    }
    ::close(file);
    return 0;
}
