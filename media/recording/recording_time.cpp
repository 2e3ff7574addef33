// First which clocks there were, then how they lie to each other, then each life's time.
#include "media/recording/recording_time.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace antiphon::media {
namespace {

constexpr std::int64_t wall_error_ns = 100'000'000;
constexpr double ns_per_second = 1e9;
constexpr double offset_max_ns = 5e17;                           // sixteen years; sums stay within 64 bits
constexpr std::int64_t error_max_ns = 10'000'000'000;            // of an anchor that tells anything
constexpr std::int64_t wall_max_ns = 4'102'444'800'000'000'000;  // the year 2100; no clock that shows more is right

// What the rows say of one life.
struct Life {
    core::SampleRate rate = core::cluster_rate;
    core::FrameCount end = 0;
    std::optional<core::WallTime> started;  // of frame `started_frame`
    core::FrameCount started_frame = 0;
    std::map<std::uint64_t, std::vector<TimeAnchor>> anchors;  // by incarnation, each by frame
};
using Lives = std::map<std::uint64_t, Life>;

// By frame, one each.
void put_in_order(std::vector<TimeAnchor>& anchors) {
    std::ranges::sort(anchors, {}, &TimeAnchor::frame);
    const auto same = [](const TimeAnchor& a, const TimeAnchor& b) { return a.frame == b.frame; };
    anchors.erase(std::unique(anchors.begin(), anchors.end(), same), anchors.end());
}

Lives lives_of(std::span<const SegmentRow> rows) {
    Lives lives;
    for (const auto& row : rows) {
        auto& life = lives[row.life];
        life.rate = row.rate;
        life.end = std::max(life.end, row.end());
        for (const auto& gap : row.gaps) life.end = std::max(life.end, gap.first + gap.count);
        if (!life.started || row.first < life.started_frame) {
            life.started = core::WallTime{std::clamp<std::int64_t>(row.started.ns, 0, wall_max_ns)};
            life.started_frame = row.first;
        }
        for (const auto& anchor : row.anchors)
            if (anchor.error_ns <= error_max_ns)
                life.anchors[anchor.incarnation].push_back({anchor.frame, anchor.cluster_ns, anchor.error_ns});
    }
    for (auto& [id, life] : lives)
        for (auto& [incarnation, anchors] : life.anchors) put_in_order(anchors);
    return lives;
}

std::uint64_t main_incarnation(const std::vector<Lives>& tracks) {
    std::map<std::uint64_t, std::size_t> counts;
    for (const auto& lives : tracks)
        for (const auto& [id, life] : lives)
            for (const auto& [incarnation, anchors] : life.anchors) counts[incarnation] += anchors.size();
    const auto most = std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; });
    return most == counts.end() ? 0 : most->first;
}

// What is added to a time of each incarnation to have it on the line.
class Offsets {
  public:
    explicit Offsets(std::uint64_t main) { known_[main] = 0; }

    std::optional<std::int64_t> of(std::uint64_t incarnation) const {
        const auto it = known_.find(incarnation);
        return it == known_.end() ? std::nullopt : std::optional(it->second);
    }
    // From lives that knew one that is known and one that is not; as long as that tells of more.
    core::Result<void> join(const std::vector<Lives>& tracks) {
        for (bool more = true; more;) {
            std::map<std::uint64_t, std::vector<std::int64_t>> told;
            for (const auto& lives : tracks)
                for (const auto& [id, life] : lives)
                    if (auto looked = look(life, told); !looked) return looked;
            for (auto& [incarnation, offsets] : told) {
                const auto middle = offsets.begin() + static_cast<std::ptrdiff_t>(offsets.size() / 2);
                std::ranges::nth_element(offsets, middle);
                known_[incarnation] = *middle;
            }
            more = !told.empty();
        }
        return {};
    }

