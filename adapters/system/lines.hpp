// Cuts a stream of bytes into lines, with a bound.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace antiphon::system {

// Pure. A line over the bound is delivered in pieces of the bound, so nothing is lost and nothing grows.
class LineSplitter {
  public:
    static constexpr std::size_t line_bytes_max = 4096;

    // Calls `take` for each whole line; `take` returns false to stop for good, and feed() then does too.
    template <class Take>
    bool feed(std::string_view bytes, Take&& take) {
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            const auto piece = bytes.substr(0, std::min(end, line_bytes_max - partial_.size()));
            partial_ += piece;
            bytes.remove_prefix(piece.size());
            const bool newline = !bytes.empty() && bytes.front() == '\n';
            if (newline) bytes.remove_prefix(1);
            if (!newline && partial_.size() < line_bytes_max) return true;
            if (!flush_line(take)) return false;
        }
        return true;
    }

    // Delivers what the stream ended with.
    template <class Take>
    bool finish(Take&& take) {
        return partial_.empty() || flush_line(take);
    }

  private:
    template <class Take>
    bool flush_line(Take& take) {
        std::string line;
        line.swap(partial_);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        return take(std::string_view{line});
    }

    std::string partial_;
};

}  // namespace antiphon::system
