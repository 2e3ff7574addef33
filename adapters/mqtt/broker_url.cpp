// The few URLs that name a broker.
#include "adapters/mqtt/broker_url.hpp"

#include <charconv>
#include <optional>

namespace antiphon::mqtt {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::string_view plain_scheme = "mqtt://";
constexpr std::string_view tls_scheme = "mqtts://";
constexpr std::uint16_t tls_port = 8883;
constexpr std::size_t length_max = 1024;

Error bad_url(const std::string& why) {
    return {ErrorCode::invalid, "broker URL " + why + "; write it like mqtt://user:password@broker.example:1883"};
}

bool is_printable(std::string_view text) {
    for (const char c : text)
        if (c <= ' ' || c == '\x7f') return false;
    return true;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        if (text.front() != '%') {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        unsigned value = 0;
        const auto digits = text.substr(1, 2);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (error != std::errc{} || end != text.data() + 3) return {};
        out += static_cast<char>(value);
        text.remove_prefix(3);
    }
    return out;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) return {};
    return port;
}

core::Result<void> read_host_and_port(std::string_view text, BrokerUrl& url) {
    const bool bracketed = text.starts_with('[');
    const auto host_end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
    if (host_end == std::string_view::npos) return bad_url("has an IPv6 address without ']'");
    url.host = text.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
    if (url.host.empty()) return bad_url("names no host");
    auto rest = text.substr(host_end + (bracketed ? 1 : 0));
    if (rest.empty()) return {};
    const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
    if (!port) return bad_url("has no port from 1 to 65535 after its host '" + url.host + "'");
    url.port = *port;
    return {};
}

}  // namespace

core::Result<BrokerUrl> parse_broker_url(std::string_view text) {
    if (text.size() > length_max) return bad_url("is longer than 1024 characters");
    const bool tls = text.starts_with(tls_scheme);
    const auto scheme = tls ? tls_scheme : plain_scheme;
    if (!text.starts_with(scheme)) return bad_url("does not start with mqtt:// or mqtts://");
    if (!is_printable(text)) return bad_url("has a space or a control character");
    text.remove_prefix(scheme.size());
    if (text.ends_with('/')) text.remove_suffix(1);

    BrokerUrl url;
    url.tls = tls;
    if (tls) url.port = tls_port;
    const auto at = text.rfind('@');
    if (at != std::string_view::npos) {
        const auto user = text.substr(0, at);
        const auto colon = std::min(user.find(':'), user.size());
        const auto username = percent_decoded(user.substr(0, colon));
        const auto password = percent_decoded(user.substr(std::min(colon + 1, user.size())));
        if (!username || !password) return bad_url("has a '%' without two hexadecimal digits");
        url.username = *username;
        url.password = *password;
        text.remove_prefix(at + 1);
    }
    if (const auto read = read_host_and_port(text, url); !read) return read.error();
    return url;
}

std::string without_login(const BrokerUrl& url) {
    const bool bracketed = url.host.find(':') != std::string::npos;
    return std::string(url.tls ? tls_scheme : plain_scheme) + (bracketed ? "[" + url.host + "]" : url.host) + ":" +
           std::to_string(url.port);
}

}  // namespace antiphon::mqtt
