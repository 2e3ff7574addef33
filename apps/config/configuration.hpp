// The file antiphon.toml: what may stand in it, and its values as they stand there. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace antiphon::config {

inline constexpr std::size_t configuration_max_bytes = 64 * 1024;

// An output or input of a board and its device, in the order of the file.
using NamedDevices = std::vector<std::pair<std::string, std::string>>;

// Whatever is absent in the file is absent here: defaults come later, after flags and environment.
struct CoordinatorSection {
    std::optional<std::string> data;
    std::optional<std::string> listen;
    std::optional<std::string> broker;
    std::optional<std::uint16_t> mqtt_port;
    std::optional<std::uint16_t> clock_port;
    std::optional<std::uint16_t> audio_port;
    std::optional<bool> insecure_lan;
    std::optional<std::string> log;  // "text" or "json"
    std::optional<std::string> room;
    std::optional<std::string> tls_certificate;
    std::optional<std::string> tls_key;
    std::optional<std::string> tls_ca;

    friend bool operator==(const CoordinatorSection&, const CoordinatorSection&) = default;
};

struct WorkerSection {
    std::optional<std::string> name;
    std::optional<std::string> join;
    std::optional<std::string> data;
    std::optional<std::string> log;  // "text" or "json"
    std::optional<std::string> room;
    NamedDevices outputs;
    NamedDevices inputs;
    std::optional<std::string> tls_ca;
    std::optional<std::string> broker_login;
    std::optional<std::string> recordings_max;
    std::vector<std::string> adapters = {};  // of Bluetooth
    std::vector<std::string> codecs = {};    // for it

    friend bool operator==(const WorkerSection&, const WorkerSection&) = default;
};

struct ClientSection {
    std::optional<std::string> server;
    std::optional<std::string> token_file;
    std::optional<std::string> tls_ca;

    friend bool operator==(const ClientSection&, const ClientSection&) = default;
};

struct Configuration {
    CoordinatorSection coordinator;
    WorkerSection worker;
    ClientSection client;

    friend bool operator==(const Configuration&, const Configuration&) = default;
};

// `origin` names the file in errors: "antiphon.toml, line 3: unknown key 'lisen' in [coordinator]; allowed are ...".
// Thread-safe.
core::Result<Configuration> parse_configuration(std::string_view text, std::string_view origin);

}  // namespace antiphon::config
