// Blocks follow from the time, as the packets of a live stream do.
#include "apps/live/listening.hpp"

#include <algorithm>

#include "adapters/system/random.hpp"
#include "media/codecs/wav_stream.hpp"

namespace antiphon::live {
namespace {

constexpr std::int64_t late_blocks_max = 25;  // half a second

}  // namespace

Listening::Listening(boost::asio::io_context& io, const ports::Clock& clock, Source& source, std::string title,
                     Give give)
    : clock_(clock),
      source_(source),
      title_(std::move(title)),
      give_(std::move(give)),
      timer_(io),
      left_(clock.now()),
      frames_(static_cast<std::size_t>(block_frames) * Source::channels) {}

void Listening::begin(core::ClusterTime begins) {
    begins_ = begins;
    wait();
}

void Listening::add(Ear ear, EarFormat format) {
    const bool wav = format == EarFormat::wav;
    if (wav) {
        wav_.push_back(ear);
        return give_(ear, std::make_shared<const std::string>(media::wav_stream_head(Source::channels)));
    }
    if (!encoder_) {
        auto made = media::OpusPacketEncoder::open({.channels = Source::channels, .packet_frames = block_frames});
        if (!made) return;  // its format is ours, and exists
        encoder_ = std::move(*made);
    }
    const media::OggOpusFormat stream{Source::channels, block_frames, static_cast<std::uint32_t>(system::random_u64()),
                                      title_};
    const auto it = opus_.emplace(ear, stream).first;
    give_(ear, std::make_shared<const std::string>(it->second.head()));
}

void Listening::remove(Ear ear) {
    const auto before = ears();
    std::erase(wav_, ear);
    opus_.erase(ear);
    if (opus_.empty()) encoder_.reset();
    if (before > 0 && ears() == 0) left_ = clock_.now();
}

void Listening::end() {
    for (const auto& [ear, stream] : opus_) give_(ear, nullptr);
    for (const auto ear : wav_) give_(ear, nullptr);
}

void Listening::wait() {
    timer_.expires_after(clock_.wait_for(due()));
    timer_.async_wait([left = weak_from_this()](const boost::system::error_code& stopped) {
        if (const auto here = left.lock(); here && !stopped) here->work();
    });
}

void Listening::work() {
    const auto now = clock_.now();
    const auto late = (now - due()) / block_time;
    if (late > late_blocks_max) {
        skipped_ += static_cast<std::uint64_t>(late);
        next_ += late;
    }
    for (; due() <= now; ++next_) give_block();
    wait();
}

// The source is asked also while nobody hears it: its packets shall not wait for the next who does.
void Listening::give_block() {
    source_.produce(next_ * block_frames, frames_, clock_.now());
    if (!wav_.empty()) {
        const auto bytes = std::make_shared<const std::string>(media::wav_bytes(frames_));
        for (const auto ear : wav_) give_(ear, bytes);
    }
    if (opus_.empty()) return;
    const auto packet = encoder_->encode(frames_);
    for (auto& [ear, stream] : opus_) give_(ear, std::make_shared<const std::string>(stream.page(packet)));
}

}  // namespace antiphon::live
