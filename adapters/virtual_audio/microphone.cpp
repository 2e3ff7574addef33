// The virtual microphone: a MicrophoneLoop with a thread. The thread is a simulation: it reads files between blocks.
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "adapters/virtual_audio/devices.hpp"
#include "adapters/virtual_audio/draw.hpp"
#include "adapters/virtual_audio/microphone_loop.hpp"
#include "core/ids.hpp"

namespace antiphon::virtual_audio {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

// Everything of a device that does not change while it is there.
struct MicrophonePlace {
    MicrophoneSetup setup;
    std::filesystem::path speakers;
    Position at;
    double ppm = 0;
};

MicrophonePlace place_of(const Room& room, const VirtualDevice& device, const std::string& subject) {
    return {.setup = {.granule = device.granule, .noise_seed = Draw::bits(room, subject, "noise")},
            .speakers = room.speakers(),
            .at = device.at.value_or(Draw::position(room, subject)),
            .ppm = device.ppm.value_or(Draw::ppm(room, subject))};
}

class VirtualMicrophone final : public ports::AudioSource {
  public:
    VirtualMicrophone(MicrophonePlace place, const ports::Clock& clock, const TrueClock& truth)
        : place_(std::move(place)), setup_(place_.setup), clock_(clock), truth_(truth) {}
    ~VirtualMicrophone() override { stop(); }

    ports::AudioFormat format() const override { return {core::cluster_rate, 1}; }

    Result<void> start(ports::Capturer& capturer) override {
        if (thread_.joinable()) return Error{ErrorCode::conflict, "the virtual microphone is already started"};
        const DeviceTimeline timeline(truth_.now(), core::cluster_rate, place_.ppm);
        ++setup_.run;
        thread_ =
            std::jthread([this, &capturer, timeline](std::stop_token stopping) { run(stopping, timeline, capturer); });
        return {};
    }

    void stop() override {
        if (!thread_.joinable()) return;
        thread_.request_stop();
        thread_.join();
    }

    std::string trouble() const override { return {}; }
    ports::SourceCounters counters() const override {
        return {tally_.captured_frames.load(std::memory_order_relaxed),
                tally_.lost_frames.load(std::memory_order_relaxed), tally_.overruns.load(std::memory_order_relaxed)};
    }

  private:
    void run(const std::stop_token& stopping, const DeviceTimeline& timeline, ports::Capturer& capturer) {
        Air air(place_.speakers, place_.at);
        MicrophoneLoop loop(setup_, timeline, truth_, clock_, air, tally_);
        while (!stopping.stop_requested()) {
            loop.step(capturer);
            truth_.wait_until(loop.next_wake());
        }
    }

    const MicrophonePlace place_;
    MicrophoneSetup setup_;  // of the last start
    const ports::Clock& clock_;
    const TrueClock& truth_;
    MicrophoneTally tally_;
    std::jthread thread_;
};

}  // namespace

Result<std::unique_ptr<ports::AudioSource>> make_microphone(Room& room, const VirtualDevice& device,
                                                            std::string_view worker_name, std::string_view input_name,
                                                            const ports::Clock& clock, const TrueClock& truth) {
    if (device.kind != DeviceKind::microphone)
        return Error{ErrorCode::invalid, "a virtual speaker is no input; write virtual:microphone"};
    const auto worker = core::parse_name(worker_name);
    if (!worker) return worker.error();
    const auto input = core::parse_name(input_name);
    if (!input) return input.error();
    return std::unique_ptr<ports::AudioSource>(std::make_unique<VirtualMicrophone>(
        place_of(room, device, "microphone " + *worker + "/" + *input), clock, truth));
}

}  // namespace antiphon::virtual_audio
