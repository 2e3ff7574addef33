// ETag, If-Match, If-None-Match and Range: the headers that make an answer depend on what the client already has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/http/message.hpp"
#include "core/result.hpp"

namespace antiphon::http {

// A strong ETag with its quotes. Revisions and hashes are fine; quotes and control characters in it are a bug.
std::string etag(std::string_view opaque);
std::string etag(std::uint64_t revision);

// True when `header` is "*" or lists `current`. Weak tags never match, as If-Match demands.
bool etag_matches(std::string_view header, std::string_view current) noexcept;

// `conflict` (409) when If-Match is there and names another version. Absent: fine.
core::Result<void> check_if_match(const Request& request, std::string_view current);
// The revision that If-Match names ("7" -> 7), nothing when there is none or "*"; `invalid` when it is no single
// revision.
core::Result<std::optional<std::uint64_t>> if_match_revision(const Request& request);
// The client has this version already: answer 304 with `not_modified`.
bool is_not_modified(const Request& request, std::string_view current) noexcept;
Response not_modified(std::string_view current);

// Bytes [first, first + length) of a file.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t length = 0;

    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// What a Range header asks of a file of `size` bytes. Nothing: send all of it (no single range in bytes that we
// understand; several ranges are answered with the whole, as RFC 9110 allows). Error `invalid`: 416.
core::Result<std::optional<ByteRange>> parse_range(std::string_view header, std::uint64_t size_bytes);

}  // namespace antiphon::http
