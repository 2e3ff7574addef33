// The virtual speaker: a SpeakerLoop with a thread.
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "actors/device_thread.hpp"
#include "adapters/virtual_audio/devices.hpp"
#include "adapters/virtual_audio/draw.hpp"
#include "adapters/virtual_audio/speaker_loop.hpp"
#include "core/ids.hpp"

namespace antiphon::virtual_audio {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

// Everything of a device that does not change while it is there.
struct SpeakerPlace {
    SpeakerSetup setup;
    Emission emission;
    double ppm = 0;
    core::Duration ahead;
};

SpeakerPlace place_of(const Room& room, const VirtualDevice& device, const std::string& subject) {
    const auto buffer_frames = core::cluster_rate * device.buffer / std::chrono::seconds{1};
    return {.setup = {.granule = device.granule, .buffer_frames = buffer_frames, .mute = device.mute},
            .emission = {.at = device.at.value_or(Draw::position(room, subject)), .late = device.late},
            .ppm = device.ppm.value_or(Draw::ppm(room, subject)),
            .ahead = device.buffer};
}

class VirtualSpeaker final : public ports::AudioSink {
  public:
    VirtualSpeaker(const SpeakerPlace& place, SoundWriter writer, const ports::Clock& clock, const TrueClock& truth)
        : place_(place), setup_(place.setup), writer_(std::move(writer)), clock_(clock), truth_(truth) {}
    ~VirtualSpeaker() override { stop(); }

    ports::AudioFormat format() const override { return {core::cluster_rate, speaker_channels}; }
    core::Duration delay() const override { return {}; }
    core::Duration ahead() const override { return place_.ahead; }

    Result<void> start(ports::Renderer& renderer) override {
        if (thread_.joinable()) return Error{ErrorCode::conflict, "the virtual speaker is already started"};
        timeline_.emplace(truth_.now(), core::cluster_rate, place_.ppm);
        writer_.begin_run(*timeline_, place_.emission);
        ++setup_.run;
        thread_ = std::jthread([this, &renderer](std::stop_token stopping) { run(stopping, renderer); });
        return {};
    }

    void stop() override {
        if (!thread_.joinable()) return;
        thread_.request_stop();
        thread_.join();
        writer_.end_run(timeline_->position_at(truth_.now()));
    }

    std::string trouble() const override { return {}; }
    ports::SinkCounters counters() const override {
        return {tally_.rendered_frames.load(std::memory_order_relaxed),
                tally_.lost_frames.load(std::memory_order_relaxed), tally_.underruns.load(std::memory_order_relaxed)};
    }

  private:
    void run(const std::stop_token& stopping, ports::Renderer& renderer) {
        actors::ask_for_device_priority();
        SpeakerLoop loop(setup_, *timeline_, truth_, clock_, writer_, tally_);
        while (!stopping.stop_requested()) {
            loop.step(renderer);
            truth_.wait_until(loop.next_wake());
        }
    }

    const SpeakerPlace place_;
    SpeakerSetup setup_;  // of the last start
    SoundWriter writer_;  // the device's thread while it runs, else the owner's
    const ports::Clock& clock_;
    const TrueClock& truth_;
    SpeakerTally tally_;
    std::optional<DeviceTimeline> timeline_;  // of the last start
    std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<ports::AudioSink>> make_speaker(Room& room, const VirtualDevice& device,
                                                       std::string_view worker_name, std::string_view output_name,
                                                       const ports::Clock& clock, const TrueClock& truth) {
    if (device.kind != DeviceKind::speaker)
        return Error{ErrorCode::invalid, "a virtual microphone is no output; write virtual:speaker"};
    const auto worker = core::parse_name(worker_name);
    if (!worker) return worker.error();
    const auto output = core::parse_name(output_name);
    if (!output) return output.error();
    const std::string label = *worker + "/" + *output;
    auto writer = SoundWriter::open(room.speakers() / (*worker + "." + *output + ".pcm"), label, core::cluster_rate);
    if (!writer) return writer.error();
    return std::unique_ptr<ports::AudioSink>(
        std::make_unique<VirtualSpeaker>(place_of(room, device, "speaker " + label), std::move(*writer), clock, truth));
}

}  // namespace antiphon::virtual_audio
