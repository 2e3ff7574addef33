// The alternate screen of a terminal, for what is drawn again and again.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "apps/cli/outside.hpp"

namespace antiphon::cli {

// What to write to show `text` (lines) on a screen of that size instead of what is there. Lines that do not fit below
// are counted in the last one. Pure.
std::string frame_of(std::string_view text, const TerminalSize& size);

class Screen {
  public:
    // Hides what is on the terminal; the destructor brings it back.
    explicit Screen(std::ostream& out);
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    void draw(std::string_view text, const TerminalSize& size);

  private:
    std::ostream& out_;
};

}  // namespace antiphon::cli
