// antiphon.toml by toml++: each table has a list of the keys that may stand in it, and what each must be.
#include "apps/config/configuration.hpp"

#include <algorithm>
#include <functional>

#include "apps/config/plain_lines.hpp"
#include "core/ids.hpp"

// toml++ 3.3.0 asserts, and promises the optimiser, that a header such as "[!]" never comes, just before it would
// refuse it. Without its assertions it refuses; with NDEBUG the promise would stay.
#undef NDEBUG
#define TOML_ASSERT(condition) static_assert(true)
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <toml++/toml.h>

namespace antiphon::config {
namespace {

// Dotted keys nest as deep as they have dots, and toml++ takes a nest apart by recursion.
constexpr std::ptrdiff_t dots_max = 4096;

using Problem = std::optional<core::Error>;

struct Place {
    std::string origin;
    toml::source_index line = 0;

    core::Error error(const std::string& what) const {
        return {core::ErrorCode::invalid, origin + ", line " + std::to_string(line) + ": " + what};
    }
};

struct Key {
    std::string_view name;
    std::string_view wanted;  // "a string, such as ..."
    std::function<bool(const toml::node&)> take;
    std::function<Problem(const toml::node&)> take_table = {};  // instead of `take`: says itself what is wrong
};
using Keys = std::vector<Key>;

Key text_key(std::string_view name, std::optional<std::string>& to, std::string_view wanted = "a string in quotes") {
    return {name, wanted, [&to](const toml::node& node) {
                to = node.value_exact<std::string>();
                return to.has_value();
            }};
}

Key log_key(std::optional<std::string>& to) {
    return {"log", "\"text\" or \"json\"", [&to](const toml::node& node) {
                to = node.value_exact<std::string>();
                return to == "text" || to == "json";
            }};
}

Key port_key(std::string_view name, std::optional<std::uint16_t>& to) {
    return {name, "a port, 1 to 65535", [&to](const toml::node& node) {
                const auto number = node.value_exact<std::int64_t>();
                if (!number || *number < 1 || *number > 65535) return false;
                to = static_cast<std::uint16_t>(*number);
                return true;
            }};
}

Key flag_key(std::string_view name, std::optional<bool>& to) {
    return {name, "true or false", [&to](const toml::node& node) {
                to = node.value_exact<bool>();
                return to.has_value();
            }};
}

Key texts_key(std::string_view name, std::vector<std::string>& to, std::string_view wanted) {
    return {name, wanted, [&to](const toml::node& node) {
                const auto* list = node.as_array();
                if (!list) return false;
                for (const auto& one : *list) {
                    auto text = one.value_exact<std::string>();
                    if (!text) return false;
                    to.push_back(std::move(*text));
                }
                return true;
            }};
}

// toml++ sorts by key; people expect their own order.
std::vector<std::pair<std::string, const toml::node*>> in_file_order(const toml::table& table) {
    std::vector<std::pair<std::string, const toml::node*>> entries;
    for (const auto& [key, node] : table) entries.emplace_back(std::string(key.str()), &node);
    std::ranges::stable_sort(
        entries, [](const auto& a, const auto& b) { return a.second->source().begin < b.second->source().begin; });
    return entries;
}

Place place_of(const std::string& origin, const toml::node& node) { return {origin, node.source().begin.line}; }

std::string quoted(std::string_view text) {
    std::string shown = "'";
    for (const char c : text.substr(0, 80)) shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    return shown + (text.size() > 80 ? "...'" : "'");
}

std::string names_of(const Keys& keys) {
    std::string names;
    for (const auto& key : keys) names.append(names.empty() ? "" : ", ").append(key.name);
    return names;
}

Problem take(const Key& key, const toml::node& node, const std::string& where, const Place& place) {
    if (key.take_table) return key.take_table(node);
    if (key.take(node)) return std::nullopt;
    return place.error("'" + std::string(key.name) + "' " + where + " must be " + std::string(key.wanted));
}

Problem read_table(const toml::table& table, const Keys& keys, const std::string& where, const std::string& origin) {
    for (const auto& [name, node] : in_file_order(table)) {
        const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == name; });
        const auto place = place_of(origin, *node);
        if (key == keys.end())
            return place.error("unknown key " + quoted(name) + " " + where + "; allowed are " + names_of(keys));
        if (auto problem = take(*key, *node, where, place)) return problem;
    }
    return std::nullopt;
}

Problem read_devices(const toml::table& table, NamedDevices& to, const std::string& where, const std::string& origin) {
    for (const auto& [name, node] : in_file_order(table)) {
        const auto place = place_of(origin, *node);
        const auto device = node->value_exact<std::string>();
        if (!device || device->empty())
            return place.error(quoted(name) + " " + where + " must be a device in quotes, such as \"alsa:hw:0\"");
        if (const auto valid = core::parse_name(name); !valid) return place.error(valid.error().what);
        to.emplace_back(name, *device);
    }
    return std::nullopt;
}

