// What an output plays, as an input of its board.
#pragma once

#include "apps/worker/output.hpp"

namespace antiphon::worker {

// Each frame at the time when it is heard, its channels mixed to one. While it is started the output's device does not
// rest: what nobody plays is silence.
class Monitor final : public ports::AudioSource {
  public:
    // `output` outlives it.
    explicit Monitor(Output& output) : output_(output) {}

    ports::AudioFormat format() const override { return {core::cluster_rate, 1}; }
    core::Result<void> start(ports::Capturer& capturer) override {
        auto attached = output_.attach(capturer);
        if (attached) listener_ = &capturer;
        return attached;
    }
    void stop() override {
        if (listener_) output_.detach(*listener_);
        listener_ = nullptr;
    }
    std::string trouble() const override { return output_.trouble(); }
    ports::SourceCounters counters() const override { return {}; }

  private:
    Output& output_;
    ports::Capturer* listener_ = nullptr;  // since start()
};

}  // namespace antiphon::worker
