// Looks through the packets between the next deadline and the last departure; there are at most some dozens.
#include "media/live/repair_schedule.hpp"

#include <algorithm>
#include <cmath>

#include "core/contract.hpp"

namespace antiphon::media {
namespace {

constexpr std::size_t learn_each = 16;    // arrivals
constexpr std::size_t transits_min = 16;  // fewer tell too little
constexpr std::size_t hundred = 100;
constexpr std::size_t in_time_of_hundred = 99;
constexpr core::Duration reserve = std::chrono::microseconds(500);  // on top of what 99 of 100 took

}  // namespace

core::LocalTime Departures::of(std::int64_t packet) const noexcept {
    return at + core::Duration{std::llround(static_cast<double>(packet - number) * period_ns)};
}

std::int64_t Departures::last_at(core::LocalTime t) const noexcept {
    return number + static_cast<std::int64_t>(std::floor(static_cast<double>((t - at).count()) / period_ns));
}

RepairSchedule::RepairSchedule(const RepairOptions& options)
    : options_(options), slots_(options.window), notice_(options.first_notice) {
    ANTIPHON_ASSERT(options.window > 0 && (options.window & (options.window - 1)) == 0);
}

void RepairSchedule::begin(std::int64_t first, const Departures& departures) noexcept {
    departures_ = departures;
    next_ = first;
    std::fill(slots_.begin(), slots_.end(), Slot{});
    transit_count_ = 0;
    notice_ = options_.first_notice;
    answer_min_ = core::Duration{0};
    last_arrival_ = departures.of(first);
}

RepairSchedule::Slot& RepairSchedule::slot(std::int64_t number) noexcept {
    auto& found = slots_[static_cast<std::size_t>(number) & (slots_.size() - 1)];
    if (found.number != number) found = Slot{.number = number};
    return found;
}

bool RepairSchedule::here(std::int64_t number) const noexcept {
    const auto& found = slots_[static_cast<std::size_t>(number) & (slots_.size() - 1)];
    return found.number == number && found.here;
}

Arrival RepairSchedule::arrived(std::int64_t number, core::LocalTime at, bool retransmission) noexcept {
    last_arrival_ = std::max(last_arrival_, at);
    if (!retransmission) learn_transit(at - departures_.of(number));
    if (number < next_ && here(number)) return ++counters_.duplicates, Arrival::duplicate;
    if (number < next_) return ++counters_.late, Arrival::late;
    if (number - next_ >= static_cast<std::int64_t>(slots_.size())) return ++counters_.early, Arrival::early;
    auto& found = slot(number);
    if (found.here) return ++counters_.duplicates, Arrival::duplicate;
    found.here = true;
    ++counters_.arrived;
    if (!retransmission) return Arrival::fresh;
    ++counters_.repaired;
    learn_answer(found, at);
    return Arrival::fresh;
}

void RepairSchedule::learn_transit(core::Duration transit) noexcept {
    transits_[transit_count_++ % transits_kept] = transit;
    if (transit_count_ < transits_min || transit_count_ % learn_each != 0) return;
    const auto known = std::min(transit_count_, transits_kept);
    std::copy_n(transits_.begin(), known, sorted_.begin());
    const auto rank = sorted_.begin() + static_cast<std::ptrdiff_t>((known - 1) * in_time_of_hundred / hundred);
    std::nth_element(sorted_.begin(), rank, sorted_.begin() + static_cast<std::ptrdiff_t>(known));
    notice_ = *rank + reserve;
}

// Which of several questions was answered, nobody can tell.
void RepairSchedule::learn_answer(const Slot& slot, core::LocalTime at) noexcept {
    if (slot.asks != 1) return;
    const auto took = at - slot.asked;
    if (answer_min_.count() == 0 || took < answer_min_) answer_min_ = took;
}

bool RepairSchedule::answer_can_come(std::int64_t number, core::LocalTime now) const noexcept {
    return now + answer_min_ < deadline(number);
}

std::size_t RepairSchedule::ask(core::LocalTime now, std::span<std::int64_t> out) noexcept {
    if (is_silent(now)) return 0;
    const auto last =
        std::min(departures_.last_at(now - notice_), next_ + static_cast<std::int64_t>(slots_.size()) - 1);
    std::size_t count = 0;
    for (auto number = next_; number <= last && count < out.size(); ++number) {
        auto& missing = slot(number);
        const bool waits = missing.asks > 0 && now - missing.asked < options_.ask_each;
        if (missing.here || waits || !answer_can_come(number, now)) continue;
        missing.asked = now;
        ++missing.asks;
        out[count++] = number;
    }
    counters_.asked += count;
    return count;
}

// The last packet that should be here by now.
std::int64_t RepairSchedule::noticed(core::LocalTime now) const noexcept {
    return std::max(departures_.last_at(now - notice_), next_ - 1);
}

// About those that are noticed already.
std::optional<core::LocalTime> RepairSchedule::next_question(core::LocalTime now) const noexcept {
    std::optional<core::LocalTime> earliest;
    const auto last = noticed(now);
    for (auto number = next_; number <= last; ++number) {
        const auto& missing = slots_[static_cast<std::size_t>(number) & (slots_.size() - 1)];
        const bool known = missing.number == number;
        if ((known && missing.here) || !answer_can_come(number, now)) continue;
        const auto when = known && missing.asks > 0 ? missing.asked + options_.ask_each : now;
        earliest = std::min(earliest.value_or(when), when);
    }
    return earliest;
}

core::LocalTime RepairSchedule::next_ask(core::LocalTime now) const noexcept {
    if (is_silent(now)) return core::end_of_time;
    const auto next_notice = departures_.of(noticed(now) + 1) + notice_;
    const auto question = next_question(now);
    return question ? std::min(*question, next_notice) : next_notice + options_.gather;
}

bool RepairSchedule::pass() noexcept {
    const bool there = here(next_);
    if (!there) ++counters_.lost;
    ++next_;
    return there;
}

}  // namespace antiphon::media
