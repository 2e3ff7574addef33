// What has not come is silence by then, faded: Incoming sees to that.
#include "apps/live/input_source.hpp"

#include <algorithm>

#include "adapters/system/random.hpp"
#include "apps/live/door.hpp"

namespace antiphon::live {
namespace {

constexpr int packet_frames = 240;
constexpr std::size_t window_frames = 1 << 14;  // 0.34 s
// A packet begins a frame early, so the last frame of ours is in the next one of the board's.
constexpr core::Duration way = core::uplink_lead - 2 * std::chrono::milliseconds(5);
constexpr core::Duration comes_within = std::chrono::seconds(3);  // of the beginning: until then nothing is odd

}  // namespace

InputSource::InputSource(const ports::Clock& clock, std::string input, core::LiveDoor uplink,
                         std::unique_ptr<Incoming> incoming)
    : clock_(clock),
      input_(std::move(input)),
      uplink_(std::move(uplink)),
      window_(channels, window_frames),
      incoming_(std::move(incoming)) {
    uplink_.port = incoming_->local_endpoint().port();
}

core::Result<std::unique_ptr<Source>> InputSource::open(boost::asio::io_context& io, const ports::Clock& clock,
                                                        const InputSpec& spec,
                                                        const boost::asio::ip::udp::endpoint& local) {
    auto uplink = new_door(core::LiveCodec::flac, channels, packet_frames);
    const auto stream = stream_of(uplink, {});
    if (!stream) return stream.error();
    auto incoming = Incoming::await(io, clock, *stream, local,
                                    {.latency = way, .ssrc = static_cast<std::uint32_t>(system::random_u64())});
    if (!incoming) return incoming.error();
    return std::unique_ptr<Source>(new InputSource(clock, spec.input, std::move(uplink), std::move(*incoming)));
}

void InputSource::begins_at(core::ClusterTime begins) {
    const auto now = clock_.now();
    begun_ = now;
    incoming_->add(window_, window_.producer_epoch() + 1);
    incoming_->set_start(begins + -core::uplink_lead);
    // Our time is cluster time.
    incoming_->set_clock({.local = now, .cluster_ns = now.ns, .incarnation = begins.incarnation});
}

void InputSource::produce(core::FrameCount first, std::span<float> frames, core::LocalTime) {
    window_.refresh();
    if (window_.restart_pending()) window_.adopt();
    std::fill(frames.begin(), frames.end(), 0.0F);
    const auto end = first + static_cast<core::FrameCount>(frames.size()) / channels;
    const auto last = std::min(end, window_.end());
    for (auto frame = std::max(first, window_.begin()); frame < last;) {
        const auto some = std::min<core::FrameCount>(last - frame, media::PcmWindow::view_frames);
        std::copy_n(window_.view(frame), some * channels, frames.begin() + (frame - first) * channels);
        frame += some;
    }
    window_.release(end);
}

SourceView InputSource::view() const {
    if (incoming_->flows()) return {true, ""};
    if (!begun_ || clock_.now() - *begun_ < comes_within) return {false, ""};
    return {false, "nothing comes from the input " + input_};
}

std::uint64_t InputSource::lost_frames() const { return incoming_->counters().receiver.lost_frames(); }

}  // namespace antiphon::live
