// Elements as tests write them.
#pragma once

#include "media/codecs/a2dp_codec.hpp"

namespace antiphon::media::test {

inline A2dpElements elements(std::initializer_list<int> values) {
    A2dpElements bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

}  // namespace antiphon::media::test
