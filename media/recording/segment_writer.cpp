// A segment is opened when there is sound for it: row, file, header; closed: data, name, row.
#include "media/recording/segment_writer.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "core/mutants.hpp"
#include "media/codecs/flac_encoder.hpp"
#include "media/recording/segment_mend.hpp"

namespace antiphon::media {
namespace {

void add_gap(std::vector<SegmentGap>& gaps, SegmentGap gap) {
    const bool goes_on = !gaps.empty() && gaps.back().first + gaps.back().count == gap.first &&
                         gaps.back().reason == gap.reason && gaps.back().quiet == gap.quiet;
    if (goes_on)
        gaps.back().count += gap.count;
    else
        gaps.push_back(std::move(gap));
}

SegmentGap gap_of(core::FrameCount first, core::FrameCount count, const Because& because) {
    return {first, count, because.reason, because.quiet ? std::optional(true) : std::nullopt};
}

}  // namespace

SegmentWriter::SegmentWriter(SegmentFiles& files, const SegmentOptions& options)
    : files_(files), options_(options), device_(options.rate), number_(options.first_number) {}

SegmentWriter::~SegmentWriter() {
    refused_ = core::Error{core::ErrorCode::unavailable, "the recorder ends"};
    encoder_.reset();  // appends nothing any more
}

core::FrameCount SegmentWriter::frames_in(core::Duration duration) const noexcept {
    return duration.count() * options_.rate / 1'000'000'000;
}

// What of the piece is not written or left out yet.
CapturedPiece SegmentWriter::unknown_of(const CapturedPiece& piece) {
    if (!std::exchange(begun_, true)) origin_ = piece.first;
    auto rest = piece;
    const auto behind = next_ - (piece.first - origin_);
    if (behind > frames_in(std::chrono::seconds(1))) {
        origin_ = piece.first - next_;  // it was started anew, and counts from somewhere else
        captured_until_ = 0;
    } else if (behind > 0) {
        const auto known = std::min(static_cast<std::size_t>(behind), piece.samples.size());
        rest.first += static_cast<core::FrameCount>(known);
        rest.samples = piece.samples.subspan(known);
    }
    captured_until(piece.first + static_cast<core::FrameCount>(piece.samples.size()));
    return rest;
}

void SegmentWriter::conclude(const core::Result<void>& done, core::LocalTime now) {
    if (!done) return give_up(done.error(), now);
    trouble_.clear();
    count();
}

void SegmentWriter::take(const CapturedPiece& piece, const ClockMap& map, core::WallTime wall, const Because& because) {
    const auto rest = unknown_of(piece);
    if (rest.samples.empty() || (broken_ && piece.at < retry_at_)) return;
    auto done = broken_ ? mend() : core::Result<void>();
    if (done) done = advance(rest, map, wall, because);
    conclude(done, piece.at);
}

void SegmentWriter::leave(const CapturedPiece& piece, const Because& because) {
    const auto rest = unknown_of(piece);
    if (rest.samples.empty() || (broken_ && piece.at < retry_at_)) return;
    auto done = broken_ ? mend() : core::Result<void>();
    if (done && encoder_) done = close();
    const auto end = rest.first + static_cast<core::FrameCount>(rest.samples.size());
    if (done) done = leave_out(end - origin_, unless_in_trouble(because));
    conclude(done, piece.at);
}

// What the disk said while it refused is why, whatever else would have been.
Because SegmentWriter::unless_in_trouble(const Because& because) const {
    return trouble_.empty() ? because : Because{trouble_.c_str()};
}

void SegmentWriter::count() noexcept {
    counters_.frames = next_;
    counters_.gap_frames = closed_gaps_ + (row_ ? lost_frames(row_->gaps) : 0) + lost_frames(between_);
}

void SegmentWriter::captured_until(core::FrameCount device_frame) noexcept {
    captured_until_ = std::max(captured_until_, device_frame);
}

core::Result<void> SegmentWriter::advance(const CapturedPiece& piece, const ClockMap& map, core::WallTime wall,
                                          const Because& because) {
    if (auto left_out = leave_out(piece.first - origin_, unless_in_trouble(because)); !left_out) return left_out;
    if (encoder_ && row_->frames >= frames_in(options_.length))
        if (auto closed = close(); !closed) return closed;
    if (!encoder_)
        if (auto opened = open(wall); !opened) return opened;
    if (auto written = write(piece.samples); !written) return written;
    anchor(map);
    return keep();
}

// What is missing before frame `at`.
core::Result<void> SegmentWriter::leave_out(core::FrameCount at, const Because& because) {
    const auto missing = at - next_;
    if (missing <= 0) return {};
    const auto told =
        core::mutated(core::Mutant::gap_too_short) ? std::max<core::FrameCount>(missing - 32, 0) : missing;
    if (encoder_ && missing <= frames_in(options_.silence_max)) return silence(missing, because);
    if (encoder_)
        if (auto closed = close(); !closed) return closed;
    add_gap(between_, gap_of(next_, told, because));
    next_ = at;
    return {};
}

core::Result<void> SegmentWriter::open(core::WallTime wall) {
    row_ = SegmentRow{.number = number_,
                      .life = options_.life,
                      .first = next_,
                      .rate = options_.rate,
                      .started = wall,
                      .device = options_.device,
                      .gaps = std::exchange(between_, {})};
    gaps_before_ = row_->gaps.size();
    next_sync_ = frames_in(options_.sync_each);
    next_row_ = frames_in(options_.row_each);
    next_anchor_ = 0;
    unsettled_.clear();
    refused_.reset();
    if (auto saved = files_.save(*row_); !saved) return saved;
    if (auto created = files_.create(number_); !created) return created;
    if (auto synced = files_.sync_folder(); !synced) return synced;
    auto encoder = FlacEncoder::open({.rate = options_.rate, .channels = 1, .comments = {{"TITLE", options_.title}}},
                                     [this](auto bytes, std::uint32_t) {
                                         if (refused_) return false;
                                         if (auto done = files_.append(bytes); !done) refused_ = done.error();
                                         return !refused_;
                                     });
    if (!encoder) return refused_.value_or(encoder.error());
    encoder_ = std::make_unique<FlacEncoder>(std::move(*encoder));
    return {};
}

core::Result<void> SegmentWriter::write(std::span<const float> samples) {
    if (auto written = encoder_->write(samples); !written) return refused_.value_or(written.error());
    const auto frames = static_cast<core::FrameCount>(samples.size());
    row_->frames += frames;
    next_ += frames;
    return {};
}

// The row first: frames that nobody captured may be in a file only when its row says so.
core::Result<void> SegmentWriter::silence(core::FrameCount frames, const Because& because) {
    add_gap(row_->gaps, gap_of(next_, frames, because));
    if (auto saved = files_.save(*row_); !saved) return saved;
    return write(std::vector<float>(static_cast<std::size_t>(frames)));
}

void SegmentWriter::anchor(const ClockMap& map) {
    if (!map.valid() || !device_.usable() || row_->frames < next_anchor_) return;
    next_anchor_ = row_->frames + frames_in(options_.anchor_each);
    const auto local = device_.to_local(static_cast<double>(next_ + origin_));
    settle_anchors(map, local);
    unsettled_.push_back({row_->anchors.size(), local});
    row_->anchors.push_back({next_, map.to_cluster(local), map.error_at(local).count(), map.incarnation.value});
}

// An estimate is worst at its end, where it is used first. A map that tells quite another time is of another clock.
void SegmentWriter::settle_anchors(const ClockMap& map, core::LocalTime now) {
    constexpr std::int64_t other_clock_ns = 1'000'000;
    while (!unsettled_.empty() && now - unsettled_.front().captured > options_.anchor_settles) unsettled_.pop_front();
    for (const auto& young : unsettled_) {
        auto& anchor = row_->anchors[young.index];
        const auto cluster_ns = map.to_cluster(young.captured);
        if (anchor.incarnation != map.incarnation.value || std::abs(cluster_ns - anchor.cluster_ns) > other_clock_ns)
            continue;
        anchor.cluster_ns = cluster_ns;
        anchor.error_ns = std::min<std::int64_t>(anchor.error_ns, map.error_at(young.captured).count());
    }
}

core::Result<void> SegmentWriter::keep() {
    if (row_->frames >= next_sync_) {
        next_sync_ = row_->frames + frames_in(options_.sync_each);
        if (auto synced = files_.sync(); !synced) return synced;
    }
    if (row_->frames < next_row_) return {};
    next_row_ = row_->frames + frames_in(options_.row_each);
    return files_.save(*row_);
}

core::Result<void> SegmentWriter::close() {
    auto finished = encoder_->finish();
    encoder_.reset();
    if (!finished) return refused_.value_or(finished.error());
    if (auto named = name(); !named) return named;
    const auto digest = files_.digest(row_->number);
    if (!digest) return digest.error();
    auto row = *row_;
    row.bytes = digest->bytes;
    row.sha256 = digest->sha256;
    row.closed = true;
    if (auto saved = files_.save(row); !saved) return saved;
    closed(std::move(row));
    return {};
}

// First what is in the file, then its name: under the name of a whole one is a whole one, whenever the power goes.
core::Result<void> SegmentWriter::name() {
    const bool too_early = core::mutated(core::Mutant::named_before_data);
    if (!too_early && !core::mutated(core::Mutant::row_before_data))
        if (auto synced = files_.sync(); !synced) return synced;
    if (auto named = files_.finish(row_->number); !named) return named;
    if (auto synced = files_.sync_folder(); !synced || !too_early) return synced;
    return files_.sync();
}

// The row is kept: a gap at the very end is told by it.
void SegmentWriter::closed(SegmentRow row) {
    row_.reset();
    last_ = std::move(row);
    closed_gaps_ += lost_frames(last_->gaps);
    number_ = last_->number + 1;
    closed_.push_back(*last_);
    ++counters_.segments;
}

void SegmentWriter::give_up(const core::Error& error, core::LocalTime now) {
    refused_ = error;
    encoder_.reset();  // appends nothing
    broken_ = true;
    retry_at_ = now + options_.retry_after;
    trouble_ = error.what;
    ++counters_.refusals;
}

// The segment that the disk refused to go on with: what it has is kept, what was not written is a gap.
core::Result<void> SegmentWriter::mend() {
    if (row_) {
        const auto found = files_.list();
        if (!found) return found.error();
        const auto it = std::ranges::find(*found, row_->number, &SegmentFiles::Found::number);
        auto there = it == found->end() ? SegmentFiles::Found{row_->number} : *it;
        there.row = row_;
        auto mended = mend_segment(files_, there, "ended early: " + trouble_);
        if (!mended) return mended.error();
        if (*mended) {
            next_ = (*mended)->end();
            closed(std::move(**mended));
        } else {
            next_ = row_->first;
            row_->gaps.resize(gaps_before_);
            between_ = std::move(row_->gaps);
            row_.reset();
        }
    }
    broken_ = false;
    return {};
}

bool SegmentWriter::finish(const Because& because) {
    auto done = broken_ ? mend() : core::Result<void>();
    if (done && begun_) done = leave_out(captured_until_ - origin_, unless_in_trouble(because));
    if (done && encoder_) done = close();
    if (done && !between_.empty() && last_) {
        auto row = *last_;
        row.gaps.insert(row.gaps.end(), between_.begin(), between_.end());
        done = files_.save(row);
        if (done) {
            closed_gaps_ += lost_frames(std::exchange(between_, {}));
            closed_.push_back(*(last_ = std::move(row)));
        }
    }
    if (done)
        trouble_.clear();
    else
        give_up(done.error(), {});
    count();
    return done.ok();
}

}  // namespace antiphon::media
