// LDAC, of Sony's.
#pragma once

#include "media/codecs/a2dp_codec.hpp"

namespace antiphon::media {

// 48 kHz before 44.1, stereo before dual channel, at 660 kbit/s (606 at 44.1): twice the air that SBC takes.
extern const A2dpCodec a2dp_ldac;

}  // namespace antiphon::media
