// URLs: host, port and the rest.
#include "adapters/http/url.hpp"

#include <algorithm>
#include <charconv>

namespace antiphon::http {
namespace {

constexpr std::uint16_t https_port = 443;

core::Error bad_url(std::string_view text, const std::string& why) {
    return {core::ErrorCode::invalid,
            "URL '" + std::string(text.substr(0, 120)) + "' " + why + "; write http://HOST:PORT or https://HOST:PORT"};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [stopped, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || failed != std::errc() || stopped != text.data() + text.size()) return std::nullopt;
    return port;
}

bool is_host_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_'; }
bool is_ipv6_char(char c) { return std::isxdigit(static_cast<unsigned char>(c)) || c == ':' || c == '.'; }

bool is_name(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_host_char); }

// "::1", "fe80::1%eth0": the shape of one; whether it is an address is for whoever connects.
bool is_ipv6(std::string_view text) {
    const auto zone = std::min(text.find('%'), text.size());
    const auto address = text.substr(0, zone);
    return address.find(':') != std::string_view::npos && std::all_of(address.begin(), address.end(), is_ipv6_char) &&
           (zone == text.size() || is_name(text.substr(zone + 1)));
}

struct Split {
    std::string_view host;
    std::optional<std::string_view> port;
};

// "[::1]:80", "host:80", "host"; nothing when a bracket or a host is missing.
std::optional<Split> split_authority(std::string_view text) {
    const bool bracketed = text.starts_with('[');
    const auto end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && end == std::string_view::npos) return std::nullopt;
    const auto host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
    const auto rest = end == std::string_view::npos ? std::string_view() : text.substr(end + (bracketed ? 1 : 0));
    const bool good = bracketed ? is_ipv6(host) : is_name(host);
    if (!good || host.size() > 253 || (!rest.empty() && rest.front() != ':')) return std::nullopt;
    return Split{host, rest.empty() ? std::nullopt : std::optional(rest.substr(1))};
}

bool is_plain(char c) { return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) != 0x7f; }

}  // namespace

std::string Url::authority() const {
    const bool ipv6 = host.find(':') != std::string::npos;
    return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Url::origin() const { return (tls ? "https://" : "http://") + authority(); }

core::Result<Url> parse_url(std::string_view text) {
    const bool tls = equal_ignoring_case(text.substr(0, 8), "https://");
    const std::string_view scheme = tls ? "https://" : "http://";
    if (!equal_ignoring_case(text.substr(0, scheme.size()), scheme))
        return bad_url(text, "does not start with http:// or https://");
    if (!std::all_of(text.begin(), text.end(), is_plain)) return bad_url(text, "has a space or a control character");
    auto rest = text.substr(scheme.size());
    const auto path = std::min(rest.find_first_of("/?#"), rest.size());
    const auto authority = rest.substr(0, path);
    rest.remove_prefix(path);
    if (authority.find('@') != std::string_view::npos)
        return core::Error{core::ErrorCode::invalid,
                           "a URL with a user name is refused; give the token with --token-file"};
    const auto split = split_authority(authority);
    if (!split) return bad_url(text, "has no valid host");
    Url url;
    url.tls = tls;
    url.host = split->host;
    if (tls) url.port = https_port;
    if (split->port) {
        const auto port = parse_port(*split->port);
        if (!port || *port == 0) return bad_url(text, "has no valid port (1 to 65535)");
        url.port = *port;
    }
    const auto hash = rest.find('#');
    if (hash != std::string_view::npos) url.fragment = rest.substr(hash + 1);
    url.path = rest.substr(0, hash);
    if (!url.path.starts_with('/')) url.path.insert(0, "/");
    return url;
}

core::Result<HostPort> parse_host_port(std::string_view text) {
    const auto split = split_authority(text);
    const auto port = split && split->port ? parse_port(*split->port) : std::nullopt;
    if (!port)
        return core::Error{core::ErrorCode::invalid, "'" + std::string(text.substr(0, 120)) +
                                                         "' is no address; write HOST:PORT, such as 127.0.0.1:8740"};
    return HostPort{std::string(split->host), *port};
}

}  // namespace antiphon::http
