// The small parsers of what comes from outside, chosen by the first byte: what they let through keeps their promises.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "adapters/http/conditional.hpp"
#include "adapters/http/url.hpp"
#include "adapters/mqtt/broker_files.hpp"
#include "adapters/mqtt/broker_url.hpp"
#include "adapters/net/clock_packet.hpp"
#include "core/contract.hpp"
#include "core/ids.hpp"
#include "core/permission.hpp"
#include "core/trace.hpp"

namespace {

using namespace antiphon;

bool is_printable(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

void url(std::string_view text) {
    const auto parsed = http::parse_url(text);
    if (!parsed) return;
    ANTIPHON_ASSERT(!parsed->host.empty() && is_printable(parsed->host));
    const auto again = http::parse_url(parsed->origin());
    ANTIPHON_ASSERT(again && again->host == parsed->host && again->port == parsed->port && again->tls == parsed->tls);
}

void target(std::string_view text) {
    const auto parsed = http::parse_target(text);
    if (!parsed) return;
    ANTIPHON_ASSERT(parsed->path.starts_with('/') && is_printable(parsed->path));
    ANTIPHON_ASSERT((parsed->path + "/").find("/../") == std::string::npos);
}

void range(std::string_view text) {
    constexpr std::uint64_t size_bytes = 1000;
    const auto parsed = http::parse_range(text, size_bytes);
    if (!parsed || !*parsed) return;
    ANTIPHON_ASSERT((*parsed)->length > 0 && (*parsed)->first < size_bytes);
    ANTIPHON_ASSERT((*parsed)->length <= size_bytes - (*parsed)->first);
}

void host_port(std::string_view text) {
    const auto parsed = http::parse_host_port(text);
    if (!parsed) return;
    const auto again = http::parse_host_port(http::Url{parsed->host, parsed->port, "/", "", false}.authority());
    ANTIPHON_ASSERT(again && again->host == parsed->host && again->port == parsed->port);
}

void escapes(std::string_view text) {
    ANTIPHON_ASSERT(http::percent_decoded(http::percent_encoded(text)) == std::string(text));
    http::percent_decoded(text, true);
}

void broker_url(std::string_view text) {
    const auto parsed = mqtt::parse_broker_url(text);
    ANTIPHON_ASSERT(!parsed || (!parsed->host.empty() && parsed->port > 0));
}

void denial(std::string_view text) {
    const auto parsed = mqtt::parse_denial(text);
    ANTIPHON_ASSERT(!parsed || text.find(parsed->topic) != std::string_view::npos);
    mqtt::is_chatter(text);
}

void name(std::string_view text) {
    const auto parsed = core::parse_name(text);
    ANTIPHON_ASSERT(!parsed || (*parsed == text && text.size() <= 32));
    ANTIPHON_ASSERT(!core::is_trace(text) || (is_printable(text) && text.size() <= 64));
    const auto permission = core::parse_permission(text);
    ANTIPHON_ASSERT(!permission || core::to_string(*permission) == text);
}

void endpoint(std::string_view text) {
    const auto parsed = core::parse_endpoint_name(text);
    ANTIPHON_ASSERT(!parsed || parsed->text() == text);
    const auto blob = core::parse_blob_hash(text);
    ANTIPHON_ASSERT(!blob || (blob->value == text && text.size() == 64));
}

void clock_packet(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    const auto parsed = net::decode_clock_packet(bytes);
    ANTIPHON_ASSERT(!parsed || std::ranges::equal(net::encode(*parsed), bytes));
}

constexpr std::array parsers{url, target, range, host_port, escapes, broker_url, denial, name, endpoint, clock_packet};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    parsers[data[0] % parsers.size()]({reinterpret_cast<const char*>(data) + 1, size - 1});
    return 0;
}
