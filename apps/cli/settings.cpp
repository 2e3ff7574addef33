// The layers of a value: flag, environment, configuration, default.
#include "apps/cli/settings.hpp"

#include <algorithm>
#include <charconv>

#include "apps/cli/files.hpp"
#include "apps/cli/places.hpp"
#include "apps/node/loopback.hpp"
#include "core/ids.hpp"
#include "media/codecs/a2dp_codecs.hpp"

namespace antiphon::cli {
namespace {

// A value and who said it.
struct Said {
    std::string value;
    std::string where;
};

// One named value: "--listen", "ANTIPHON_LISTEN", and what the file says of it.
std::optional<Said> pick(const std::string& flag_name, const std::optional<std::string>& flag,
                         const std::string& variable, const Variables& variables,
                         const std::optional<std::string>& file) {
    if (flag) return Said{*flag, flag_name};
    if (auto value = variables(variable)) return Said{std::move(*value), variable};
    if (file) return Said{*file, "the configuration"};
    return std::nullopt;
}

core::Error bad(const Said& said, const std::string& why) {
    return {core::ErrorCode::invalid, "'" + said.value.substr(0, 120) + "' of " + said.where + " " + why};
}

// The first thing that was wrong, so that the steps below read as a list.
class Check {
  public:
    void fail(core::Error error) {
        if (!error_) error_ = std::move(error);
    }
    template <class T>
    core::Result<T> done(T value) const {
        if (error_) return *error_;
        return value;
    }

