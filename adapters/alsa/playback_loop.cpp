// Look, skip what is lost, fill.
#include "adapters/alsa/playback_loop.hpp"

#include <algorithm>

namespace antiphon::alsa {

void PlaybackLoop::step(ports::Renderer& renderer) {
    if (!card_.running()) return begin();
    const auto moment = card_.look();
    if (!moment || !fill(renderer, *moment)) begin();
}

void PlaybackLoop::begin() {
    const auto before = card_.next();
    if (!card_.open()) return;
    block_.assign(static_cast<std::size_t>(card_.block()) * static_cast<std::size_t>(card_.channels()), 0.0F);
    for (auto left = card_.target_frames() / card_.block(); left > 0 && card_.write(block_) > 0;) --left;
    if (!card_.begun()) return;
    if (begun_before_) tally_.lost(card_.next() - before);
    begun_before_ = true;
}

// False: the run is over.
bool PlaybackLoop::fill(ports::Renderer& renderer, const Moment& moment) {
    const auto reading = card_.reading(moment);
    auto filled = card_.buffer_frames() - moment.free;
    if (filled <= 0) {
        if (!skip_lost(-filled)) return false;
        filled = card_.block();
    }
    for (; filled + card_.block() <= card_.target_frames(); filled += card_.block()) {
        std::fill(block_.begin(), block_.end(), 0.0F);
        renderer.render({.reading = reading, .first = card_.next(), .channels = card_.channels(), .samples = block_});
        tally_.moved(card_.block());
        const auto written = card_.write(block_);
        if (!card_.running()) return false;
        if (written < card_.block()) return true;  // what was rendered beyond is heard as a jump
    }
    return true;
}

// The card has played on without us. The application gets a block's head start: the very next frame would be lost too.
bool PlaybackLoop::skip_lost(core::FrameCount late) {
    const auto frames = late + card_.block();
    if (!card_.skip(frames)) return false;
    tally_.lost(frames);
    return true;
}

}  // namespace antiphon::alsa
