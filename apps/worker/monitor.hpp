// What an output plays, as an input of its board.
#pragma once

#include <memory>
#include <vector>

#include "apps/worker/input.hpp"
#include "apps/worker/output.hpp"
#include "core/monitor.hpp"

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

// What `output` plays as an input, unless there is one of that name. `output` outlives it.
inline void add_monitor(std::vector<Input>& inputs, Output& output) {
    const auto name = core::monitor_of(output.name());
    if (find_input(inputs, name)) return;
    inputs.push_back({name, "", "", std::make_unique<capture::SharedSource>(std::make_unique<Monitor>(output)), true});
}

}  // namespace antiphon::worker
