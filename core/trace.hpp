// The id that a request and all that comes of it share in logs: X-Request-Id over HTTP, `trace` in an envelope.
#pragma once

#include <string_view>

namespace antiphon::core {

// Whether a text from outside may be one: 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', which nothing has to escape.
bool is_trace(std::string_view text) noexcept;

}  // namespace antiphon::core
