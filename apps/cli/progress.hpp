// One line on a terminal that says how far something is. Without a terminal it says nothing.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace antiphon::cli {

class Progress {
  public:
    // `out` null: silent.
    explicit Progress(std::ostream* out) : out_(out) {}
    // Leaves an empty line behind, as if it had not been there.
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // Of a transfer: "song.flac ━━━━──── 50 % of 12.3 MB".
    void show_bytes(const std::string& what, std::uint64_t done_bytes, std::uint64_t total_bytes);
    // Any line; written only when it differs from the last one.
    void show(const std::string& line);
    void clear();

  private:
    std::ostream* out_;
    std::string last_;
};

// "song.flac ━━━━──── 50 % of 12.3 MB"
std::string bytes_line(const std::string& what, std::uint64_t done_bytes, std::uint64_t total_bytes);

}  // namespace antiphon::cli
