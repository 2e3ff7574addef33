// Text to a JSON value, strictly: what is not exactly one standard JSON document is refused.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string_view>

#include "core/result.hpp"

namespace antiphon::json {

// Limits on any document from outside. Depth counts arrays and objects.
inline constexpr std::size_t depth_max = 32;

// `invalid` for text that is longer than `size_max_bytes`, is not JSON, is nested too deeply, names a key twice, holds
// bytes that are not UTF-8, or goes on after its end; the message names the byte. Doubles are rounded correctly, which
// Boost.JSON 1.81 alone does not do. The value allocates from `storage`. Thread-safe.
core::Result<boost::json::value> parse(std::string_view text, std::size_t size_max_bytes,
                                       boost::json::storage_ptr storage = {});

}  // namespace antiphon::json
