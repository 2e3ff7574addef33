// A microphone of some board, live: its board sends it to us, and what comes is the source.
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "apps/live/incoming.hpp"
#include "apps/live/source.hpp"
#include "core/documents.hpp"
#include "media/pcm_window.hpp"

namespace antiphon::live {

// Frame n of the stream is frame n of what the board sends, which captured it uplink_lead earlier: within that its
// packets come, or are asked for again. For the loop of its sender, on the cluster clock's own node.
class InputSource final : public Source {
  public:
    // Hears the board at `local`; `unavailable` when that is taken. `clock` outlives it.
    static core::Result<std::unique_ptr<Source>> open(boost::asio::io_context& io, const ports::Clock& clock,
                                                      const InputSpec& spec,
                                                      const boost::asio::ip::udp::endpoint& local);
    InputSource(const InputSource&) = delete;
    InputSource& operator=(const InputSource&) = delete;

    std::optional<core::LiveDoor> uplink() const override { return uplink_; }
    void begins_at(core::ClusterTime begins) override;
    void produce(core::FrameCount first, std::span<float> frames, core::LocalTime at) override;
    SourceView view() const override;
    std::uint64_t lost_frames() const override;

  private:
    InputSource(const ports::Clock& clock, std::string input, core::LiveDoor uplink,
                std::unique_ptr<Incoming> incoming);

    const ports::Clock& clock_;
    const std::string input_;
    core::LiveDoor uplink_;
    media::PcmWindow window_;
    std::unique_ptr<Incoming> incoming_;  // goes before the window that it fills
    std::optional<core::LocalTime> begun_;
};

}  // namespace antiphon::live
