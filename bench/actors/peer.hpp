// What is measured of an actor library, ours and the peer's.
#pragma once

#include <cstdint>

namespace antiphon::bench {

struct Measured {
    double messages_per_s = 0;   // two actors, one thread, one message under way
    double bytes_per_actor = 0;  // an idle one, of many
};

Measured measure_ours(std::uint64_t rounds, std::uint64_t actors);
// Zeros when the program was built without CAF.
Measured measure_caf(std::uint64_t rounds, std::uint64_t actors);

// Bytes that the allocator has handed out and not got back.
double bytes_in_use();
double seconds_now();

}  // namespace antiphon::bench
