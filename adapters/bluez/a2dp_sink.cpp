// An A2dpLoop with a thread, as long as there is both somebody who renders and somebody who takes it.
#include "adapters/bluez/a2dp_sink.hpp"

#include <utility>

namespace antiphon::bluez {

using core::Error;
using core::ErrorCode;

core::Result<void> A2dpSink::attach(TransportLine line) {
    const auto& facts = line.facts();
    if (facts.format.rate != format().rate) {
        detach("its codec is set to " + std::to_string(facts.format.rate) + " Hz, and only 48000 is played here");
        return Error{ErrorCode::invalid, trouble()};
    }
    if (auto encoder = facts.codec->open(facts.configuration, line.write_mtu()); !encoder) {
        detach("its codec: " + encoder.error().what);
        return encoder.error();
    }
    end_line();
    if (facts.delay) set_reported_delay(*facts.delay);
    codec_delay_ns_ = facts.format.delay_frames * 1'000'000'000 / facts.format.rate;
    line_.emplace(std::move(line));
    set_trouble("");
    if (renderer_) run_line();
    return {};
}

void A2dpSink::detach(const std::string& why) {
    end_line();
    set_trouble(why);
}

core::Result<void> A2dpSink::start(ports::Renderer& renderer) {
    if (renderer_) return Error{ErrorCode::conflict, "the Bluetooth output is already started"};
    renderer_ = &renderer;
    begin_ = clock_.now();
    if (line_) run_line();
    return {};
}

void A2dpSink::stop() {
    thread_.stop();
    renderer_ = nullptr;
}

void A2dpSink::run_line() {
    const auto& facts = line_->facts();
    auto encoder = facts.codec->open(facts.configuration, line_->write_mtu());
    const ports::AudioFormat taken{facts.format.rate, facts.format.channels};
    gone_ = false;
    const auto loop =
        std::make_shared<A2dpLoop>(line_->socket(), std::move(*encoder), taken, clock_, begin_, ++run_, tally_);
    thread_.start([this, loop]() -> std::chrono::nanoseconds {
        if (gone_) return std::chrono::hours(1);
        if (!loop->step(*renderer_)) gone_ = true;
        return clock_.wait_for(loop->due());
    });
}

void A2dpSink::end_line() {
    thread_.stop();
    line_.reset();
    gone_ = false;
}

void A2dpSink::set_trouble(const std::string& why) {
    const std::scoped_lock lock(mutex_);
    trouble_ = why;
}

std::string A2dpSink::trouble() const {
    if (gone_) return "its transport has ended";
    const std::scoped_lock lock(mutex_);
    return trouble_;
}

// A frame's turn in the device is the margin after its packet has left. What a device tells is from there to its first
// sound, which the codec's filters put before the sound that was meant.
core::Duration A2dpSink::delay() const {
    const auto told = delay_ns_.load(std::memory_order_relaxed),
               codec = codec_delay_ns_.load(std::memory_order_relaxed);
    return core::Duration{told + codec} - A2dpLoop::margin;
}

ports::SinkCounters A2dpSink::counters() const {
    return {tally_.rendered_frames.load(std::memory_order_relaxed), tally_.lost_frames.load(std::memory_order_relaxed),
            tally_.underruns.load(std::memory_order_relaxed)};
}

}  // namespace antiphon::bluez
