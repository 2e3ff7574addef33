// The same arithmetic as the room's own speakers and microphones, at another's beck and call.
#include "tests/card/card.hpp"

#include <algorithm>

#include "adapters/virtual_audio/draw.hpp"
#include "core/ids.hpp"

namespace antiphon::card {
namespace {

using core::Error;
using core::ErrorCode;
using virtual_audio::TrueTime;

constexpr core::Duration rescan_each = std::chrono::milliseconds{40};

}  // namespace

Card::Card(Setup setup, virtual_audio::Room room, Control* control)
    : setup_(std::move(setup)), room_(std::move(room)), control_(control) {}

core::Result<std::unique_ptr<Card>> Card::open(const Setup& setup) {
    if (!core::parse_name(setup.owner) || !core::parse_name(setup.name))
        return Error{ErrorCode::invalid, "'" + setup.owner + "/" + setup.name + "' cannot name a card"};
    auto* const control = setup.control.empty() ? nullptr : map_control(setup.control);
    if (!control && !setup.control.empty()) return Error{ErrorCode::unavailable, "map " + setup.control};
    if (control && control->away) return Error{ErrorCode::not_found, "it is unplugged"};
    auto room = virtual_audio::Room::open(setup.room);
    if (!room) return room.error();
    std::unique_ptr<Card> card(new Card(setup, std::move(*room), control));
    const auto label = setup.owner + "/" + setup.name;
    if (setup.captures) {
        card->air_.emplace(card->room_.speakers(), virtual_audio::Draw::position(card->room_, "microphone " + label));
        return card;
    }
    auto writer = virtual_audio::SoundWriter::open(card->room_.speakers() / (setup.owner + "." + setup.name + ".pcm"),
                                                   label, setup.rate);
    if (!writer) return writer.error();
    card->writer_ = std::move(*writer);
    return card;
}

TrueTime Card::now() const {
    if (control_ && control_->now_ns != 0) return TrueTime{control_->now_ns};
    return virtual_audio::machine_true_clock().now();
}

void Card::start() {
    timeline_.emplace(now(), setup_.rate, setup_.ppm);
    if (control_) ++control_->started;
    if (!writer_) return;
    const auto subject = "speaker " + setup_.owner + "/" + setup_.name;
    writer_->begin_run(*timeline_, {virtual_audio::Draw::position(room_, subject), {}});
    writer_->publish(0, waiting_);
    waiting_.clear();
}

void Card::stop() {
    waiting_.clear();
    if (!timeline_) return;
    if (writer_) writer_->end_run(timeline_->position_at(now()));
    timeline_.reset();
}

core::FrameCount Card::position() const {
    if (!timeline_) return 0;
    const auto position = timeline_->position_at(now());
    return position - position % setup_.granule;
}

void Card::play(core::FrameCount first, std::span<const float> mono) {
    if (!timeline_) {
        waiting_.resize(static_cast<std::size_t>(first));
        waiting_.insert(waiting_.end(), mono.begin(), mono.end());
        return;
    }
    std::vector<float> frames(mono.begin(), mono.end());
    const auto gone = timeline_->position_at(now()) + 1 - first;
    const auto late = std::clamp<core::FrameCount>(gone, 0, static_cast<core::FrameCount>(frames.size()));
    std::fill_n(frames.begin(), late, 0.0F);
    writer_->publish(first, frames);
}

void Card::capture(core::FrameCount first, std::span<float> mono) {
    std::fill(mono.begin(), mono.end(), 0.0F);
    if (now() >= rescan_at_) {
        air_->rescan(now());
        rescan_at_ = now() + rescan_each;
    }
    air_->add(*timeline_, first, now(), mono);
}

}  // namespace antiphon::card
