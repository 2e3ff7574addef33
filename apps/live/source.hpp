// Where a live stream's frames come from.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "apps/live/port_range.hpp"
#include "apps/live/source_spec.hpp"
#include "core/documents.hpp"
#include "ports/clock.hpp"

namespace antiphon::live {

struct SourceView {
    bool flows = false;
    std::string reason;  // why it does not; empty: it has not begun yet, or it is over
    bool over = false;   // it never will again, and all that it gave was heard
};

// On one loop; destroyed, it is closed.
class Source {
  public:
    static constexpr int channels = 2;

    virtual ~Source() = default;
    // The frames of the stream from `first` on, interleaved, each a frame later than the one before; `at` is now.
    virtual void produce(core::FrameCount first, std::span<float> frames, core::LocalTime at) = 0;
    virtual SourceView view() const = 0;
    // Frame 0 leaves then. Once, before anything is asked for.
    virtual void begins_at(core::ClusterTime) {}
    // Of one that a board sends us: where it has to.
    virtual std::optional<core::LiveDoor> uplink() const { return std::nullopt; }
    // That it gave and nobody took in time, or that its device lost.
    virtual std::uint64_t lost_frames() const { return 0; }
};

// Errors name the source, what is wrong with it and the way out. `clock` outlives it.
core::Result<std::unique_ptr<Source>> open_source(boost::asio::io_context& io, const ports::Clock& clock,
                                                  const PortRange& ports, const SourceSpec& spec);
// Whether it could be opened now.
core::Result<void> check_source(const SourceSpec& spec);

}  // namespace antiphon::live
