// A live stream as programs that are not ours receive it, and its description for them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/result.hpp"
#include "core/rows.hpp"
#include "core/units.hpp"

namespace antiphon::live {

struct OpenCopyCounters {
    std::uint64_t packets = 0;
    std::uint64_t unsent = 0;  // datagrams that the kernel did not take
};

// Plain RTP (RFC 3550) to one address, and sender reports to the port above. Says goodbye when it is destroyed. Not
// thread-safe: for the loop of its source.
class OpenCopy {
  public:
    // `invalid` for an address that is none, or a stream that the codec does not have; `unavailable` when no socket can
    // be had.
    static core::Result<std::unique_ptr<OpenCopy>> open(boost::asio::io_context& io, const core::LiveDoor& stream,
                                                        const core::OpenDoor& door);
    ~OpenCopy();
    OpenCopy(const OpenCopy&) = delete;
    OpenCopy& operator=(const OpenCopy&) = delete;

    // The stream's packet `number`, of these frames, which leaves now: its last is there since `departure`, in cluster
    // time.
    void send(std::int64_t number, std::span<const float> frames, core::LocalTime departure);

    const core::OpenDoor& door() const;
    OpenCopyCounters counters() const;

  private:
    class Sender;
    explicit OpenCopy(std::unique_ptr<Sender> sender);

    std::unique_ptr<Sender> sender_;
};

// Whether this machine could send there: `invalid` for a host that is no address, `unavailable` where no route leads.
core::Result<core::OpenDoor> open_door_to(const std::string& host, std::uint16_t port, core::OpenCodec codec);

// SDP (RFC 8866) for who wants to receive the session's open door, as `origin` sends it; `version` grows when something
// is new. `conflict` when no door is open or its source is not.
core::Result<std::string> describe(const core::SessionRow& session, std::uint64_t version, std::string origin);

}  // namespace antiphon::live
