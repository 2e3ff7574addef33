// Opus packets in an Ogg stream (RFC 3533, RFC 7845), as browsers and players take them over HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/units.hpp"

namespace antiphon::media {

struct OggOpusFormat {
    int channels = 2;  // 1 or 2
    int packet_frames = 960;
    std::uint32_t serial = 0;  // of the stream; random
    std::string title;         // for people; UTF-8
};

// One listener's stream, which may begin in the middle of what an encoder gives: what a decoder hears before it has
// settled is told to be left out (80 ms, RFC 7845, 4.6). A page for each packet, so that nothing waits. Not
// thread-safe.
class OggOpusStream {
  public:
    explicit OggOpusStream(const OggOpusFormat& format);
    OggOpusStream(OggOpusStream&&) noexcept;
    OggOpusStream& operator=(OggOpusStream&&) noexcept;
    ~OggOpusStream();

    // The first two pages: what it is, and its title.
    std::string head();
    std::string page(std::span<const std::byte> packet);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace antiphon::media
