// The schedule says what is due, the ring has it or not.
#include "media/live/live_receiver.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace antiphon::media {

LiveReceiver::LiveReceiver(PacketDecoder& decoder, const LiveFormat& format, const RepairOptions& repair)
    : decoder_(decoder),
      format_(format),
      repair_(repair),
      packets_(repair.window, format.packet_bytes_max),
      concealer_(format.channels, format.fade_frames),
      frames_(static_cast<std::size_t>(format.packet_frames * format.channels)),
      silence_(frames_.size()) {
    ANTIPHON_ASSERT(format.fade_frames <= format.packet_frames);
}

void LiveReceiver::begin(std::int64_t first, const Departures& departures) noexcept {
    repair_.begin(first, departures);
    packets_.clear();
    concealer_.restart();
    came_first_ = nothing_came;
    for (auto* window : windows_) window->restart(window->producer_epoch() + 1, first_frame_of(first));
}

void LiveReceiver::add(PcmWindow& window, std::uint64_t epoch) {
    ANTIPHON_ASSERT(window.channels() == format_.channels);
    window.restart(epoch, first_frame_of(repair_.next()));
    windows_.push_back(&window);
}

void LiveReceiver::remove(PcmWindow& window) noexcept { std::erase(windows_, &window); }

Arrival LiveReceiver::take(std::int64_t number, std::span<const std::byte> payload, core::LocalTime at,
                           bool retransmission) noexcept {
    if (!retransmission) came_first_ = std::min(came_first_, number);
    const auto arrival = repair_.arrived(number, at, retransmission);
    if (arrival == Arrival::fresh) packets_.put(number, payload);
    return arrival;
}

void LiveReceiver::advance(core::LocalTime now) {
    while (next_due() <= now) {
        const auto number = repair_.next();
        hand_over(number, repair_.pass());
    }
}

void LiveReceiver::hand_over(std::int64_t number, bool there) {
    const auto packet = there ? packets_.find(number) : std::span<const std::byte>();
    const bool decoded = !packet.empty() && decoder_.decode(packet, frames_);
    if (!packet.empty() && !decoded) ++corrupt_;
    if (decoded) {
        concealer_.good(frames_);
    } else {
        concealer_.missing(frames_);
        if (number < came_first_) unheard_ += static_cast<std::uint64_t>(format_.packet_frames);
    }
    for (auto* window : windows_) write(*window, first_frame_of(number));
}

// What found no room before is made up for with silence, so that every frame stays at its place.
void LiveReceiver::write(PcmWindow& window, core::FrameCount first) noexcept {
    while (window.next_frame() < first && window.writable() > 0) {
        const auto owed = std::min<core::FrameCount>(first - window.next_frame(), format_.packet_frames);
        window.write(std::span(silence_).first(static_cast<std::size_t>(owed * format_.channels)));
    }
    const auto written = window.next_frame() == first ? window.write(frames_) : 0;
    crowded_ += static_cast<std::uint64_t>(format_.packet_frames - written);
}

LiveCounters LiveReceiver::counters() const noexcept {
    return {repair_.counters(), concealer_.counters(), unheard_, corrupt_, packets_.oversized(), crowded_};
}

}  // namespace antiphon::media