// A key that holds a table, read by `read`.
template <class Read>
Key table_key(std::string_view name, const std::string& origin, std::string_view where, const Read& read) {
    return {name, "a table", {}, [name, &origin, where, read](const toml::node& node) -> Problem {
                if (const auto* table = node.as_table()) return read(*table);
                return place_of(origin, node)
                    .error("'" + std::string(name) + "' " + std::string(where) + " must be a table, [" +
                           (where == "in [worker]" ? "worker." : "") + std::string(name) + "]");
            }};
}

Keys coordinator_keys(CoordinatorSection& to) {
    return {text_key("data", to.data),
            text_key("listen", to.listen, "an address in quotes, such as \"127.0.0.1:8740\""),
            text_key("broker", to.broker, "a URL in quotes, such as \"mqtt://broker:1883\""),
            port_key("mqtt_port", to.mqtt_port),
            port_key("clock_port", to.clock_port),
            port_key("audio_port", to.audio_port),
            flag_key("insecure_lan", to.insecure_lan),
            text_key("tls_certificate", to.tls_certificate),
            text_key("tls_key", to.tls_key),
            text_key("tls_ca", to.tls_ca),
            log_key(to.log),
            text_key("room", to.room)};
}

Keys worker_keys(WorkerSection& to, const std::string& origin) {
    const auto devices = [&origin](std::string_view name, NamedDevices& list) {
        return table_key(name, origin, "in [worker]", [&origin, name, &list](const toml::table& table) {
            return read_devices(table, list, "in [worker." + std::string(name) + "]", origin);
        });
    };
    return {text_key("name", to.name),
            text_key("join", to.join, "an invitation in quotes, \"URL#TOKEN\""),
            text_key("data", to.data),
            log_key(to.log),
            text_key("room", to.room),
            text_key("tls_ca", to.tls_ca),
            text_key("broker_login", to.broker_login),
            text_key("recordings_max", to.recordings_max, "a size in quotes, such as \"20GB\""),
            texts_key("adapters", to.adapters, "a list of Bluetooth adapters, such as [\"hci0\"]"),
            texts_key("codecs", to.codecs, "a list of codecs for Bluetooth, such as [\"aptx\", \"sbc\"]"),
            devices("outputs", to.outputs),
            devices("inputs", to.inputs)};
}

Keys client_keys(ClientSection& to) {
    return {text_key("server", to.server, "a URL in quotes, such as \"http://127.0.0.1:8740\""),
            text_key("token_file", to.token_file), text_key("tls_ca", to.tls_ca)};
}

Problem read_document(const toml::table& root, Configuration& to, const std::string& origin) {
    const auto section = [&origin](std::string_view name, Keys keys) {
        return table_key(name, origin, "at the top", [&origin, name, keys = std::move(keys)](const toml::table& table) {
            return read_table(table, keys, "in [" + std::string(name) + "]", origin);
        });
    };
    const Keys sections{section("coordinator", coordinator_keys(to.coordinator)),
                        section("worker", worker_keys(to.worker, origin)), section("client", client_keys(to.client))};
    return read_table(root, sections, "at the top", origin);
}

Problem check_size(std::string_view text, const std::string& origin) {
    if (text.size() > configuration_max_bytes)
        return core::Error{core::ErrorCode::invalid,
                           origin + " is longer than 64 KiB; is it really the configuration?"};
    if (std::count(text.begin(), text.end(), '.') > dots_max)
        return core::Error{core::ErrorCode::invalid, origin + " has more than " + std::to_string(dots_max) +
                                                         " dots; is it really the configuration?"};
    return std::nullopt;
}

core::Result<Configuration> parse_lines(const std::string& text, const std::string& origin) {
    const auto parsed = toml::parse(text);
    if (!parsed)
        return Place{origin, parsed.error().source().begin.line}.error("is no TOML: " +
                                                                       std::string(parsed.error().description()));
    Configuration configuration;
    if (auto problem = read_document(parsed.table(), configuration, origin)) return *problem;
    return configuration;
}

}  // namespace

core::Result<Configuration> parse_configuration(std::string_view text, std::string_view origin_name) {
    const std::string origin(origin_name);
    if (auto problem = check_size(text, origin)) return *problem;
    const auto plain = plain_lines(text);
    if (plain.problem) return Place{origin, static_cast<toml::source_index>(plain.line)}.error(*plain.problem);
    return parse_lines(plain.text, origin);
}

}  // namespace antiphon::config
