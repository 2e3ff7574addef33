// ETags and ranges: RFC 9110 sections 8.8, 13 and 14.
#include "adapters/http/conditional.hpp"

#include <algorithm>
#include <charconv>

#include "core/contract.hpp"

namespace antiphon::http {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<std::uint64_t> parse_number(std::string_view digits) {
    std::uint64_t number = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stopped, failed] = std::from_chars(digits.data(), end, number);
    if (failed != std::errc() || stopped != end || digits.empty()) return std::nullopt;
    return number;
}

core::Error unsatisfiable(std::uint64_t size_bytes) {
    return {core::ErrorCode::invalid, "the range lies outside the file of " + std::to_string(size_bytes) + " bytes"};
}

// "-500": the last 500 bytes.
core::Result<std::optional<ByteRange>> suffix_range(std::uint64_t length, std::uint64_t size_bytes) {
    if (length == 0 || size_bytes == 0) return unsatisfiable(size_bytes);
    const auto taken = std::min(length, size_bytes);
    return std::optional(ByteRange{size_bytes - taken, taken});
}

}  // namespace

std::string etag(std::string_view opaque) {
    ANTIPHON_ASSERT(std::all_of(opaque.begin(), opaque.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"'; }));
    return "\"" + std::string(opaque) + "\"";
}

std::string etag(std::uint64_t revision) { return etag(std::to_string(revision)); }

bool etag_matches(std::string_view header, std::string_view current) noexcept {
    if (trimmed(header) == "*") return true;
    while (!header.empty()) {
        const auto comma = header.find(',');
        if (trimmed(header.substr(0, comma)) == current) return true;
        header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    }
    return false;
}

core::Result<void> check_if_match(const Request& request, std::string_view current) {
    const auto* wanted = request.headers.find("If-Match");
    if (!wanted || etag_matches(*wanted, current)) return {};
    return core::Error{core::ErrorCode::conflict, "If-Match wants version " + wanted->substr(0, 80) + " but it is " +
                                                      std::string(current) + "; read it again and repeat the change"};
}

core::Result<std::optional<std::uint64_t>> if_match_revision(const Request& request) {
    const auto* wanted = request.headers.find("If-Match");
    if (!wanted || trimmed(*wanted) == "*") return std::optional<std::uint64_t>();
    auto text = trimmed(*wanted);
    if (text.size() > 2 && text.front() == '"' && text.back() == '"') {
        const auto revision = parse_number(text.substr(1, text.size() - 2));
        if (revision) return revision;
    }
    return core::Error{core::ErrorCode::invalid, "If-Match '" + wanted->substr(0, 80) +
                                                     "' is no version; send the ETag of the object, such as \"7\""};
}

bool is_not_modified(const Request& request, std::string_view current) noexcept {
    const auto* known = request.headers.find("If-None-Match");
    return known && !current.empty() && etag_matches(*known, current);
}

Response not_modified(std::string_view current) {
    auto response = Response::empty(304);
    response.headers.set("ETag", std::string(current));
    return response;
}

core::Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size_bytes) {
    const std::optional<ByteRange> whole;
    header = trimmed(header);
    constexpr std::string_view unit = "bytes=";
    if (header.size() < unit.size() || !equal_ignoring_case(header.substr(0, unit.size()), unit)) return whole;
    const auto spec = trimmed(header.substr(unit.size()));
    const auto dash = spec.find('-');
    if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return whole;
    const auto first = parse_number(spec.substr(0, dash));
    const auto last = parse_number(spec.substr(dash + 1));
    if (dash == 0) return last ? suffix_range(*last, size_bytes) : whole;
    const bool open_ended = dash + 1 == spec.size();
    if (!first || (!last && !open_ended) || (last && *last < *first)) return whole;
    if (*first >= size_bytes) return unsatisfiable(size_bytes);
    const auto end = last ? std::min(*last, size_bytes - 1) : size_bytes - 1;
    return std::optional(ByteRange{*first, end - *first + 1});
}

}  // namespace antiphon::http