  private:
    core::Result<void> look(const Life& life, std::map<std::uint64_t, std::vector<std::int64_t>>& told) const {
        for (const auto& [other, anchors] : life.anchors) {
            if (of(other)) continue;
            for (const auto& [incarnation, known] : life.anchors) {
                const auto offset = of(incarnation);
                if (!offset) continue;
                const auto here = TrackTime::of(known, {.rate = life.rate});
                const auto there = TrackTime::of(anchors, {.rate = life.rate});
                if (!here) return here.error();
                if (!there) return there.error();
                // Where one ends and the other begins each is worth most.
                const bool first = known.front().frame < anchors.front().frame;
                const auto last = static_cast<double>(first ? known.back().frame : anchors.back().frame);
                const auto next = static_cast<double>(first ? anchors.front().frame : known.front().frame);
                const double at = (last + next) / 2;
                const auto away = static_cast<double>(here->origin_ns()) - static_cast<double>(there->origin_ns()) +
                                  static_cast<double>(*offset) + here->ns_at(at) - there->ns_at(at);
                if (!(std::abs(away) < offset_max_ns))
                    return core::Error{core::ErrorCode::corrupt,
                                       "two cluster clocks of the recording are decades apart"};
                told[other].push_back(here->origin_ns() + *offset - there->origin_ns() +
                                      std::llround(here->ns_at(at) - there->ns_at(at)));
            }
        }
        return {};
    }

    std::map<std::uint64_t, std::int64_t> known_;
};

std::vector<TimeAnchor> on_line(const Life& life, const Offsets& offsets) {
    std::vector<TimeAnchor> all;
    for (const auto& [incarnation, anchors] : life.anchors)
        if (const auto offset = offsets.of(incarnation))
            for (auto anchor : anchors) {
                anchor.cluster_ns += *offset;
                all.push_back(anchor);
            }
    put_in_order(all);
    return all;
}

// How the line lies to the boards' own clocks, by all lives that tell.
std::int64_t line_minus_wall(const std::vector<Lives>& tracks, const Offsets& offsets) {
    std::vector<std::int64_t> differences;
    for (const auto& lives : tracks)
        for (const auto& [id, life] : lives) {
            const auto anchors = on_line(life, offsets);
            if (anchors.empty() || !life.started) continue;
            const auto frames = static_cast<double>(anchors.front().frame - life.started_frame);
            differences.push_back(anchors.front().cluster_ns - std::llround(frames * ns_per_second / life.rate) -
                                  life.started->ns);
        }
    if (differences.empty()) return 0;
    const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
    std::ranges::nth_element(differences, middle);
    return *middle;
}

std::int64_t begin_of(const TimedLife& life) { return life.time.origin_ns() + std::llround(life.time.ns_at(0)); }
std::int64_t end_of(const TimedLife& life) {
    return life.time.origin_ns() + std::llround(life.time.ns_at(static_cast<double>(life.end)));
}

core::FrameCount cluster_frame(std::int64_t ns) {
    return std::llround(static_cast<double>(ns) * core::cluster_rate / ns_per_second);
}

// In frames of one life: what its rows tell of, and what none of them speaks of.
std::vector<SegmentGap> gaps_within(std::span<const SegmentRow> rows, std::uint64_t life) {
    std::vector<SegmentRow> ordered;
    std::ranges::copy_if(rows, std::back_inserter(ordered), [&](const auto& row) { return row.life == life; });
    std::ranges::sort(ordered, {}, &SegmentRow::first);
    std::vector<SegmentGap> gaps;
    core::FrameCount told = 0;  // up to there
    for (const auto& row : ordered) {
        auto first = row.first;
        for (const auto& gap : row.gaps) first = std::min(first, gap.first);
        if (first > told)
            gaps.push_back(
                {told, first - told, "a segment before number " + std::to_string(row.number) + " is not here", {}});
        told = std::max(told, row.end());
        for (const auto& gap : row.gaps) {
            gaps.push_back(gap);
            told = std::max(told, gap.first + gap.count);
        }
    }
    return gaps;
}

