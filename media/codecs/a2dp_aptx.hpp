// aptX, of Qualcomm's: four frames in four bytes, whatever they hold.
#pragma once

#include "media/codecs/a2dp_codec.hpp"

namespace antiphon::media {

// 48 kHz before 44.1, stereo: 384 kbit/s at 48 kHz. Its packets are nothing but code words, without RTP.
extern const A2dpCodec a2dp_aptx;

}  // namespace antiphon::media
