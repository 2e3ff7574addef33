// The inputs that the desired document has this worker send: those that cannot be opened now are tried again.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/live/uplinks.hpp"
#include "apps/worker/input.hpp"

namespace antiphon::worker {

// On the loop's thread.
class SentInputs {
  public:
    // `inputs` and `clock` outlive it; `host` is the coordinator's.
    SentInputs(boost::asio::io_context& io, const ports::Clock& clock, const std::string& host,
               std::vector<Input>& inputs)
        : uplinks_(io, clock, host), inputs_(inputs) {}

    void send(const core::DesiredUplink& uplink);
    void stop(const core::SessionId& session);
    void set_clock(const media::ClockMap& map) { uplinks_.set_clock(map); }
    // Those that could not be opened. Each refusal is logged when it is another than before.
    void try_again();

    // As they were told.
    std::vector<core::DesiredUplink> told() const;

  private:
    struct Told {
        core::DesiredUplink uplink;
        std::string refusal;  // empty: it is sent
    };

    void open(Told& told);

    live::Uplinks uplinks_;
    std::vector<Input>& inputs_;
    std::map<core::SessionId, Told> told_;
};

}  // namespace antiphon::worker
