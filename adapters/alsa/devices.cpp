// A card, its loop and a thread.
#include "adapters/alsa/devices.hpp"

#include "adapters/alsa/capture_loop.hpp"
#include "adapters/alsa/device_thread.hpp"
#include "adapters/alsa/playback_loop.hpp"

namespace antiphon::alsa {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

// So that who looks at the inventory learns of a device that is not there before it is needed.
void look_once(Card& card) {
    if (card.open()) card.close();
}

class AlsaSink final : public ports::AudioSink {
  public:
    AlsaSink(const AlsaDevice& device, const ports::Clock& clock)
        : buffer_(device.buffer), card_(device, Direction::playback, clock, trouble_), thread_(clock) {
        look_once(card_);
    }
    ~AlsaSink() override { stop(); }

    ports::AudioFormat format() const override { return {core::cluster_rate, 2}; }
    core::Duration delay() const override { return {}; }  // it is in the readings
    core::Duration ahead() const override { return buffer_; }

    Result<void> start(ports::Renderer& renderer) override {
        if (thread_.runs()) return Error{ErrorCode::conflict, "the sound card is already started"};
        card_.close();
        thread_.start([this, &renderer, loop = PlaybackLoop(card_, tally_)]() mutable {
            loop.step(renderer);
            return card_.next_wake();
        });
        return {};
    }
    void stop() override {
        if (!thread_.runs()) return;
        thread_.stop();
        card_.close();
    }

    std::string trouble() const override { return trouble_.text(); }
    ports::SinkCounters counters() const override {
        constexpr auto relaxed = std::memory_order_relaxed;
        return {tally_.rendered_frames.load(relaxed), tally_.lost_frames.load(relaxed), tally_.underruns.load(relaxed)};
    }

  private:
    const core::Duration buffer_;
    Trouble trouble_;
    PlaybackTally tally_;
    Card card_;
    DeviceThread thread_;
};

class AlsaSource final : public ports::AudioSource {
  public:
    AlsaSource(const AlsaDevice& device, const ports::Clock& clock)
        : card_(device, Direction::capture, clock, trouble_), thread_(clock) {
        look_once(card_);
    }
    ~AlsaSource() override { stop(); }

    ports::AudioFormat format() const override { return {core::cluster_rate, 1}; }

    Result<void> start(ports::Capturer& capturer) override {
        if (thread_.runs()) return Error{ErrorCode::conflict, "the sound card is already started"};
        card_.close();
        if (!card_.open())
            return Error{ErrorCode::unavailable, trouble_.text()};  // a recording of nothing helps nobody
        thread_.start([this, &capturer, loop = CaptureLoop(card_, tally_)]() mutable {
            loop.step(capturer);
            return card_.next_wake();
        });
        return {};
    }
    void stop() override {
        if (!thread_.runs()) return;
        thread_.stop();
        card_.close();
    }

    std::string trouble() const override { return trouble_.text(); }
    ports::SourceCounters counters() const override {
        constexpr auto relaxed = std::memory_order_relaxed;
        return {tally_.captured_frames.load(relaxed), tally_.lost_frames.load(relaxed), tally_.overruns.load(relaxed)};
    }

  private:
    Trouble trouble_;
    CaptureTally tally_;
    Card card_;
    DeviceThread thread_;
};

}  // namespace

std::unique_ptr<ports::AudioSink> make_sink(const AlsaDevice& device, const ports::Clock& clock) {
    return std::make_unique<AlsaSink>(device, clock);
}

std::unique_ptr<ports::AudioSource> make_source(const AlsaDevice& device, const ports::Clock& clock) {
    return std::make_unique<AlsaSource>(device, clock);
}

}  // namespace antiphon::alsa
