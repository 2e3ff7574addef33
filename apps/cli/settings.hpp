// From what was said where to what counts: flag, environment, configuration, default, in this order.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/http/url.hpp"
#include "apps/cli/outside.hpp"
#include "apps/config/configuration.hpp"
#include "apps/node/options.hpp"
#include "core/result.hpp"

namespace antiphon::cli {

// What the flags said; nothing is checked yet.
struct CoordinatorArguments {
    std::optional<std::string> config;
    std::optional<std::string> data;
    std::optional<std::string> listen;
    std::optional<std::string> broker;
    std::optional<std::string> mqtt_port;
    std::optional<std::string> clock_port;
    std::optional<std::string> audio_port;
    std::optional<std::string> tls_certificate;
    std::optional<std::string> tls_key;
    std::optional<std::string> tls_ca;
    std::optional<std::string> log_format;
    std::optional<std::string> room;
    bool insecure_lan = false;
};

struct WorkerArguments {
    std::optional<std::string> config;
    std::optional<std::string> name;
    std::optional<std::string> join;
    std::optional<std::string> data;
    std::vector<std::string> outputs;  // NAME=DEVICE
    std::vector<std::string> inputs;
    std::vector<std::string> adapters;
    std::vector<std::string> codecs;
    std::optional<std::string> log_format;
    std::optional<std::string> room;
    std::optional<std::string> tls_ca;
    std::optional<std::string> broker_login;
    std::optional<std::string> recordings_max;
    bool no_clock_agreement = false;
};

struct ClientArguments {
    std::optional<std::string> server;
    std::optional<std::string> token_file;
    std::optional<std::string> tls_ca;
    bool json = false;
};

// Where the coordinator is and what opens it.
struct ClientSettings {
    http::Url server;
    std::string token;                            // empty: none found
    std::optional<std::filesystem::path> tls_ca;  // authorities of an https server; absent: the system's
};

// antiphon.toml: of --config, else of ANTIPHON_CONFIG, else the system's if there is one.
core::Result<config::Configuration> read_configuration(const std::optional<std::string>& flag, const Outside& outside);

// Pure but for `variables`. The error names where the bad value came from.
core::Result<node::CoordinatorOptions> settle(const CoordinatorArguments& flags, const Variables& variables,
                                              const config::CoordinatorSection& file);
core::Result<node::WorkerOptions> settle(const WorkerArguments& flags, const Variables& variables,
                                         const config::WorkerSection& file);
// Reads the user's client.toml, the system's configuration and the token's file.
core::Result<ClientSettings> settle(const ClientArguments& flags, const Outside& outside);

// "name=device" each, names valid and different. `option` is named in errors.
core::Result<std::vector<node::NamedDevice>> parse_devices(const std::vector<std::string>& texts,
                                                           const std::string& option);

}  // namespace antiphon::cli
