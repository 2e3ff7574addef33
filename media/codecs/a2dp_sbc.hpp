// SBC, which every A2DP device has (A2DP 1.3.2, 4.3 and appendix B).
#pragma once

#include "media/codecs/a2dp_codec.hpp"

namespace antiphon::media {

// 48 kHz before 44.1, joint stereo before stereo, dual channel and mono, 16 blocks, 8 subbands, loudness. The bitpool
// is the specification's recommendation for high quality (table 4.7), or what the device takes at most.
extern const A2dpCodec a2dp_sbc;

// The same with more of the air, known as SBC XQ: two channels of their own with what stays below 552 kbit/s, where the
// device has them.
extern const A2dpCodec a2dp_sbc_xq;

}  // namespace antiphon::media
