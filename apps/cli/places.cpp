// XDG base directories, and systemd's StateDirectory=.
#include "apps/cli/places.hpp"

namespace antiphon::cli {
namespace {

// XDG wants relative paths ignored.
std::optional<std::filesystem::path> base_folder(const Variables& variables, const std::string& variable,
                                                 const std::string& below_home) {
    if (const auto folder = variables(variable); folder && folder->starts_with('/')) return *folder;
    if (const auto home = variables("HOME")) return std::filesystem::path(*home) / below_home;
    return std::nullopt;
}

}  // namespace

std::optional<std::filesystem::path> state_folder(const Variables& variables, const std::string& name) {
    // several folders are separated by ':'; ours is the first
    if (const auto given = variables("STATE_DIRECTORY")) return given->substr(0, given->find(':'));
    const auto base = base_folder(variables, "XDG_STATE_HOME", ".local/state");
    return base ? std::optional(*base / "antiphon" / name) : std::nullopt;
}

std::optional<std::filesystem::path> user_configuration(const Variables& variables) {
    const auto base = base_folder(variables, "XDG_CONFIG_HOME", ".config");
    return base ? std::optional(*base / "antiphon" / "client.toml") : std::nullopt;
}

}  // namespace antiphon::cli
