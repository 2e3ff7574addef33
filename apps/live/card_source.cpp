// A device, and the flow of what it captures.
#include "apps/live/card_source.hpp"

#include "adapters/alsa/devices.hpp"

namespace antiphon::live {

CardSource::CardSource(std::unique_ptr<ports::AudioSource> device) : device_(std::move(device)) {}
CardSource::~CardSource() { device_->stop(); }

core::Result<std::unique_ptr<Source>> CardSource::open(const ports::Clock& clock, const CardSpec& spec) {
    std::unique_ptr<CardSource> source(new CardSource(alsa::make_source(spec.device, clock)));
    if (auto started = source->device_->start(source->flow_); !started) return started.error();
    return std::unique_ptr<Source>(std::move(source));
}

void CardSource::produce(core::FrameCount, std::span<float> frames, core::LocalTime at) { flow_.produce(frames, at); }

SourceView CardSource::view() const {
    if (auto trouble = device_->trouble(); !trouble.empty()) return {false, std::move(trouble)};
    if (flow_.phase() == media::SourcePhase::filling) return {false, ""};
    if (flow_.phase() == media::SourcePhase::stalled) return {false, "the sound card gives nothing"};
    return {true, ""};
}

std::uint64_t CardSource::lost_frames() const { return flow_.lost_frames() + device_->counters().lost_frames; }

}  // namespace antiphon::live
