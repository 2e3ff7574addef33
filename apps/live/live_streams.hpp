// The live streams that this board listens to, on a thread of their own: the loop may be busy with the disk.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/system/side_loop.hpp"
#include "apps/live/incoming.hpp"
#include "core/documents.hpp"

namespace antiphon::live {

// A window to fill, and the epoch that its frames shall belong to.
struct Feed {
    media::PcmWindow* window = nullptr;
    std::uint64_t epoch = 0;
};

// All calls on the owner's loop; the windows outlive it.
class LiveStreams {
  public:
    // A packet of the cluster's clock's own node: it left at this cluster time, and came at that local one.
    struct Probe {
        core::ClockIncarnation incarnation;
        std::int64_t departure_ns = 0;
        core::LocalTime at;
    };
    using Probes = std::function<void(const std::vector<Probe>&)>;

    // `probes` is called on the owner's loop, now and then. `clock` outlives it.
    LiveStreams(boost::asio::io_context& owner, const ports::Clock& clock, Probes probes);
    ~LiveStreams();
    LiveStreams(const LiveStreams&) = delete;
    LiveStreams& operator=(const LiveStreams&) = delete;

    // From `host`, a name or an address, for these windows; `latency` is from a packet's departure to its deadline.
    // What this session listened to before, it leaves.
    void listen(const core::SessionId& session, const Stream& stream, const std::string& host, std::uint16_t port,
                core::Duration latency, std::vector<Feed> feeds);
    void leave(const core::SessionId& session);
    void set_clock(const media::ClockMap& map);

    struct View {
        bool flows = false;             // something came lately
        std::string failure;            // it cannot even listen; it goes on trying
        std::uint64_t lost_frames = 0;  // concealed, since the first that came
        core::StreamReport packets;

        bool came() const { return packets.arrived > 0; }
    };
    // Some tenths of a second old. Nothing: it listens to no such session.
    std::optional<View> view(const core::SessionId& session) const;

  private:
    struct Listening;

    void find(const std::shared_ptr<Listening>& listening);
    // Says what is in the way; nothing: it listens.
    std::string open(Listening& listening, const boost::asio::ip::udp::endpoint& from);
    void tell();
    void take(std::map<core::SessionId, View> views, const std::vector<Probe>& heard);

    const ports::Clock& clock_;
    const Probes probes_;
    std::map<core::SessionId, View> views_;

    // The side's.
    std::optional<media::ClockMap> map_;
    std::map<core::SessionId, std::shared_ptr<Listening>> listening_;
    std::vector<Probe> heard_;

    system::SideLoop side_;
};

}  // namespace antiphon::live
