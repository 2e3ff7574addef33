// A command line without a terminal: its words in, its exit code and texts out; environment and home of its own.
#pragma once

#include <stdlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "apps/cli/run.hpp"

namespace antiphon::cli::testing {

struct Outcome {
    int exit_code = -1;
    std::string out;
    std::string err;

    bool says(const std::string& text) const { return (out + err).find(text) != std::string::npos; }
};

// A new folder, gone with the object.
class TempFolder {
  public:
    TempFolder() : path_((std::filesystem::temp_directory_path() / "antiphon-cli-XXXXXX").string()) {
        if (::mkdtemp(path_.data()) == nullptr) path_ = "/nowhere";
    }
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    std::filesystem::path operator/(const std::string& name) const { return std::filesystem::path(path_) / name; }
    // Writes a file below, with the folders above it; returns its path.
    std::string write(const std::string& name, const std::string& text) const {
        const auto path = *this / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
        return path.string();
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

inline std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

class Console {
  public:
    TempFolder home;
    std::map<std::string, std::string> variables{{"HOME", home.path()}};
    Programs programs;
    bool terminal = false;  // whether stdout is one
    std::string in;         // what stdin gives, three bytes at a time

    Outcome run(const std::vector<std::string>& words) {
        std::ostringstream out;
        std::ostringstream err;
        Outside outside{.out = out, .err = err, .variables = reader()};
        outside.system_configuration = home / "etc/antiphon.toml";
        outside.system_data = home / "var";
        outside.out_is_terminal = terminal;
        outside.read_in = [left = std::string_view(in)](std::span<std::byte> space) mutable {
            const auto piece = left.substr(0, std::min<std::size_t>(3, space.size()));
            left.remove_prefix(piece.size());
            std::memcpy(space.data(), piece.data(), piece.size());
            return core::Result<std::size_t>(piece.size());
        };
        const int code = cli::run(words, programs, outside);
        return {code, out.str(), err.str()};
    }
    Variables reader() const {
        return [this](const std::string& name) -> std::optional<std::string> {
            const auto found = variables.find(name);
            if (found == variables.end() || found->second.empty()) return std::nullopt;
            return found->second;
        };
    }
};

}  // namespace antiphon::cli::testing
