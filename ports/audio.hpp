// Sound devices. A sink or source runs on its own thread, which calls back into the audio path: the device clocks us.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/result.hpp"
#include "core/units.hpp"

namespace antiphon::ports {

struct AudioFormat {
    core::SampleRate rate = core::cluster_rate;
    int channels = 2;

    friend bool operator==(const AudioFormat&, const AudioFormat&) = default;
};

// The device had played (or captured) `frames` whole frames since it was started when its node's clock showed `at`.
// Frames are rounded down to the device's granule; `at` is taken just after the position is read. Within a run the
// converter goes without a break. In another one (it was unplugged, the machine slept) what was learned of its clock is
// void; frames go on, as if it had run at its nominal rate meanwhile, unless it was started anew.
struct DeviceReading {
    core::LocalTime at;
    core::FrameCount frames = 0;
    std::uint32_t run = 0;
};

// Device frames [first, first + samples.size() / channels): fill them, interleaved, -1..1.
struct RenderBlock {
    DeviceReading reading;
    core::FrameCount first = 0;
    int channels = 2;
    std::span<float> samples;
};

class Renderer {
  public:
    virtual ~Renderer() = default;
    // On the device's thread: no lock, allocation, log or blocking call. The device does not stop for us: frames that
    // come too late are skipped, so `first` may jump.
    virtual void render(const RenderBlock& block) noexcept = 0;
};

struct SinkCounters {
    std::uint64_t rendered_frames = 0;
    std::uint64_t lost_frames = 0;  // played as silence because they were not rendered in time
    std::uint64_t underruns = 0;    // how often that happened
};

class AudioSink {
  public:
    virtual ~AudioSink() = default;

    virtual AudioFormat format() const = 0;
    // From a frame's turn in the device until it is heard, as far as the device knows (analogue delay, radio). It may
    // change.
    virtual core::Duration delay() const = 0;
    // How long before its turn in the device a frame is asked for at the latest: what its buffer holds.
    virtual core::Duration ahead() const = 0;
    // Opens the device and starts its thread. Fails with what the device said. `renderer` outlives the sink.
    virtual core::Result<void> start(Renderer& renderer) = 0;
    // Returns when no callback runs any more. Not from the device's thread.
    virtual void stop() = 0;
    // Why nothing is heard of it now, although it may be started; empty: it works. Thread-safe.
    virtual std::string trouble() const = 0;
    // Whether what is gone comes back by itself, however long it takes: then it is waited for, and knows its trouble
    // also while it is stopped.
    virtual bool comes_back() const { return false; }
    // Thread-safe.
    virtual SinkCounters counters() const = 0;
};

// Device frames [first, first + samples.size() / channels), as captured.
struct CaptureBlock {
    DeviceReading reading;
    core::FrameCount first = 0;
    int channels = 1;
    std::span<const float> samples;
};

class Capturer {
  public:
    virtual ~Capturer() = default;
    // On the device's thread, under the same rules as Renderer::render. `first` jumps over frames that were lost.
    virtual void captured(const CaptureBlock& block) noexcept = 0;
};

struct SourceCounters {
    std::uint64_t captured_frames = 0;
    std::uint64_t lost_frames = 0;
    std::uint64_t overruns = 0;
};

class AudioSource {
  public:
    virtual ~AudioSource() = default;

    virtual AudioFormat format() const = 0;
    virtual core::Result<void> start(Capturer& capturer) = 0;
    virtual void stop() = 0;
    // Why it hears nothing now, although it may be started; empty: it works. Thread-safe.
    virtual std::string trouble() const = 0;
    virtual SourceCounters counters() const = 0;
};

}  // namespace antiphon::ports
