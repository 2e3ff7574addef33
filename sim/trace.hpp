// What happened, line by line, and a hash of it: two runs of one seed must agree in every line.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/units.hpp"

namespace antiphon::sim {

class Trace {
  public:
    using Sink = std::function<void(std::string_view line)>;

    explicit Trace(Sink sink = {}) : sink_(std::move(sink)) {}

    void line(core::LocalTime at, std::string_view who, std::string_view what);
    // FNV-1a, 64 bit, of all lines.
    std::uint64_t hash() const { return hash_; }
    std::uint64_t lines() const { return lines_; }

  private:
    void mix(std::string_view text);

    Sink sink_;
    std::uint64_t hash_ = 0xcbf29ce484222325u;
    std::uint64_t lines_ = 0;
};

}  // namespace antiphon::sim
