// The live sources that are open, and what sends them, on a thread of their own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>

#include "adapters/system/side_loop.hpp"
#include "apps/live/feed_source.hpp"
#include "apps/live/listening.hpp"
#include "apps/live/open_copy.hpp"
#include "apps/live/outgoing.hpp"
#include "apps/live/source.hpp"
#include "core/coordinator.hpp"

namespace antiphon::live {

// Of all sources that there were.
struct LiveTotals {
    std::size_t sources = 0;     // open now
    std::size_t listeners = 0;   // now
    std::size_t open_doors = 0;  // now
    std::size_t ears = 0;        // that take an input from us now
    std::uint64_t packets = 0;
    std::uint64_t open_packets = 0;  // to open doors
    std::uint64_t resent = 0;
    std::uint64_t skipped = 0;  // packets that were not made: this machine stood still
    std::uint64_t lost = 0;     // frames of sources, that were not taken in time
    std::uint64_t unsent = 0;   // datagrams that the kernel did not take
    std::uint64_t refused = 0;  // greetings beyond the bound of listeners
    std::uint64_t strange = 0;  // datagrams that nobody with the key has sent

    void add(const OutgoingCounters& counters);
    void add(const OpenCopyCounters& counters);
};

// All calls and all handlers on the owner's loop.
class LiveSources {
  public:
    static constexpr std::size_t ears_max = 64;

    struct Handlers {
        std::function<void(const core::SourceOpened&)> opened;
        std::function<void(const core::SourceChanged&)> changed;
        std::function<void(const core::ListenersGone&)> unheard;
    };

    // `clock` shows cluster time, and outlives it.
    LiveSources(boost::asio::io_context& owner, const ports::Clock& clock, PortRange ports, Handlers handlers);
    ~LiveSources();
    LiveSources(const LiveSources&) = delete;
    LiveSources& operator=(const LiveSources&) = delete;

    void obey(const core::SourceOrder& order);
    // Tells that it is open, or that it failed; what is open already is told again.
    void open(const core::OpenSource& wanted);
    void begin(const core::SessionId& session, core::ClusterTime begins);
    void set_open_door(const core::SessionId& session, const std::optional<core::OpenDoor>& door);
    void close(const core::SessionId& session);
    void keep(const std::set<core::SessionId>& sessions);

    // Sessions whose source is what somebody writes to them. Who begins feeds it from now on, and nobody else does;
    // `not_found` where no open session has such a source, `conflict` where it was fed to its end.
    core::Result<Feeder> begin_feed(const core::SessionId& session);
    // `conflict` when somebody else feeds it now, or it is closed.
    core::Result<void> feed(const core::SessionId& session, Feeder feeder, std::span<const std::byte> bytes);
    // Calls `go` on the owner's loop when more is wanted, or there is nothing to wait for.
    void when_wanted(const core::SessionId& session, Feeder feeder, std::function<void()> go);
    // `whole`: that was all, and with it the source comes to its end.
    void end_feed(const core::SessionId& session, Feeder feeder, bool whole);

    // Of what this source gives from now on, as long as it is open: `hear` gets the bytes, and nothing when it is over,
    // once. `exhausted` when too many listen.
    using Hear = std::function<void(Ear ear, const Sound& bytes)>;
    core::Result<Ear> listen(const core::SessionId& source, EarFormat format, Hear hear);
    // Hears nothing any more, not that it is over either.
    void hang_up(Ear ear);

    // Some tenths of a second old.
    const LiveTotals& totals() const { return totals_; }

  private:
    struct Running;

    core::Result<std::unique_ptr<Running>> make(const core::OpenSource& wanted);
    // On the side: the feed of a session, if it is open still.
    FeedSource* feed_of(const core::SessionId& session) const;
    core::Result<void> send(Running& running);
    // On the side: bytes of one ear, or nothing.
    void give(Ear ear, Sound bytes);
    void look();
    void miss_listeners(const core::SessionId& session, Running& running);
    std::optional<core::SourceState> state_of(const Running& running) const;
    void close_if(const std::function<bool(const core::SessionId&)>& unwanted);
    void tell(const core::SessionId& session, core::SourceState state, const std::string& reason);

    const ports::Clock& clock_;
    const PortRange ports_;
    const Handlers handlers_;
    LiveTotals totals_;
    struct Fed {
        Feeder feeder = 0;  // who does
        bool whole = false;
    };
    std::map<core::SessionId, Fed> feeds_;  // the sessions that can be fed
    Feeder last_feeder_ = 0;
    struct Hearing {
        core::SessionId source;
        Hear hear;
    };
    std::map<Ear, Hearing> ears_;
    Ear last_ear_ = 0;

    // The side's.
    std::map<core::SessionId, std::unique_ptr<Running>> running_;
    LiveTotals closed_;  // of those that are closed

    system::SideLoop side_;
};

}  // namespace antiphon::live
