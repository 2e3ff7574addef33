// A live stream in a session document.
#pragma once

#include "apps/live/stream.hpp"
#include "core/documents.hpp"

namespace antiphon::live {

// `invalid` for a door that nobody can go through: a key that is none, for one.
core::Result<Stream> stream_of(const core::LiveDoor& door, core::ClusterTime begins);
// A new stream's, all of it that shall be random drawn anew; without a port.
core::LiveDoor new_door(core::LiveCodec codec, int channels, int packet_frames);

}  // namespace antiphon::live
