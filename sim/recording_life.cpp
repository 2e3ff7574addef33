// The line, the coordinator's side, and the laws.
#include "sim/recording_life.hpp"

#include <algorithm>
#include <vector>

#include "media/codecs/flac_decoder.hpp"
#include "media/recording/segment_mend.hpp"
#include "sim/exercised.hpp"
#include "sim/recording_board.hpp"

namespace antiphon::sim {
namespace {

using core::FrameCount;
using media::SegmentRow;

constexpr int pieces = 6000;            // of a minute
constexpr int looks_at_the_end = 2000;  // until all must have been brought

// What the boards bring is taken in as production does; the line may break, and a byte may come wrong.
class Shelf {
  public:
    Shelf(Random& random, RecordingCounters& counters) : random_(random), counters_(counters) {}

    // Whether all of the segment is here now, and the board heard so.
    bool bring(const SegmentRow& told, std::span<const std::byte> bytes) {
        const auto known = disk_.find(told.number);
        if (!known) return false;
        const bool same = known->row && known->row->sha256 == told.sha256;
        const bool kept = known->row && known->row->kept && known->whole;
        if (kept && !same) return broken_ = "segment " + std::to_string(told.number) + " is another than before", false;
        auto row = told;
        row.kept = kept;
        if (!same && !disk_.remove(told.number)) return false;
        if (known->row != row && !disk_.save(row)) return false;
        if (kept) return heard();
        const auto there = disk_.find(told.number);
        if (!there) return false;
        if (!there->whole && !receive(told, bytes)) return false;
        return media::take_in(disk_, told).ok() && heard();
    }

    void cut_power() {
        ++counters_.shelf_cuts;
        disk_.refuse_for = 0;
        disk_.power_cut([this] { return random_.next() >> 16; });
    }
    // It dies at one of its next calls.
    void begin_to_die() {
        disk_.refuse_at = disk_.calls + static_cast<int>(random_.below(8));
        disk_.refuse_for = 1'000'000;
    }

    // What a board has released has to be here.
    bool has(const SegmentRow& row) const {
        if (!disk_.has(row.number)) return false;
        const auto digest = disk_.digest_of(row.number);
        const auto it = disk_.rows().find(row.number);
        return it != disk_.rows().end() && it->second.kept && digest.sha256 == row.sha256 && digest.bytes == row.bytes;
    }
    const media::SimDisk& disk() const { return disk_; }
    const std::optional<std::string>& broken() const { return broken_; }

  private:
    bool receive(const SegmentRow& row, std::span<const std::byte> bytes) {
        const auto came = disk_.has(row.number) ? disk_.bytes(row.number).size() : 0;
        if (came > bytes.size()) return disk_.cut(row.number, 0).ok() && false;
        const auto rest = bytes.subspan(came);
        const bool breaks = !rest.empty() && random_.chance(0.4);
        std::vector<std::byte> piece(rest.begin(), rest.end());
        if (breaks) piece.resize(random_.below(rest.size()));
        if (!piece.empty() && random_.chance(0.05)) {
            piece[random_.below(piece.size())] ^= std::byte{4};
            ++counters_.damaged;
        }
        counters_.broken_off += breaks;
        return disk_.append_to(row.number, piece).ok() && !breaks;
    }
    bool heard() { return !random_.chance(0.1); }

    Random& random_;
    RecordingCounters& counters_;
    media::SimDisk disk_;
    std::optional<std::string> broken_;
};

class RecordingRun {
  public:
    explicit RecordingRun(std::uint64_t seed) : random_(seed) { outcome_.seed = seed; }

    RecordingOutcome run() {
        for (int piece = 0; piece < pieces && !outcome_.broken; ++piece) {
            strike();
            board_.pass();
            if (random_.chance(0.1)) bring();
        }
        shelf_.cut_power();
        board_.finish();
        for (int look = 0; look < looks_at_the_end && board_.next_to_bring() && !outcome_.broken; ++look) bring();
        if (const auto left = board_.next_to_bring())
            fail("segment " + std::to_string(left->number) + " could not be brought: " + left->note);
        check_lives();
        return outcome_;
    }

  private:
    void fail(const std::string& law) {
        if (!outcome_.broken) outcome_.broken = law;
    }

