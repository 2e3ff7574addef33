// What a coordinator is told when it starts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace antiphon::coordinator {

struct Options {
    std::filesystem::path data;
    std::string listen = "127.0.0.1:8740";
    std::optional<std::string> broker;  // mqtt://...; absent: a private one
    std::uint16_t mqtt_port = 8741;     // of the private broker
    std::uint16_t clock_port = 8742;
    bool insecure_lan = false;        // listen beyond loopback without TLS
    std::optional<std::string> room;  // a virtual room gives this node its clock
};

// Runs until it is asked to end. Returns the program's exit code.
int run(const Options& options);

}  // namespace antiphon::coordinator
