// What a test does to a sound card that exists as arithmetic: a file that both map.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>

namespace antiphon::card {

// All zero in a new file: the card is there, and lives on the machine's time.
struct Control {
    std::atomic<std::int64_t> now_ns;    // true time by hand; 0: the machine's
    std::atomic<std::uint32_t> away;     // unplugged
    std::atomic<std::uint32_t> asleep;   // the machine sleeps: whoever looks finds the card suspended
    std::atomic<std::uint32_t> broken;   // a negative error is told by the next start
    std::atomic<std::uint64_t> started;  // how often, in all
};

// Makes the file if there is none. Null if it cannot be mapped. It stays mapped: cards and tests are short-lived.
inline Control* map_control(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) return nullptr;
    const bool room = ::ftruncate(descriptor, sizeof(Control)) == 0;
    void* const at =
        room ? ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) : MAP_FAILED;
    ::close(descriptor);
    return at == MAP_FAILED ? nullptr : static_cast<Control*>(at);
}

}  // namespace antiphon::card