    std::uint16_t port(const std::optional<Said>& said, std::uint16_t otherwise) {
        if (!said) return otherwise;
        std::uint16_t port = 0;
        const char* end = said->value.data() + said->value.size();
        const auto [stopped, problem] = std::from_chars(said->value.data(), end, port);
        if (problem != std::errc() || stopped != end || port == 0) fail(bad(*said, "is no port; write 1 to 65535"));
        return port;
    }
    // Decimal, as disks are sold; 0 when nothing was said.
    std::uint64_t size(const std::optional<Said>& said) {
        if (!said) return 0;
        constexpr std::pair<std::string_view, double> units[] = {{"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
        double number = 0;
        const char* end = said->value.data() + said->value.size();
        const auto [stopped, problem] = std::from_chars(said->value.data(), end, number);
        const std::string_view written(stopped, static_cast<std::size_t>(end - stopped));
        const auto* unit = std::ranges::find(units, written, &std::pair<std::string_view, double>::first);
        const double bytes = unit == std::end(units) ? 0 : number * unit->second;
        if (problem != std::errc() || !(bytes >= 1) || bytes > 1e18)
            return fail(bad(*said, "is no size; write one such as 500MB, 20GB or 1.5TB")), 0;
        return static_cast<std::uint64_t>(bytes);
    }
    system::log::Format log_format(const std::optional<Said>& said) {
        if (said && said->value != "text" && said->value != "json")
            fail(bad(*said, "is no log format; write text or json"));
        return said && said->value == "json" ? system::log::Format::json : system::log::Format::text;
    }
    bool truth(const std::optional<std::string>& said, const std::string& variable, bool otherwise) {
        if (!said) return otherwise;
        if (*said != "1" && *said != "true" && *said != "0" && *said != "false")
            fail(bad({*said, variable}, "is neither true nor false"));
        return *said == "1" || *said == "true";
    }
    std::string listen(const std::optional<Said>& said, std::string otherwise) {
        if (!said) return otherwise;
        if (!http::parse_host_port(said->value))
            fail(bad(*said, "is no address; write HOST:PORT, such as 127.0.0.1:8740"));
        return said->value;
    }

  private:
    std::optional<core::Error> error_;
};

std::optional<std::string> value_of(const std::optional<Said>& said) {
    return said ? std::optional(said->value) : std::nullopt;
}

std::optional<std::filesystem::path> path_of(const std::optional<Said>& said) {
    return said ? std::optional<std::filesystem::path>(said->value) : std::nullopt;
}

// Both or none.
std::optional<tls::IdentityFiles> tls_files(const std::optional<Said>& certificate, const std::optional<Said>& key,
                                            Check& check) {
    if (certificate && key) return tls::IdentityFiles{certificate->value, key->value};
    if (certificate) check.fail(bad(*certificate, "needs its key; name it with --tls-key FILE"));
    if (key) check.fail(bad(*key, "needs its certificate; name it with --tls-certificate FILE"));
    return std::nullopt;
}

std::optional<std::string> number_text(const std::optional<std::uint16_t>& number) {
    return number ? std::optional(std::to_string(*number)) : std::nullopt;
}

std::filesystem::path data_folder(const std::optional<Said>& said, const std::string& otherwise,
                                  const Variables& variables, Check& check) {
    if (said) return said->value;
    if (auto folder = state_folder(variables, otherwise)) return *folder;
    check.fail({core::ErrorCode::invalid, "there is no HOME to keep data in; name a folder with --data"});
    return {};
}

std::string worker_name(const std::optional<Said>& said, Check& check) {
    if (!said) {
        check.fail({core::ErrorCode::invalid,
                    "a worker needs a name: give --name NAME, ANTIPHON_NAME, or name in [worker] of antiphon.toml"});
        return {};
    }
    if (const auto name = core::parse_name(said->value); !name) check.fail(name.error());
    return said->value;
}

// The error does not repeat the token.
std::optional<std::string> invitation(const std::optional<Said>& said, Check& check) {
    if (!said) return std::nullopt;
    const auto url = http::parse_url(said->value);
    if (!url || url->fragment.empty())
        check.fail({core::ErrorCode::invalid,
                    "what " + said->where + " holds is no invitation; copy the line that `antiphon invite` prints"});
    return said->value;
}

std::vector<node::NamedDevice> devices(const std::vector<std::string>& flags, const std::string& option,
                                       const config::NamedDevices& file, Check& check) {
    if (flags.empty()) return file;
    auto parsed = parse_devices(flags, option);
    if (parsed) return std::move(*parsed);
    check.fail(parsed.error());
    return {};
}

// Of Bluetooth, as the kernel calls them.
std::vector<std::string> adapters(const std::vector<std::string>& flags, const std::vector<std::string>& file,
                                  Check& check) {
    constexpr std::string_view prefix = "hci";
    const auto& said = flags.empty() ? file : flags;
    for (const auto& adapter : said) {
        const auto number = std::string_view(adapter).substr(std::min(adapter.size(), prefix.size()));
        const bool digits = std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
        if (!adapter.starts_with(prefix) || number.empty() || number.size() > 4 || !digits)
            check.fail(bad({adapter, flags.empty() ? "the configuration" : "--adapter"},
                           "is no Bluetooth adapter; write one such as hci0"));
    }
    return said;
}

// Of headsets.
std::vector<std::string> codecs(const std::vector<std::string>& flags, const std::vector<std::string>& file,
                                Check& check) {
    const auto& said = flags.empty() ? file : flags;
    if (auto known = media::a2dp_codecs_named(said); !known)
        check.fail(known.error().within(flags.empty() ? "the configuration" : "--codec"));
    return said;
}

core::Result<config::Configuration> parse_file(const std::filesystem::path& path) {
    const auto text = read_small_file(path, config::configuration_max_bytes);
    if (!text) return text.error();
    return config::parse_configuration(*text, path.string());
}

// What the user's client.toml says, completed by antiphon.toml. Only a file that was named must be there.
core::Result<config::Configuration> client_configuration(const Outside& outside) {
    auto common = read_configuration(std::nullopt, outside);
    if (!common && !outside.variables("ANTIPHON_CONFIG")) common = config::Configuration();
    const auto path = user_configuration(outside.variables);
    if (!common || !path || !file_exists(*path)) return common;
    const auto own = parse_file(*path);
    if (!own) return own;
    if (own->client.server) common->client = own->client;
    if (own->client.token_file) common->client.token_file = own->client.token_file;
    if (own->client.tls_ca) common->client.tls_ca = own->client.tls_ca;
    return common;
}

// Where a coordinator of this machine keeps its token, most likely first.
std::vector<std::filesystem::path> likely_tokens(const config::Configuration& file, const Outside& outside) {
    std::vector<std::filesystem::path> folders;
    if (const auto data = outside.variables("ANTIPHON_DATA")) folders.emplace_back(*data);
    if (file.coordinator.data) folders.emplace_back(*file.coordinator.data);
    if (const auto state = state_folder(outside.variables, "coordinator")) folders.push_back(*state);
    folders.push_back(outside.system_data);
    for (auto& folder : folders) folder /= "token";
    return folders;
}

core::Result<std::string> find_token(const std::optional<std::string>& named, const http::Url& server,
                                     const config::Configuration& file, const Outside& outside) {
    if (named) return read_token(*named);
    if (!node::is_loopback(server.host)) return std::string();
    for (const auto& path : likely_tokens(file, outside))
        if (auto token = read_token(path)) return token;
    return std::string();
}

}  // namespace

core::Result<std::vector<node::NamedDevice>> parse_devices(const std::vector<std::string>& texts,
                                                           const std::string& option) {
    std::vector<node::NamedDevice> devices;
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        if (equals == std::string::npos || equals + 1 == text.size())
            return bad({text, option}, "names no device; write NAME=DEVICE, such as left=alsa:hw:0");
        auto name = core::parse_name(text.substr(0, equals));
        if (!name) return name.error().within(option);
        if (std::any_of(devices.begin(), devices.end(), [&](const auto& other) { return other.first == *name; }))
            return core::Error{core::ErrorCode::invalid, option + " names '" + *name + "' twice; names must differ"};
        devices.emplace_back(std::move(*name), text.substr(equals + 1));
    }
    return devices;
}

core::Result<config::Configuration> read_configuration(const std::optional<std::string>& flag, const Outside& outside) {
    if (const auto named = flag ? flag : outside.variables("ANTIPHON_CONFIG")) return parse_file(*named);
    if (file_exists(outside.system_configuration)) return parse_file(outside.system_configuration);
    return config::Configuration();
}

core::Result<node::CoordinatorOptions> settle(const CoordinatorArguments& flags, const Variables& variables,
                                              const config::CoordinatorSection& file) {
    Check check;
    node::CoordinatorOptions options;
    options.data =
        data_folder(pick("--data", flags.data, "ANTIPHON_DATA", variables, file.data), "coordinator", variables, check);
    options.listen =
        check.listen(pick("--listen", flags.listen, "ANTIPHON_LISTEN", variables, file.listen), options.listen);
    options.broker = value_of(pick("--broker", flags.broker, "ANTIPHON_BROKER", variables, file.broker));
    options.mqtt_port =
        check.port(pick("--mqtt-port", flags.mqtt_port, "ANTIPHON_MQTT_PORT", variables, number_text(file.mqtt_port)),
                   options.mqtt_port);
    options.clock_port = check.port(
        pick("--clock-port", flags.clock_port, "ANTIPHON_CLOCK_PORT", variables, number_text(file.clock_port)),
        options.clock_port);
    options.audio_port = check.port(
        pick("--audio-port", flags.audio_port, "ANTIPHON_AUDIO_PORT", variables, number_text(file.audio_port)),
        options.audio_port);
    options.insecure_lan =
        flags.insecure_lan ||
        check.truth(variables("ANTIPHON_INSECURE_LAN"), "ANTIPHON_INSECURE_LAN", file.insecure_lan.value_or(false));
    options.tls = tls_files(
        pick("--tls-certificate", flags.tls_certificate, "ANTIPHON_TLS_CERTIFICATE", variables, file.tls_certificate),
        pick("--tls-key", flags.tls_key, "ANTIPHON_TLS_KEY", variables, file.tls_key), check);
    options.tls_ca = path_of(pick("--tls-ca", flags.tls_ca, "ANTIPHON_TLS_CA", variables, file.tls_ca));
    options.log_format = check.log_format(pick("--log-format", flags.log_format, "ANTIPHON_LOG", variables, file.log));
    options.room = value_of(pick("--room", flags.room, "ANTIPHON_ROOM", variables, file.room));
    return check.done(std::move(options));
}

core::Result<node::WorkerOptions> settle(const WorkerArguments& flags, const Variables& variables,
                                         const config::WorkerSection& file) {
    Check check;
    node::WorkerOptions options;
    options.name = worker_name(pick("--name", flags.name, "ANTIPHON_NAME", variables, file.name), check);
    options.join = invitation(pick("--join", flags.join, "ANTIPHON_JOIN", variables, file.join), check);
    options.data = data_folder(pick("--data", flags.data, "ANTIPHON_DATA", variables, file.data),
                               "worker-" + options.name, variables, check);
    options.outputs = devices(flags.outputs, "--output", file.outputs, check);
    options.adapters = adapters(flags.adapters, file.adapters, check);
    options.codecs = codecs(flags.codecs, file.codecs, check);
    options.inputs = devices(flags.inputs, "--input", file.inputs, check);
    options.log_format = check.log_format(pick("--log-format", flags.log_format, "ANTIPHON_LOG", variables, file.log));
    options.room = value_of(pick("--room", flags.room, "ANTIPHON_ROOM", variables, file.room));
    options.tls_ca = path_of(pick("--tls-ca", flags.tls_ca, "ANTIPHON_TLS_CA", variables, file.tls_ca));
    options.broker_login =
        path_of(pick("--broker-login", flags.broker_login, "ANTIPHON_BROKER_LOGIN", variables, file.broker_login));
    options.recordings_max_bytes = check.size(
        pick("--recordings-max", flags.recordings_max, "ANTIPHON_RECORDINGS_MAX", variables, file.recordings_max));
    options.clock_agreement = !flags.no_clock_agreement;
    return check.done(std::move(options));
}

core::Result<ClientSettings> settle(const ClientArguments& flags, const Outside& outside) {
    const auto file = client_configuration(outside);
    if (!file) return file.error();
    const auto server = pick("--server", flags.server, "ANTIPHON_URL", outside.variables, file->client.server)
                            .value_or(Said{"http://127.0.0.1:8740", "the default"});
    const auto url = http::parse_url(server.value);
    if (!url) return url.error().within(server.where);
    const auto tls_ca =
        path_of(pick("--tls-ca", flags.tls_ca, "ANTIPHON_TLS_CA", outside.variables, file->client.tls_ca));
    const auto in_variable = outside.variables("ANTIPHON_TOKEN");
    if (!flags.token_file && in_variable) return ClientSettings{*url, *in_variable, tls_ca};
    auto token = find_token(flags.token_file ? flags.token_file : file->client.token_file, *url, *file, outside);
    if (!token) return token.error();
    return ClientSettings{*url, std::move(*token), tls_ca};
}

}  // namespace antiphon::cli
