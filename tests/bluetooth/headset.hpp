// What becomes of the packets that a headset gets: sound in a virtual room.
#pragma once

extern "C" {  // which its header does not say
#include <freeaptx.h>
}
#include <sbc/sbc.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/virtual_audio/devices.hpp"
#include "media/pcm_window.hpp"
#include "ports/clock.hpp"

namespace antiphon::tests {

// SBC or aptX at 48 kHz. A frame sounds a delay after its packet has come, were none of the last second's held up on
// its way: so it follows the pace of its sender, as headsets do. What has not come by then is silence.
class Headset final : public ports::Renderer {
  public:
    Headset(boost::asio::io_context& io, std::unique_ptr<ports::AudioSink> speaker, const ports::Clock& clock,
            core::Duration delay);
    ~Headset() override;

    // A stream of packets of this codec begins, "sbc" or "aptx". The socket stays its owner's.
    void hear(int socket, const std::string& codec);
    void set_delay(core::Duration delay) { delay_ns_ = delay.count(); }

    void render(const ports::RenderBlock& block) noexcept override;

  private:
    void wait();
    void take_all();
    void take(std::span<const std::byte> packet);
    void take_from(core::FrameCount frame);
    void decode_sbc(std::span<const std::byte> payload);
    void decode_aptx(std::span<const std::byte> payload);
    void follow_pace(core::FrameCount frame);

    boost::asio::posix::stream_descriptor socket_;  // of our own
    const ports::Clock& clock_;
    sbc_t sbc_{};
    struct Free {
        void operator()(aptx_context* context) const { aptx_finish(context); }
    };
    std::unique_ptr<aptx_context, Free> aptx_;  // of a stream of that
    core::FrameCount aptx_frames_ = 0;          // that have come
    media::PcmWindow window_;
    std::uint64_t epoch_ = 0;
    std::optional<std::uint32_t> first_timestamp_;  // of the stream
    // When frame 0 would have come, by the quickest packets of this second and the one before.
    core::LocalTime second_begun_;
    std::int64_t quickest_now_ns_ = 0, quickest_before_ns_ = 0;
    std::atomic<std::int64_t> anchor_ns_{0};
    std::atomic<std::int64_t> delay_ns_;
    std::unique_ptr<ports::AudioSink> speaker_;
};

}  // namespace antiphon::tests
