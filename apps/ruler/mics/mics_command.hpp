// The command `mics` of the ruler.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/ruler/mics/mic_report.hpp"

namespace antiphon::ruler {

struct MicsCommand {
    std::filesystem::path melody;
    std::optional<std::filesystem::path> room;
    std::vector<std::string> speakers;  // NAME=X,Y
    std::vector<std::string> mics;      // NAME=X,Y
    std::optional<std::int64_t> session_start_ns;
    std::int64_t from_frame = 0;
    HearingLimits limits;
    bool json = false;
    std::vector<std::filesystem::path> recordings;
};

void add_options(CLI::App& mics, MicsCommand& command);

// "hall/left=1.5,2" taken apart; `invalid` with the text when it is none. Pure.
core::Result<PlacedSpeaker> parse_place(const std::string& text);

// Does it and prints. Returns the exit code: 0 all as it should be, 1 not, or not measured.
int run(const MicsCommand& command);

}  // namespace antiphon::ruler
