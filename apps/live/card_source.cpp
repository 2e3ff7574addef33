// From the device's thread through a ring into the buffer that follows its clock.
#include "apps/live/card_source.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "adapters/alsa/devices.hpp"
#include "media/live/source_buffer.hpp"
#include "media/spsc_queue.hpp"

namespace antiphon::live {
namespace {

constexpr std::size_t block_frames = 240;  // longer blocks are cut
constexpr std::size_t ring_blocks = 64;    // 0.3 s that the sender may be late

struct Block {
    core::LocalTime at;
    std::size_t frames = 0;
    std::array<float, block_frames * Source::channels> samples;
};

}  // namespace

// captured() is the device's thread's, the rest the loop's.
class CardSource::Capturing final : public ports::Capturer {
  public:
    Capturing(const ports::Clock& clock, const CardSpec& spec) : source_(alsa::make_source(spec.device, clock)) {}
    ~Capturing() override { source_->stop(); }

    core::Result<void> start() { return source_->start(*this); }

    // A full ring loses the block: whoever does not produce for so long hears it as a gap.
    void captured(const ports::CaptureBlock& block) noexcept override {
        const auto width = static_cast<std::size_t>(block.channels);
        const auto frames = block.samples.size() / width;
        for (std::size_t from = 0; from < frames; from += block_frames) {
            Block piece;
            piece.at = block.reading.at;
            piece.frames = std::min(block_frames, frames - from);
            for (std::size_t i = 0; i < piece.frames; ++i) {
                const auto* frame = block.samples.data() + (from + i) * width;
                piece.samples[2 * i] = frame[0];
                piece.samples[2 * i + 1] = frame[width == 1 ? 0 : 1];
            }
            if (!ring_.push(piece)) lost_.fetch_add(piece.frames, std::memory_order_relaxed);
        }
    }

    void produce(std::span<float> frames, core::LocalTime at) {
        while (const auto block = ring_.pop())
            buffer_.write(std::span(block->samples).first(block->frames * channels), block->at);
        phase_ = buffer_.produce(frames, at);
    }

    SourceView view() const {
        if (auto trouble = source_->trouble(); !trouble.empty()) return {false, std::move(trouble)};
        if (phase_ == media::SourcePhase::filling) return {false, ""};
        if (phase_ == media::SourcePhase::stalled) return {false, "the sound card gives nothing"};
        return {true, ""};
    }

    std::uint64_t lost_frames() const {
        return lost_.load(std::memory_order_relaxed) + source_->counters().lost_frames;
    }

  private:
    media::SpscQueue<Block, ring_blocks> ring_;
    media::SourceBuffer buffer_{{.channels = channels}};
    media::SourcePhase phase_ = media::SourcePhase::filling;
    std::atomic<std::uint64_t> lost_{0};
    std::unique_ptr<ports::AudioSource> source_;  // after what its thread uses
};

CardSource::CardSource(std::unique_ptr<Capturing> capturing) : capturing_(std::move(capturing)) {}
CardSource::~CardSource() = default;

core::Result<std::unique_ptr<Source>> CardSource::open(const ports::Clock& clock, const CardSpec& spec) {
    auto capturing = std::make_unique<Capturing>(clock, spec);
    if (auto started = capturing->start(); !started) return started.error();
    return std::unique_ptr<Source>(new CardSource(std::move(capturing)));
}

void CardSource::produce(core::FrameCount, std::span<float> frames, core::LocalTime at) {
    capturing_->produce(frames, at);
}
SourceView CardSource::view() const { return capturing_->view(); }
std::uint64_t CardSource::lost_frames() const { return capturing_->lost_frames(); }

}  // namespace antiphon::live
