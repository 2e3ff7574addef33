// Request targets: what a client may ask for, decoded once and for all.
#include <array>
#include <vector>

#include "adapters/http/url.hpp"

namespace antiphon::http {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

core::Error bad_target(const std::string& why) { return {core::ErrorCode::invalid, "the request's target " + why}; }

// Adds one raw segment to the path; nothing for "" and ".".
core::Result<void> add_segment(std::vector<std::string>& path, std::string_view raw) {
    auto segment = percent_decoded(raw);
    if (!segment) return bad_target("has a broken % escape");
    if (segment->find('/') != std::string::npos) return bad_target("has an encoded '/'");
    for (const char c : *segment)
        if (is_control(c)) return bad_target("has a control character");
    if (*segment == "..") {
        if (path.empty()) return bad_target("leaves the root with '..'");
        path.pop_back();
    } else if (!segment->empty() && *segment != ".") {
        path.push_back(std::move(*segment));
    }
    return {};
}

core::Result<std::string> parse_path(std::string_view raw) {
    if (!raw.starts_with('/')) return bad_target("does not start with '/'");
    std::vector<std::string> segments;
    while (!raw.empty()) {
        raw.remove_prefix(1);
        const auto slash = std::min(raw.find('/'), raw.size());
        if (auto added = add_segment(segments, raw.substr(0, slash)); !added) return added.error();
        raw.remove_prefix(slash);
    }
    std::string path;
    for (const auto& segment : segments) path += "/" + segment;
    return path.empty() ? "/" : path;
}

core::Result<void> add_query(TextMap& query, std::string_view pair) {
    if (pair.empty()) return {};
    const auto equals = pair.find('=');
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value) return bad_target("has a broken % escape in its query");
    const auto [place, added] = query.emplace(std::move(*name), std::move(*value));
    if (!added) return bad_target("names '" + place->first.substr(0, 64) + "' twice in its query; give it once");
    return {};
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved)
            out += c;
        else
            out.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
    return out;
}

core::Result<Target> parse_target(std::string_view target) {
    Target parsed;
    const auto question = std::min(target.find('?'), target.size());
    auto path = parse_path(target.substr(0, question));
    if (!path) return path.error();
    parsed.path = std::move(*path);
    auto rest = target.substr(std::min(question + 1, target.size()));
    while (!rest.empty()) {
        const auto ampersand = std::min(rest.find('&'), rest.size());
        if (auto added = add_query(parsed.query, rest.substr(0, ampersand)); !added) return added.error();
        rest.remove_prefix(std::min(ampersand + 1, rest.size()));
    }
    return parsed;
}

}  // namespace antiphon::http
