// Faults strike between pieces and, by a disk that refuses everything from some call on, within what a piece leads to.
#include "sim/recording_board.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "media/recording/segment_mend.hpp"

namespace antiphon::sim {
namespace {

using core::FrameCount;

constexpr std::int64_t ns_per_frame = 1'000'000'000 / recording_rate;
constexpr FrameCount piece_frames = 10;
constexpr int for_ever = 1'000'000;
// What may be lost of the end: with the process what waits in the encoder, with the power what is not synced
// (FAULTS.md: 0.1 s and 1.0 s).
constexpr FrameCount lost_by_kill = recording_rate / 10;
constexpr FrameCount lost_by_power = recording_rate;
constexpr const char* too_late = "it came too late";

}  // namespace

FrameCount Board::Life::kept_from(FrameCount frame) const {
    FrameCount frames = 0;
    for (const auto& [first, end] : kept) frames += std::max(end - std::max(first, frame), FrameCount{0});
    return frames;
}

void Board::Life::keep(FrameCount first, FrameCount end) {
    if (kept.empty() || kept.back().second != first) kept.emplace_back(first, first);
    kept.back().second = end;
}

void Board::Life::lose_last(FrameCount frames) {
    while (frames > 0 && !kept.empty()) {
        auto& [first, end] = kept.back();
        const auto lost = std::min(frames, end - first);
        frames -= lost;
        end -= lost;
        if (first == end) kept.pop_back();
    }
}

Board::Board(Random& random, RecordingCounters& counters) : random_(random), counters_(counters) { begin(); }

void Board::begin() {
    const auto rows = media::mend_track(disk_);
    if (!rows) return;  // the disk refuses: again with the next piece
    int next = 0;
    for (const auto& row : *rows) {
        next = row.number + 1;
        if (!row.kept) waiting_[row.number] = row;
        if (row.life < media::rowless_life) life_ = std::max(life_, row.life);
    }
    ++life_;
    lives_[life_] = {};
    origin_.reset();
    last_closed_ = -1;
    writer_ = std::make_unique<media::SegmentWriter>(
        disk_, media::SegmentOptions{
                   .rate = recording_rate, .life = life_, .first_number = next, .length = std::chrono::seconds(5)});
}

void Board::pass() {
    now_ += piece_frames;
    if (now_ < away_until_) return;
    if (!writer_) return begin();
    if (now_ < missing_until_) return;
    auto& life = lives_[life_];
    const bool refused_before = !writer_->trouble().empty();
    const auto kept_before = refused_before ? life.kept : decltype(life.kept)();
    capture();
    if (writer_->trouble().empty()) return;
    if (refused_before)
        life.kept = kept_before;
    else
        life.lose_last(lost_by_kill);
}

void Board::capture() {
    const auto first = now_ - piece_frames;
    if (!origin_) origin_ = first;
    std::vector<float> samples;
    for (auto frame = first; frame < now_; ++frame) samples.push_back(recorded_sample(frame - *origin_));
    const media::CapturedPiece piece{core::LocalTime{now_ * ns_per_frame}, now_, 1, first, samples};
    auto& life = lives_[life_];
    life.captured = now_ - *origin_;
    writer_->hear(piece);
    if (now_ < quiet_until_) {
        writer_->leave(piece, {"it was quiet", true});
    } else {
        life.keep(first - *origin_, life.captured);
        const media::ClockMap map{.cluster_ns = 5'000'000'000, .incarnation = {1}};
        writer_->take(piece, map, {now_ * ns_per_frame}, too_late);
    }
    take_closed();
}

void Board::take_closed() {
    for (auto& row : writer_->take_closed()) {
        last_closed_ = row.number;
        waiting_[row.number] = std::move(row);
    }
}

void Board::miss(FrameCount frames) {
    ++counters_.missed;
    missing_until_ = now_ + frames;
}

void Board::be_quiet(FrameCount frames) {
    ++counters_.quiet;
    quiet_until_ = now_ + frames;
}

void Board::refuse(int calls) {
    ++counters_.refusals;
    disk_.refuse_at = disk_.calls + static_cast<int>(random_.below(8));
    disk_.refuse_for = calls;
}

// Often in the middle of what a last piece leads to, such as the end of a segment. While the disk refuses nothing can
// be kept of what passes.
void Board::die(FrameCount may_lose) {
    if (!writer_) return;
    disk_.refuse_at = disk_.calls + static_cast<int>(random_.below(6));
    disk_.refuse_for = for_ever;
    if (random_.chance(0.3)) quiet_until_ = now_ + 2 * piece_frames;
    now_ += piece_frames;
    if (random_.chance(0.8)) capture();
    lives_[life_].may_lose = may_lose + piece_frames;
    writer_.reset();
    waiting_.clear();  // in memory; mending finds them again
    disk_.refuse_for = 0;
    away_until_ = now_ + piece_frames * static_cast<FrameCount>(1 + random_.below(200));
}

void Board::kill() {
    ++counters_.kills;
    die(lost_by_kill);
    disk_.kill();
}

void Board::cut_power() {
    ++counters_.power_cuts;
    const bool after_a_death = !writer_;  // that was not mended yet
    die(lost_by_power);
    if (after_a_death) lives_[life_].may_lose += lost_by_power;
    disk_.power_cut([this] { return random_.next() >> 16; });
}

void Board::finish() {
    disk_.refuse_for = 0;
    if (!writer_) begin();
    if (!writer_->finish(too_late) && !writer_->finish(too_late)) broken_ = "the last segment cannot be closed";
    take_closed();
    writer_.reset();
    last_closed_ = -1;
}

std::optional<media::SegmentRow> Board::next_to_bring() const {
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->second);
}

// The recorder may write the row of its last segment again: until then that is its own.
bool Board::release(const media::SegmentRow& row) {
    const auto it = waiting_.find(row.number);
    if (it == waiting_.end() || it->second != row || row.number == last_closed_) return false;
    if (!media::release_segment(disk_, row)) return false;
    waiting_.erase(it);
    ++counters_.released;
    return true;
}

std::optional<std::string> Board::broken() const {
    if (broken_ || disk_.refused_row.empty()) return broken_;
    return "a row was saved that no coordinator takes: " + disk_.refused_row;
}

}  // namespace antiphon::sim
