// A sound card of a virtual room: a converter that plays or captures by arithmetic. Knows nothing of ALSA.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/virtual_audio/air.hpp"
#include "adapters/virtual_audio/room.hpp"
#include "adapters/virtual_audio/sound_writer.hpp"
#include "adapters/virtual_audio/timeline.hpp"
#include "tests/card/control.hpp"

namespace antiphon::card {

struct Setup {
    std::string room;   // folder
    std::string owner;  // whose it is, and what it is called there
    std::string name;
    std::string control;  // file; empty: nobody meddles
    double ppm = 0;       // crystal error
    core::FrameCount granule = 1;
    core::SampleRate rate = core::cluster_rate;
    bool captures = false;
};

class Card {
  public:
    static core::Result<std::unique_ptr<Card>> open(const Setup& setup);

    const Setup& setup() const { return setup_; }
    const Control* control() const { return control_; }

    // Frame 0 is at the converter now.
    void start();
    void stop();
    bool started() const { return timeline_.has_value(); }
    // Frames that went through the converter since the start, rounded down to the granule; 0 before.
    core::FrameCount position() const;

    // Frames from `first` on. What is at the converter already is silence; before the start they wait for it.
    void play(core::FrameCount first, std::span<const float> mono);
    // What is heard in the room during frames from `first` on.
    void capture(core::FrameCount first, std::span<float> mono);

  private:
    Card(Setup setup, virtual_audio::Room room, Control* control);
    virtual_audio::TrueTime now() const;

    const Setup setup_;
    const virtual_audio::Room room_;
    Control* const control_;
    std::optional<virtual_audio::SoundWriter> writer_;
    std::optional<virtual_audio::Air> air_;
    std::optional<virtual_audio::DeviceTimeline> timeline_;  // while started
    std::vector<float> waiting_;                             // frames from 0 on, before the start
    virtual_audio::TrueTime rescan_at_{};
};

}  // namespace antiphon::card
