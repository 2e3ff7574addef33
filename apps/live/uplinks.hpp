// The inputs of this board that it sends to the coordinator as they come, each for a session that plays it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "adapters/capture/shared_source.hpp"
#include "adapters/system/side_loop.hpp"
#include "core/documents.hpp"
#include "media/clock_map.hpp"
#include "ports/clock.hpp"

namespace antiphon::live {

class CaptureFlow;

// On a thread of their own, for the loop may be busy with the disk. All calls on the owner's loop.
class Uplinks {
  public:
    // `host` is the coordinator's name or address. `clock` outlives it.
    Uplinks(boost::asio::io_context& owner, const ports::Clock& clock, std::string host);
    ~Uplinks();
    Uplinks(const Uplinks&) = delete;
    Uplinks& operator=(const Uplinks&) = delete;

    // From now on, whatever this session was sent before. While the input gives nothing, nothing is sent. The device's
    // refusal, or `invalid` for a door that nobody can go through. `input` outlives it.
    core::Result<void> send(const core::DesiredUplink& uplink, capture::SharedSource& input);
    void stop(const core::SessionId& session);
    // One that knows no time sends nothing; nor one to which the cluster's clock began anew.
    void set_clock(const media::ClockMap& map);

  private:
    struct Listening {
        capture::SharedSource* input = nullptr;
        std::shared_ptr<CaptureFlow> flow;
    };
    class Sending;

    const ports::Clock& clock_;
    const std::string host_;
    std::map<core::SessionId, Listening> listening_;
    std::optional<media::ClockMap> map_;

    // The side's.
    std::map<core::SessionId, std::shared_ptr<Sending>> sending_;

    system::SideLoop side_;
};

}  // namespace antiphon::live
