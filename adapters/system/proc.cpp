// Reads and parses the few files of /proc that we need.
#include "adapters/system/proc.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace antiphon::system {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

constexpr std::size_t file_bytes_max = 4096;

Result<std::string> read_small(const std::string& path) {
    std::ifstream file(path);
    std::string text(file_bytes_max, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.gcount() <= 0) return Error{ErrorCode::not_found, path + " cannot be read"};
    text.resize(static_cast<std::size_t>(file.gcount()));
    return text;
}

// The field `index` (from 0) of fields separated by single spaces, as a number.
Result<std::uint64_t> number_at(std::string_view text, int index, const char* what) {
    for (; index > 0; --index) {
        const auto space = text.find(' ');
        if (space == std::string_view::npos)
            return Error{ErrorCode::corrupt, std::string(what) + " has too few fields"};
        text.remove_prefix(space + 1);
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return Error{ErrorCode::corrupt, std::string(what) + " has no number where one belongs"};
    return number;
}

std::uint64_t system_value(int name, std::uint64_t otherwise) {
    const auto value = ::sysconf(name);
    return value > 0 ? static_cast<std::uint64_t>(value) : otherwise;
}

std::uint64_t entries_of(const std::string& folder) {
    std::error_code error;
    std::uint64_t entries = 0;
    for (std::filesystem::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        ++entries;
    return entries;
}

}  // namespace

Result<std::uint64_t> parse_rss_pages(std::string_view statm) { return number_at(statm, 1, "statm"); }

Result<std::uint64_t> parse_cpu_ticks(std::string_view stat) {
    // The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
    const auto name_end = stat.rfind(')');
    if (name_end == std::string_view::npos || name_end + 2 > stat.size())
        return Error{ErrorCode::corrupt, "stat has no program name"};
    stat.remove_prefix(name_end + 2);
    const auto user = number_at(stat, 11, "stat");
    if (!user) return user;
    const auto system = number_at(stat, 12, "stat");
    if (!system) return system;
    return *user + *system;
}

Result<std::string> boot_id() {
    auto text = read_small("/proc/sys/kernel/random/boot_id");
    if (!text) return text;
    while (!text->empty() && text->back() == '\n') text->pop_back();
    return text;
}

Result<ProcessResources> process_resources(pid_t pid) {
    const auto folder = "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid)) + "/";
    const auto statm = read_small(folder + "statm");
    if (!statm) return Error{ErrorCode::not_found, "process " + std::to_string(pid) + " does not run"};
    const auto stat = read_small(folder + "stat");
    if (!stat) return Error{ErrorCode::not_found, "process " + std::to_string(pid) + " does not run"};
    const auto pages = parse_rss_pages(*statm);
    if (!pages) return pages.error();
    const auto ticks = parse_cpu_ticks(*stat);
    if (!ticks) return ticks.error();
    const auto tick_ns = 1'000'000'000 / system_value(_SC_CLK_TCK, 100);
    return ProcessResources{*pages * system_value(_SC_PAGESIZE, 4096),
                            core::Duration{static_cast<std::int64_t>(*ticks * tick_ns)}, entries_of(folder + "fd")};
}

std::optional<double> Wakeups::per_second(core::LocalTime now) noexcept {
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return std::nullopt;
    const auto before = std::exchange(looked_, now);
    const auto more = usage.ru_nvcsw - std::exchange(count_, usage.ru_nvcsw);
    if (!before || now <= *before) return std::nullopt;
    return static_cast<double>(more) * 1e9 / static_cast<double>((now - *before).count());
}

}  // namespace antiphon::system
