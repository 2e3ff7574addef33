// Green is heard, magenta is recorded, yellow is on its way, red needs somebody.
#include "apps/cli/state_colours.hpp"

#include <array>
#include <utility>

namespace antiphon::cli {
namespace {

constexpr std::array<std::pair<std::string_view, Colour>, 15> colours{{{"playing", Colour::green},
                                                                       {"ready", Colour::green},
                                                                       {"streaming", Colour::green},
                                                                       {"complete", Colour::green},
                                                                       {"uploaded", Colour::green},
                                                                       {"recording", Colour::magenta},
                                                                       {"playing_and_recording", Colour::magenta},
                                                                       {"preparing", Colour::yellow},
                                                                       {"pairing", Colour::yellow},
                                                                       {"connecting", Colour::yellow},
                                                                       {"paused", Colour::yellow},
                                                                       {"stopping", Colour::yellow},
                                                                       {"stored", Colour::yellow},
                                                                       {"maintenance", Colour::yellow},
                                                                       {"failed", Colour::red}}};

}  // namespace

Colour colour_of_state(std::string_view state) noexcept {
    for (const auto& [name, colour] : colours)
        if (name == state) return colour;
    return Colour::plain;
}

Colour colour_of_event(std::string_view event) noexcept {
    const auto what = event.substr(event.find('.') == std::string_view::npos ? 0 : event.find('.') + 1);
    if (what == "offline" || what == "lost") return Colour::red;
    return colour_of_state(what);
}

}  // namespace antiphon::cli
