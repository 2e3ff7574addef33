// The live sessions of a board: from their documents to streams that are listened to.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/live/live_streams.hpp"
#include "apps/worker/output.hpp"

namespace antiphon::worker {

// On the owner's loop. The outputs outlive it.
class LiveSessions {
  public:
    LiveSessions(boost::asio::io_context& owner, const ports::Clock& clock, std::string host,
                 live::LiveStreams::Probes probes)
        : host_(std::move(host)), streams_(owner, clock, std::move(probes)) {}

    // Begins this session on these outputs of it, or follows its change.
    void render(const core::DesiredSession& session, const std::vector<Output*>& outputs);
    // Its outputs are stopped by their owner.
    void stop(const core::SessionId& session);
    void set_clock(const media::ClockMap& map) { streams_.set_clock(map); }

    // Adds to what the outputs say of a session what its stream has to say.
    void add_to(core::SessionReport& report) const;

  private:
    std::string listen(const core::DesiredSession& session, const std::vector<Output*>& outputs,
                       std::vector<live::Feed> feeds);

    const std::string host_;
    struct Rendered {
        core::DesiredSession session;
        std::string refusal;             // why it cannot be listened to as its document is now
        std::uint64_t lost_earlier = 0;  // frames, of streams that it has left since
    };
    std::map<core::SessionId, Rendered> rendered_;
    live::LiveStreams streams_;
};

}  // namespace antiphon::worker
