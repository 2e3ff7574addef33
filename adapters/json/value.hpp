// The same for values that are parsed already. Apart, because Boost.JSON's value is slow to include.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "adapters/json/json.hpp"

namespace antiphon::json {

// decode() from a value. `counters` may be null.
template <class T>
core::Result<T> decode_value(const boost::json::value& from, DecodeCounters* counters = nullptr) {
    T to{};
    Reading reading;
    Codec<T>::read(from, to, reading);
    if (const auto error = reading.finish(counters)) return *error;
    return to;
}

// Parses what encode() gave. Null for the one text that fails: a map two keys of which are the same once their bytes
// that are not UTF-8 are replaced.
boost::json::value value_of_own_text(std::string_view text);

template <class T>
boost::json::value encode_value(const T& from) {
    return value_of_own_text(encode(from));
}

}  // namespace antiphon::json
