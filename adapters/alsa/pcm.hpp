// One opened PCM of ALSA, and what was agreed with it. The only file, with its source, that knows ALSA. Internal.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "media/sample_format.hpp"
#include "ports/clock.hpp"

// NOLINTBEGIN(bugprone-reserved-identifier): ALSA's own names
struct _snd_pcm;
struct _snd_pcm_status;
// NOLINTEND(bugprone-reserved-identifier)

namespace antiphon::alsa {

enum class Direction { playback, capture };

struct Agreed {
    media::SampleFormat format = media::SampleFormat::s16;
    int channels = 2;
    core::FrameCount buffer_frames = 0;
};

// Where a PCM stands at one moment.
struct Moment {
    core::LocalTime at;          // when the position was read
    core::FrameCount delay = 0;  // playback: so many frames are heard before one that is written now; capture: so many
                                 // were at the membrane since the next one to be read, which is one of them
    core::FrameCount free = 0;   // playback: room in the buffer; capture: frames in it; more than the buffer: lost
};

// Free-running: it neither starts nor stops by itself, and plays silence where nobody wrote. Where it says `int` or
// `long`, a negative number is ALSA's error: -EPIPE it has stopped for an underrun all the same, -ESTRPIPE the machine
// slept, -ENODEV it is gone, -EAGAIN not now. Not thread-safe.
class Pcm {
  public:
    // At the cluster's rate, stereo if it can, with the finest samples it takes. `buffer` is wished; the device has its
    // own limits. May block, and allocates. `not_found`, `unavailable` (in use, gone) or `invalid` (it cannot do what
    // we need) say what ALSA said.
    static core::Result<Pcm> open(const std::string& name, Direction direction, core::Duration buffer,
                                  const ports::Clock& clock);

    const Agreed& agreed() const { return agreed_; }

    // Empty again and ready to be started.
    int prepare() noexcept;
    int start() noexcept;
    // After -ESTRPIPE: -EAGAIN while the machine is not awake yet, another number if it has to be prepared anew.
    int resume() noexcept;

    // From here on as real-time-safe as the driver is: no lock, allocation or waiting of ours.
    int look(Moment& moment) noexcept;
    // Interleaved, in the agreed format. How many frames were taken, or read.
    long write(const std::byte* bytes, core::FrameCount frames) noexcept;
    long read(std::byte* bytes, core::FrameCount frames) noexcept;
    // Leaves out so many frames; how many could be.
    long skip(core::FrameCount frames) noexcept;

    // ALSA's word for an error of above.
    static std::string word_for(int error);

  private:
    struct Close {
        void operator()(_snd_pcm* pcm) const noexcept;
        void operator()(_snd_pcm_status* status) const noexcept;
    };

    Pcm(_snd_pcm* pcm, const ports::Clock& clock);
    core::Result<void> agree(core::Duration buffer);
    core::Result<void> run_freely();

    std::unique_ptr<_snd_pcm, Close> pcm_;
    std::unique_ptr<_snd_pcm_status, Close> status_;
    const ports::Clock* clock_;
    Agreed agreed_;
};

}  // namespace antiphon::alsa
