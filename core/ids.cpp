// Names as DESIGN demands them; every refusal says which rule was broken.
#include "core/ids.hpp"

#include <algorithm>

namespace antiphon::core {
namespace {

constexpr std::size_t name_length_max = 32;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_name_rest(char c) { return is_name_start(c) || c == '-'; }
bool is_lower_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

Error bad_name(std::string_view text, const std::string& why) {
    return {ErrorCode::invalid, "name '" + std::string(text.substr(0, 64)) + "' " + why +
                                    "; use 1 to 32 of a-z, 0-9 and '-', not starting with '-', such as 'hall-left'"};
}

}  // namespace

Result<std::string> parse_name(std::string_view text) {
    if (text.empty()) return bad_name(text, "is empty");
    if (text.size() > name_length_max) return bad_name(text, "is longer than 32 characters");
    if (!is_name_start(text.front()) || !std::all_of(text.begin(), text.end(), is_name_rest))
        return bad_name(text, "has a character that names may not have");
    if (text == "all") return bad_name(text, "is reserved");
    return std::string(text);
}

Result<EndpointName> parse_endpoint_name(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos)
        return Error{ErrorCode::invalid,
                     "'" + std::string(text.substr(0, 80)) + "' names no output or input; write worker/name"};
    auto worker = parse_name(text.substr(0, slash));
    if (!worker) return worker.error();
    auto endpoint = parse_name(text.substr(slash + 1));
    if (!endpoint) return endpoint.error();
    return EndpointName{std::move(*worker), std::move(*endpoint)};
}

Result<BlobHash> parse_blob_hash(std::string_view text) {
    if (text.size() != 64 || !std::all_of(text.begin(), text.end(), is_lower_hex))
        return Error{ErrorCode::invalid, "blob hash '" + std::string(text.substr(0, 80)) +
                                             "' is not a SHA-256; write its 64 lower-case hexadecimal digits"};
    return BlobHash{std::string(text)};
}

}  // namespace antiphon::core
