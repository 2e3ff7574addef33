// libcrypto obeys the first who initialises it; the kernel forgets what it is told to.
#include "adapters/system/lean.hpp"

#include <malloc.h>
#include <openssl/crypto.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

namespace antiphon::system {
namespace {

constexpr int arenas_max = 2;

struct Mapping {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char access[5] = {};
    unsigned long inode = 0;

    // Never written: not even by the dynamic linker, so each page can be read again from its file.
    bool is_code_of_a_file() const { return inode != 0 && std::string_view(access) == "r-xp"; }
};

// A line of /proc/self/maps.
bool parse(const std::string& line, Mapping& mapping) {
    unsigned long begin = 0;
    unsigned long end = 0;
    const int read =
        std::sscanf(line.c_str(), "%lx-%lx %4s %*x %*x:%*x %lu", &begin, &end, mapping.access, &mapping.inode);
    mapping.begin = begin;
    mapping.end = end;
    return read == 4;
}

}  // namespace

void start_small() noexcept {
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS, nullptr);
    mallopt(M_ARENA_MAX, arenas_max);
}

void give_back_start_up_memory() {
    malloc_trim(0);
    std::ifstream maps("/proc/self/maps");
    std::string line;
    Mapping mapping;
    while (std::getline(maps, line))
        if (parse(line, mapping) && mapping.is_code_of_a_file())
            madvise(reinterpret_cast<void*>(mapping.begin), mapping.end - mapping.begin, MADV_DONTNEED);
}

}  // namespace antiphon::system