    // On average one of them each two seconds.
    void strike() {
        if (!random_.chance(0.005)) return;
        switch (random_.below(7)) {
            case 0:
                return board_.kill();
            case 1:
                return board_.cut_power();
            case 2:
                return board_.refuse(static_cast<int>(1 + random_.below(random_.chance(0.5) ? 3 : 200)));
            case 3:
                return board_.miss(static_cast<FrameCount>(1 + random_.below(3000)));
            case 4:
            case 5:
                return board_.be_quiet(static_cast<FrameCount>(1000 + random_.below(4000)));
            default:
                shelf_.begin_to_die();
                bring();
                shelf_.cut_power();
                for (const auto& [number, row] : released_)
                    if (!shelf_.has(row)) fail("segment " + std::to_string(number) + " was released, and is lost");
        }
    }

    void bring() {
        const auto row = board_.next_to_bring();
        if (!row) return;
        if (shelf_.bring(*row, board_.bytes(row->number)) && board_.release(*row)) released_[row->number] = *row;
        if (shelf_.broken()) fail(*shelf_.broken());
        if (board_.broken()) fail(*board_.broken());
    }

    void check_lives() {
        std::map<std::uint64_t, std::vector<SegmentRow>> rows;
        for (const auto& [number, row] : shelf_.disk().rows()) rows[row.life].push_back(row);
        for (const auto& [life, captured] : board_.lives()) {
            const auto told = told_of(rows[life]);
            if (told > captured.captured) fail(named(life) + " tells of more than was captured");
            if (const auto lost = captured.kept_from(told); lost > captured.may_lose)
                fail(named(life) + " has lost " + std::to_string(lost) + " ms of its end, and may lose " +
                     std::to_string(captured.may_lose));
        }
    }

    static std::string named(std::uint64_t life) { return "I13: life " + std::to_string(life); }

    // How far these rows tell of their life, without a hole.
    FrameCount told_of(const std::vector<SegmentRow>& rows) {
        FrameCount told = 0;
        for (const auto& row : rows) {
            FrameCount between = 0, after = 0;
            for (const auto& gap : row.gaps) {
                if (gap.first < row.first) between += gap.count;
                if (gap.first >= row.end()) after += gap.count;
            }
            if (told + between != row.first)
                fail(named(row.life) + ": segment " + std::to_string(row.number) + " begins at " +
                     std::to_string(row.first) + ", and what was before ends at " + std::to_string(told + between));
            check_content(row);
            told = row.end() + after;
        }
        return told;
    }

    void check_content(const SegmentRow& row) {
        media::FlacDecoder decoder;
        const bool read = shelf_.disk().has(row.number) && decoder.feed(shelf_.disk().bytes(row.number)) &&
                          decoder.finish() && decoder.lost() == 0;
        const auto samples = read ? decoder.take() : std::vector<float>();
        const auto named = "segment " + std::to_string(row.number);
        if (static_cast<FrameCount>(samples.size()) != row.frames)
            return fail(named + " tells of " + std::to_string(row.frames) + " frames, and " +
                        std::to_string(samples.size()) + " can be read");
        for (FrameCount at = 0; at < row.frames; ++at) {
            const auto frame = row.first + at;
            const bool in_gap = std::ranges::any_of(
                row.gaps, [&](const auto& gap) { return frame >= gap.first && frame < gap.first + gap.count; });
            const auto expected = in_gap ? 0 : recorded_sample(frame);
            if (samples[static_cast<std::size_t>(at)] != expected)
                return fail(named + " has another sample than was captured at frame " + std::to_string(frame));
        }
    }

    Random random_;
    RecordingOutcome outcome_;
    Board board_{random_, outcome_.counters};
    Shelf shelf_{random_, outcome_.counters};
    std::map<int, SegmentRow> released_;
};

}  // namespace

RecordingOutcome run_recording(std::uint64_t seed) { return RecordingRun(seed).run(); }

void RecordingCounters::add(const RecordingCounters& other) {
    kills += other.kills;
    power_cuts += other.power_cuts;
    refusals += other.refusals;
    quiet += other.quiet;
    missed += other.missed;
    released += other.released;
    broken_off += other.broken_off;
    damaged += other.damaged;
    shelf_cuts += other.shelf_cuts;
}

void RecordingSweep::add(const RecordingOutcome& outcome) {
    ++runs;
    failures += outcome.broken.has_value();
    total.add(outcome.counters);
}

std::optional<std::string> RecordingSweep::too_little() const {
    const Exercise needs[] = {{"kills", total.kills, 15},
                              {"power cuts", total.power_cuts, 15},
                              {"refusals", total.refusals, 15},
                              {"quiet stretches", total.quiet, 20},
                              {"missed stretches", total.missed, 15},
                              {"released segments", total.released, 80},
                              {"broken uploads", total.broken_off, 50},
                              {"damaged uploads", total.damaged, 5},
                              {"cuts of the coordinator's power", total.shelf_cuts, 20}};
    return too_seldom(needs, runs);
}

}  // namespace antiphon::sim