// Only where something is placed by the cluster's clock is there anything to compare with.
void leave_out_misdated(RecordingTime& recording) {
    auto begin = std::numeric_limits<std::int64_t>::max(), end = std::numeric_limits<std::int64_t>::min();
    for (const auto& track : recording.tracks)
        for (const auto& life : track.lives) {
            if (life.by_wall) continue;
            begin = std::min(begin, begin_of(life));
            end = std::max(end, end_of(life));
        }
    if (begin > end) return;
    for (auto& track : recording.tracks)
        std::erase_if(track.lives, [&](const TimedLife& life) {
            const bool near = begin_of(life) > begin - misdated_after_ns && end_of(life) < end + misdated_after_ns;
            if (!life.by_wall || near) return false;
            track.unplaced += life.end;
            return true;
        });
}

}  // namespace

core::Result<RecordingTime> recording_time(std::span<const std::vector<SegmentRow>> tracks) {
    std::vector<Lives> known;
    for (const auto& rows : tracks) known.push_back(lives_of(rows));
    RecordingTime recording{main_incarnation(known), {}};
    Offsets offsets(recording.incarnation);
    if (auto joined = offsets.join(known); !joined) return joined.error();
    const auto from_wall = line_minus_wall(known, offsets);
    for (const auto& lives : known) {
        auto& track = recording.tracks.emplace_back();
        for (const auto& [id, life] : lives) {
            auto anchors = on_line(life, offsets);
            const bool by_wall = anchors.empty();
            if (by_wall)
                anchors.push_back(
                    {life.started_frame, life.started.value_or(core::WallTime{}).ns + from_wall, wall_error_ns});
            auto time = TrackTime::of(anchors, {.rate = life.rate});
            if (!time) return time.error();
            track.lives.push_back({id, life.rate, life.end, std::move(*time), by_wall});
        }
        std::ranges::sort(track.lives, {}, begin_of);
    }
    leave_out_misdated(recording);
    return recording;
}

std::int64_t RecordingTime::begin_ns() const noexcept {
    auto begin = std::numeric_limits<std::int64_t>::max();
    for (const auto& track : tracks)
        for (const auto& life : track.lives) begin = std::min(begin, begin_of(life));
    return begin == std::numeric_limits<std::int64_t>::max() ? 0 : begin;
}

std::int64_t RecordingTime::end_ns() const noexcept {
    auto end = begin_ns();
    for (const auto& track : tracks)
        for (const auto& life : track.lives) end = std::max(end, end_of(life));
    return end;
}

core::FrameCount RecordingTime::frames() const noexcept { return cluster_frame(end_ns() - begin_ns()); }

core::FrameCount frame_on_line(const TimedLife& life, core::FrameCount frame, std::int64_t begin_ns) noexcept {
    const auto after_origin = life.time.ns_at(static_cast<double>(frame));
    return cluster_frame(life.time.origin_ns() - begin_ns + std::llround(after_origin));
}

std::vector<SegmentGap> gaps_on_line(const TimedTrack& track, std::span<const SegmentRow> rows, std::int64_t begin_ns) {
    std::vector<SegmentGap> gaps;
    std::optional<core::FrameCount> end;  // of the life before
    std::string why;
    for (const auto& life : track.lives) {
        const auto first = frame_on_line(life, 0, begin_ns);
        if (end && first > *end) gaps.push_back({*end, first - *end, why.empty() ? "nothing was recorded" : why, {}});
        for (const auto& gap : gaps_within(rows, life.life)) {
            const auto from = frame_on_line(life, gap.first, begin_ns);
            gaps.push_back({from, frame_on_line(life, gap.first + gap.count, begin_ns) - from, gap.reason, gap.quiet});
        }
        for (const auto& row : rows)
            if (row.life == life.life) why = row.note;
        end = frame_on_line(life, life.end, begin_ns);
    }
    std::ranges::sort(gaps, {}, &SegmentGap::first);
    return gaps;
}

}  // namespace antiphon::media
