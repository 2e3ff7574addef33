// URLs, request targets and percent encoding.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/message.hpp"
#include "core/result.hpp"

namespace antiphon::http {

struct Url {
    std::string host;         // a name or an address; IPv6 without its brackets
    std::uint16_t port = 80;  // 80, or 443 of https, when the URL names none
    std::string path = "/";   // still encoded, with its query
    std::string fragment;     // after '#', as in an invitation URL#TOKEN
    bool tls = false;         // https

    // "http://host:port", without path.
    std::string origin() const;
    // "host:port", as the Host header wants it.
    std::string authority() const;
};

// http://HOST[:PORT][/PATH][?QUERY][#FRAGMENT], or https. `invalid` says what is wrong; user names in URLs are refused,
// for they end up in logs.
core::Result<Url> parse_url(std::string_view text);

struct HostPort {
    std::string host;
    std::uint16_t port = 0;
};
// "127.0.0.1:8740", "[::1]:8740", "localhost:0".
core::Result<HostPort> parse_host_port(std::string_view text);

struct Target {
    std::string path;  // see Request::path
    TextMap query;
};
// A request target in origin form ("/v1/x?y=1"). `invalid` for bad escapes, control characters, an encoded '/' or NUL,
// dot segments that leave the root, a name given twice.
core::Result<Target> parse_target(std::string_view target);

// Nothing when an escape is broken.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space = false);
// Everything but unreserved characters is escaped: for one path segment or one query value.
std::string percent_encoded(std::string_view text);

}  // namespace antiphon::http
