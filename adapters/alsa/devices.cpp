// A card, its loop and a thread.
#include "adapters/alsa/devices.hpp"

#include "actors/device_thread.hpp"
#include "adapters/alsa/capture_loop.hpp"
#include "adapters/alsa/playback_loop.hpp"

namespace antiphon::alsa {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;

// A card with the thread that serves it by a Loop.
template <class Loop>
class Served {
  public:
    Served(const AlsaDevice& device, Direction direction, const ports::Clock& clock)
        : clock_(clock), card_(device, direction, clock, trouble_) {}
    ~Served() { stop(); }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

    // Tries the device at once, so that its trouble is known to whoever looks; `needed`: without it nothing is started.
    template <class Callback>
    Result<void> start(Callback& callback, bool needed) {
        if (thread_.runs()) return Error{ErrorCode::conflict, "the sound card is already started"};
        card_.close();
        if (!card_.open() && needed) return Error{ErrorCode::unavailable, trouble_.text()};
        thread_.start([this, &callback, loop = Loop(card_, tally_)]() mutable {
            loop.step(callback);
            return clock_.wait_for(card_.next_wake());
        });
        return {};
    }
    void stop() {
        if (!thread_.runs()) return;
        thread_.stop();
        card_.close();
    }
    // Only while stopped.
    void look_once() {
        if (card_.open()) card_.close();
    }

    std::string trouble() const { return trouble_.text(); }
    template <class Counters>
    Counters counters() const {
        constexpr auto relaxed = std::memory_order_relaxed;
        return {tally_.moved_frames.load(relaxed), tally_.lost_frames.load(relaxed), tally_.breaks.load(relaxed)};
    }

  private:
    const ports::Clock& clock_;
    Trouble trouble_;
    Tally tally_;
    Card card_;
    actors::DeviceThread thread_;
};

class AlsaSink final : public ports::AudioSink {
  public:
    AlsaSink(const AlsaDevice& device, const ports::Clock& clock)
        : buffer_(device.buffer), served_(device, Direction::playback, clock) {}

    ports::AudioFormat format() const override { return {core::cluster_rate, 2}; }
    core::Duration delay() const override { return {}; }  // it is in the readings
    core::Duration ahead() const override { return buffer_; }
    Result<void> start(ports::Renderer& renderer) override { return served_.start(renderer, false); }
    void stop() override { served_.stop(); }
    std::string trouble() const override { return served_.trouble(); }
    ports::SinkCounters counters() const override { return served_.counters<ports::SinkCounters>(); }

  private:
    const core::Duration buffer_;
    Served<PlaybackLoop> served_;
};

class AlsaSource final : public ports::AudioSource {
  public:
    AlsaSource(const AlsaDevice& device, const ports::Clock& clock) : served_(device, Direction::capture, clock) {
        served_.look_once();  // it may be long until it is started
    }

    ports::AudioFormat format() const override { return {core::cluster_rate, 1}; }
    // A recording of nothing helps nobody.
    Result<void> start(ports::Capturer& capturer) override { return served_.start(capturer, true); }
    void stop() override { served_.stop(); }
    std::string trouble() const override { return served_.trouble(); }
    ports::SourceCounters counters() const override { return served_.counters<ports::SourceCounters>(); }

  private:
    Served<CaptureLoop> served_;
};

}  // namespace

std::unique_ptr<ports::AudioSink> make_sink(const AlsaDevice& device, const ports::Clock& clock) {
    return std::make_unique<AlsaSink>(device, clock);
}

std::unique_ptr<ports::AudioSource> make_source(const AlsaDevice& device, const ports::Clock& clock) {
    return std::make_unique<AlsaSource>(device, clock);
}

}  // namespace antiphon::alsa
