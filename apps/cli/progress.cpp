// Rewriting one line of a terminal.
#include "apps/cli/progress.hpp"

#include <algorithm>
#include <ostream>

#include "apps/cli/utf8.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

constexpr std::size_t bar_cells = 24;
constexpr std::size_t name_columns = 32;
constexpr const char* clear_line = "\r\x1b[K";

}  // namespace

std::string bytes_line(const std::string& what, std::uint64_t done_bytes, std::uint64_t total_bytes) {
    const auto name = clipped(printable(what), name_columns);
    if (total_bytes == 0) return name + " " + size_text(done_bytes);
    const auto part = std::min(1.0, static_cast<double>(done_bytes) / static_cast<double>(total_bytes));
    return name + " " + bar_text(part, bar_cells) + " " + percent_text(part) + " of " + size_text(total_bytes);
}

void Progress::show_bytes(const std::string& what, std::uint64_t done_bytes, std::uint64_t total_bytes) {
    if (out_ != nullptr) show(bytes_line(what, done_bytes, total_bytes));
}

void Progress::show(const std::string& line) {
    if (out_ == nullptr || line == last_) return;
    last_ = line;
    *out_ << clear_line << line << std::flush;
}

void Progress::clear() {
    if (out_ == nullptr || last_.empty()) return;
    last_.clear();
    *out_ << clear_line << std::flush;
}

}  // namespace antiphon::cli
