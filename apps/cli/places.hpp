// Where things are kept on this machine, by the rules of XDG and systemd. Pure but for the variables.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "apps/cli/outside.hpp"

namespace antiphon::cli {

// The data folder of a program that was told none: systemd's STATE_DIRECTORY, else XDG_STATE_HOME/antiphon/NAME, else
// ~/.local/state/antiphon/NAME. Nothing without a home.
std::optional<std::filesystem::path> state_folder(const Variables& variables, const std::string& name);

// XDG_CONFIG_HOME/antiphon/client.toml or ~/.config/antiphon/client.toml. Nothing without a home.
std::optional<std::filesystem::path> user_configuration(const Variables& variables);

}  // namespace antiphon::cli
