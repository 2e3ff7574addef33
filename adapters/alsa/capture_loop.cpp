// Look, skip what was overwritten, read.
#include "adapters/alsa/capture_loop.hpp"

namespace antiphon::alsa {

void CaptureLoop::step(ports::Capturer& capturer) {
    if (!card_.running()) return begin();
    const auto moment = card_.look();
    if (!moment || !drain(capturer, *moment)) begin();
}

void CaptureLoop::begin() {
    const auto before = card_.next();
    if (!card_.open()) return;
    block_.resize(static_cast<std::size_t>(card_.block()) * static_cast<std::size_t>(card_.channels()));
    if (!card_.begun()) return;
    if (begun_before_) tally_.lost(card_.next() - before);
    begun_before_ = true;
}

// False: the run is over.
bool CaptureLoop::drain(ports::Capturer& capturer, const Moment& moment) {
    const auto reading = card_.reading(moment);
    auto there = moment.free;
    if (const auto lost = there - card_.buffer_frames(); lost > 0) {
        if (!card_.skip(lost + card_.block())) return false;  // the next ones would be overwritten while we read
        tally_.lost(lost + card_.block());
        there = card_.buffer_frames() - card_.block();
    }
    for (; there >= card_.block(); there -= card_.block()) {
        const auto first = card_.next();
        const auto got = card_.read(block_);
        if (!card_.running()) return false;
        if (got == 0) return true;
        const auto samples = std::span(block_).first(static_cast<std::size_t>(got * card_.channels()));
        capturer.captured({.reading = reading, .first = first, .channels = card_.channels(), .samples = samples});
        tally_.moved(got);
    }
    return true;
}

}  // namespace antiphon::alsa
