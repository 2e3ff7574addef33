// What /proc tells: which boot this is, and what a process costs.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::system {

// Differs after each boot of the machine: 36 characters, as in /proc/sys/kernel/random/boot_id. Thread-safe.
core::Result<std::string> boot_id();

struct ProcessResources {
    std::uint64_t rss_bytes = 0;                  // memory held now, shared pages included
    core::Duration cpu = core::Duration::zero();  // user and system time of all threads since it started
    std::uint64_t open_files = 0;                 // descriptors; 0 when we may not look (another user's process)
};

// `not_found` when there is no such process; 0 is ourselves. Thread-safe; reads two small files
// and lists a folder.
core::Result<ProcessResources> process_resources(pid_t pid);

// How often the threads of this process waited and were woken: what keeps a small processor from sleeping. Not
// thread-safe.
class Wakeups {
  public:
    // A second, since the call before; nothing the first time.
    std::optional<double> per_second(core::LocalTime now) noexcept;

  private:
    std::optional<core::LocalTime> looked_;
    std::int64_t count_ = 0;
};

// Pure halves of the above, for what the kernel writes into statm and stat.
core::Result<std::uint64_t> parse_rss_pages(std::string_view statm);
core::Result<std::uint64_t> parse_cpu_ticks(std::string_view stat);

}  // namespace antiphon::system
