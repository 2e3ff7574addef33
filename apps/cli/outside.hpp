// What the process lends the command line: streams, environment, terminal. Tests bring their own.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>

#include "core/result.hpp"

namespace antiphon::cli {

// Nothing when it is not set, or empty.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;

struct TerminalSize {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

struct Outside {
    std::ostream& out;
    std::ostream& err;
    Variables variables;
    // From standard input, as much as there is; 0 at its end. Blocks.
    std::function<core::Result<std::size_t>(std::span<std::byte>)> read_in = [](auto) { return std::size_t{0}; };
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    std::function<TerminalSize()> size = [] { return TerminalSize(); };
    std::filesystem::path system_configuration = "/etc/antiphon/antiphon.toml";
    std::filesystem::path system_data = "/var/lib/antiphon";
};

Outside outside_of_process();

}  // namespace antiphon::cli
