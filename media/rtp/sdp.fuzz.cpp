// Whatever claims to describe a stream: an error, or a description that is read again as it was.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/contract.hpp"
#include "media/rtp/sdp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace antiphon::rtp;
    const auto read = parse_sdp({reinterpret_cast<const char*>(data), size});
    if (!read) {
        ANTIPHON_ASSERT(!read.error().what.empty());
        return 0;
    }
    const auto again = parse_sdp(write_sdp(*read));
    ANTIPHON_ASSERT(again.ok());
    ANTIPHON_ASSERT(again->port == read->port && again->codec == read->codec && again->channels == read->channels);
    ANTIPHON_ASSERT(again->payload_type == read->payload_type && again->packet_us == read->packet_us);
    return 0;
}
