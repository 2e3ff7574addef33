// Packets in the loop, sound on the speaker's thread; a window of decoded frames between them.
#include "tests/bluetooth/headset.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "core/contract.hpp"

namespace antiphon::tests {
namespace {

constexpr std::size_t window_frames = 1 << 16;
constexpr std::size_t header_bytes = 13;  // RTP, and the number of SBC frames
constexpr double rate = 48'000;
constexpr core::FrameCount aptx_delay_frames = 90;  // of its filters, which libfreeaptx leaves out

std::uint32_t timestamp_of(std::span<const std::byte> packet) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i < 8; ++i) value = value << 8 | std::to_integer<std::uint32_t>(packet[i]);
    return value;
}

}  // namespace

Headset::Headset(boost::asio::io_context& io, std::unique_ptr<ports::AudioSink> speaker, const ports::Clock& clock,
                 core::Duration delay)
    : socket_(io), clock_(clock), window_(2, window_frames), delay_ns_(delay.count()), speaker_(std::move(speaker)) {
    ANTIPHON_ASSERT(sbc_init(&sbc_, 0) == 0);
    ANTIPHON_ASSERT(speaker_->start(*this).ok());
}

Headset::~Headset() {
    speaker_->stop();
    sbc_finish(&sbc_);
}

void Headset::hear(int socket, const std::string& codec) {
    socket_.close();
    socket_.assign(::dup(socket));
    first_timestamp_.reset();
    aptx_.reset(codec == "aptx" ? aptx_init(0) : nullptr);
    aptx_frames_ = 0;
    wait();
}

void Headset::wait() {
    socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [this](const boost::system::error_code& error) {
                           if (error) return;
                           take_all();
                           if (socket_.is_open()) wait();
                       });
}

void Headset::take_all() {
    std::array<std::byte, 2048> buffer;
    ssize_t got = 0;
    while ((got = ::recv(socket_.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0)
        take(std::span(buffer).first(static_cast<std::size_t>(got)));
    if (got == 0) socket_.close();  // it was released
}

// aptX has no header: a packet that was lost is noticed by nobody.
void Headset::take(std::span<const std::byte> packet) {
    if (aptx_) {
        take_from(std::exchange(aptx_frames_, aptx_frames_ + static_cast<core::FrameCount>(packet.size())));
        return decode_aptx(packet);
    }
    if (packet.size() <= header_bytes) return;
    const auto timestamp = timestamp_of(packet);
    if (!first_timestamp_) first_timestamp_ = timestamp;
    take_from(static_cast<core::FrameCount>(timestamp - *first_timestamp_));
    decode_sbc(packet.subspan(header_bytes));
}

// The stream's, of which a packet comes now. What a full socket cost is silence, and moves nothing.
void Headset::take_from(core::FrameCount frame) {
    if (frame == 0) {
        second_begun_ = {};
        window_.restart(++epoch_, 0);
    }
    follow_pace(frame);
    static const std::vector<float> silence(2 * 4096);
    const auto due = frame == 0 && aptx_ ? aptx_delay_frames : frame;
    while (window_.next_frame() < due) {
        const auto missing = std::min<core::FrameCount>(due - window_.next_frame(), 4096);
        if (window_.write(std::span(silence).first(static_cast<std::size_t>(2 * missing))) == 0) return;
    }
}

void Headset::follow_pace(core::FrameCount frame) {
    constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
    const auto now = clock_.now();
    const auto came_ns = now.ns - static_cast<std::int64_t>(static_cast<double>(frame) / rate * 1e9);
    if (second_begun_.ns == 0) quickest_now_ns_ = never;
    if (second_begun_.ns == 0 || now - second_begun_ > std::chrono::seconds(1)) {
        second_begun_ = now;
        quickest_before_ns_ = std::exchange(quickest_now_ns_, never);
    }
    quickest_now_ns_ = std::min(quickest_now_ns_, came_ns);
    anchor_ns_ = std::min(quickest_now_ns_, quickest_before_ns_);
}

void Headset::decode_aptx(std::span<const std::byte> payload) {
    std::array<unsigned char, 2048> code;
    std::array<unsigned char, 6 * 2048> pcm;
    std::ranges::transform(payload, code.begin(), [](std::byte one) { return std::to_integer<unsigned char>(one); });
    std::size_t bytes = 0;
    aptx_decode(aptx_.get(), code.data(), payload.size(), pcm.data(), pcm.size(), &bytes);
    std::vector<float> samples;
    for (std::size_t i = 0; i + 3 <= bytes; i += 3) {
        const auto high = static_cast<std::int32_t>(static_cast<std::uint32_t>(pcm[i] << 8 | pcm[i + 1] << 16) |
                                                    static_cast<std::uint32_t>(pcm[i + 2]) << 24);
        samples.push_back(static_cast<float>(high) / 2147483648.0F);
    }
    window_.write(samples);
}

void Headset::decode_sbc(std::span<const std::byte> payload) {
    while (!payload.empty()) {
        std::array<std::int16_t, 512> pcm;
        std::size_t bytes = 0;
        const auto taken = sbc_decode(&sbc_, payload.data(), payload.size(), pcm.data(), sizeof pcm, &bytes);
        if (taken <= 0) return;
        std::array<float, 512> samples;
        const auto count = bytes / sizeof(std::int16_t);
        for (std::size_t i = 0; i < count; ++i) samples[i] = static_cast<float>(pcm[i]) / 32768.0F;
        window_.write(std::span(samples).first(count));
        payload = payload.subspan(static_cast<std::size_t>(taken));
    }
}

void Headset::render(const ports::RenderBlock& block) noexcept {
    window_.refresh();
    if (window_.restart_pending()) window_.adopt();
    const auto channels = static_cast<std::size_t>(block.channels);
    const auto since = [&](core::FrameCount frame) {  // the stream began to sound, in frames
        const auto until_turn = static_cast<double>(frame - block.reading.frames) / rate * 1e9;
        return (static_cast<double>(block.reading.at.ns - anchor_ns_ - delay_ns_) + until_turn) * rate / 1e9;
    };
    for (std::size_t i = 0; i * channels < block.samples.size(); ++i) {
        const auto place = since(block.first + static_cast<core::FrameCount>(i));
        const auto frame = static_cast<core::FrameCount>(std::floor(place));
        const auto part = static_cast<float>(place - std::floor(place));
        const bool known = frame >= window_.begin() && frame + 1 < window_.end();
        const float* sound = known ? window_.view(frame) : nullptr;
        for (std::size_t c = 0; c < channels; ++c)
            block.samples[i * channels + c] = sound ? sound[c] * (1 - part) + sound[c + 2] * part : 0.0F;
        if (known) window_.release(frame);
    }
}

}  // namespace antiphon::tests
