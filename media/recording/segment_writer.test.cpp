// Laws of segments: every captured sample is in a file at its place or in the gap table, whatever the disk does, and
// whenever the process or the power goes.
#include "media/recording/segment_writer.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>

#include "core/instrumented.test.hpp"
#include "media/codecs/flac_decoder.hpp"
#include "media/recording/segment_mend.hpp"
#include "media/recording/sim_disk.hpp"

namespace antiphon::media {
namespace {

using namespace std::chrono_literals;

constexpr core::FrameCount piece_frames = 480;
constexpr core::FrameCount first_device_frame = 96'000;
constexpr core::FrameCount second = 48'000;

// Tells its place, to the bit.
float sample_at(core::FrameCount frame) {
    return static_cast<float>(static_cast<int>(static_cast<std::uint64_t>(frame) * 7919 % 20'011) - 10'000) / 32768;
}

struct Recorder {
    SimDisk disk;
    std::unique_ptr<SegmentWriter> writer;
    core::FrameCount captured = 0;  // in this life, whatever became of it
    ClockMap map{.cluster_ns = 5'000'000'000, .incarnation = {7}};

    explicit Recorder(core::Duration length = 2s) { begin(1, 0, length); }
    ~Recorder() { EXPECT_EQ(disk.refused_row, ""); }

    void begin(std::uint64_t life, int first_number, core::Duration length = 2s) {
        captured = 0;
        writer = std::make_unique<SegmentWriter>(
            disk, SegmentOptions{.life = life, .first_number = first_number, .title = "r1 hall/mic", .length = length});
    }
    void capture(core::FrameCount frames, bool keep = true) {
        for (const auto end = captured + frames; captured < end; captured += piece_frames) {
            std::vector<float> samples;
            for (core::FrameCount i = 0; i < piece_frames; ++i) samples.push_back(sample_at(captured + i));
            const auto device = first_device_frame + captured + piece_frames;
            const CapturedPiece piece{core::LocalTime{device * 125'000 / 6}, device, 0, device - piece_frames, samples};
            writer->hear(piece);
            if (keep)
                writer->take(piece, map, {1'000'000'000 + captured}, "the ring was full");
            else
                writer->leave(piece, {"it was quiet", true});
        }
    }
    void miss(core::FrameCount frames) { captured += frames; }
    bool finish() {
        writer->captured_until(first_device_frame + captured);
        return writer->finish("the ring was full");
    }
    std::vector<SegmentRow> mended() {
        auto rows = mend_track(disk);
        EXPECT_TRUE(rows) << (rows ? "" : rows.error().what);
        return rows ? *rows : std::vector<SegmentRow>();
    }
    std::vector<float> samples_of(const SegmentRow& row) const {
        FlacDecoder decoder;
        EXPECT_TRUE(decoder.feed(disk.bytes(row.number)));
        EXPECT_TRUE(decoder.finish());
        EXPECT_EQ(decoder.lost(), 0U);
        return decoder.take();
    }
};

struct Held {
    core::FrameCount recorded = 0;  // that are what was captured
    core::FrameCount gaps = 0;
    core::FrameCount end = 0;  // where the last file or gap ends
};

// Each row tells the truth of its file, and together they leave nothing out of one life.
Held check(const Recorder& recorder, const std::vector<SegmentRow>& rows, std::uint64_t life) {
    Held held;
    for (const auto& row : rows) {
        if (row.life != life) continue;
        EXPECT_TRUE(row.closed);
        EXPECT_EQ(recorder.disk.digest_of(row.number).sha256, row.sha256);
        const auto samples = recorder.samples_of(row);
        EXPECT_EQ(static_cast<core::FrameCount>(samples.size()), row.frames);
        core::FrameCount between = 0, within = 0, after = 0;
        for (const auto& gap : row.gaps) {
            EXPECT_GT(gap.count, 0);
            EXPECT_FALSE(gap.reason.empty());
            (gap.first < row.first ? between : gap.first < row.end() ? within : after) += gap.count;
        }
        EXPECT_EQ(held.end + between, row.first) << "segment " << row.number;
        core::FrameCount silent = 0;
        for (core::FrameCount i = 0; i < row.frames; ++i) {
            const auto value = samples[static_cast<std::size_t>(i)];
            if (value == sample_at(row.first + i)) continue;
            EXPECT_EQ(value, 0);
            ++silent;
        }
        EXPECT_LE(silent, within);
        held.recorded += row.frames - within;
        held.gaps += between + within + after;
        held.end = row.end() + after;
        for (const auto& anchor : row.anchors) {
            EXPECT_GE(anchor.frame, row.first);
            EXPECT_LE(anchor.frame, row.end());
        }
    }
    EXPECT_EQ(held.recorded + held.gaps, held.end) << "I13";
    return held;
}

TEST(SegmentWriter, HoldsWhatWasCapturedInSegmentsThatFollowEachOther) {
    Recorder recorder;
    recorder.capture(7 * second);
    ASSERT_TRUE(recorder.finish());
    const auto rows = recorder.mended();
    ASSERT_EQ(rows.size(), 4U);
    const auto held = check(recorder, rows, 1);
    EXPECT_EQ(held.recorded, 7 * second);
    EXPECT_EQ(held.gaps, 0);
    EXPECT_EQ(recorder.writer->counters().segments, 4);
    EXPECT_EQ(recorder.writer->counters().frames, 7 * second);
    EXPECT_EQ(rows[1].started.ns, 1'000'000'000 + 2 * second);
    EXPECT_TRUE(rows[0].note.empty());
}

TEST(SegmentWriter, TellsWhenItsFramesReachedTheDevice) {
    Recorder recorder;
    recorder.capture(6 * second);
    ASSERT_TRUE(recorder.finish());
    std::size_t anchors = 0;
    for (const auto& row : recorder.mended())
        for (const auto& anchor : row.anchors) {
            EXPECT_NEAR(static_cast<double>(anchor.cluster_ns),
                        5e9 + static_cast<double>(first_device_frame + anchor.frame) * 1e9 / 48000, 2000);
            EXPECT_EQ(anchor.incarnation, 7U);
            ++anchors;
        }
    EXPECT_GE(anchors, 5U);
}

// The anchor's error in ns, by when it was captured in seconds.
std::map<core::FrameCount, double> anchor_errors(const SegmentRow& row) {
    std::map<core::FrameCount, double> errors;
    for (const auto& anchor : row.anchors)
        errors[anchor.frame / second] = static_cast<double>(anchor.cluster_ns) - 5e9 -
                                        static_cast<double>(first_device_frame + anchor.frame) * 1e9 / 48000;
    return errors;
}

TEST(SegmentWriter, AnAnchorFollowsWhatBecomesKnownOfItsTime) {
    Recorder recorder(1min);
    recorder.map.cluster_ns += 20'000;
    recorder.map.error_bound = 30us;
    recorder.capture(20 * second);
    recorder.map.cluster_ns -= 20'000;
    recorder.map.error_bound = 1us;
    recorder.capture(5 * second);
    ASSERT_TRUE(recorder.finish());
    const auto row = recorder.mended().front();
    for (const auto& [at, error] : anchor_errors(row)) EXPECT_NEAR(error, at < 5 ? 20'000 : 0, 2000) << at << " s";
    EXPECT_EQ(row.anchors.front().error_ns, 30'000);
    EXPECT_EQ(row.anchors[10].error_ns, 1'000);
}

TEST(SegmentWriter, AnotherClockTellsNothingOfTheTimeBeforeIt) {
    for (const bool stepped : {false, true}) {
        Recorder recorder(1min);
        recorder.capture(10 * second);
        recorder.map.cluster_ns += 3'000'000;
        if (!stepped) recorder.map.incarnation = {8};
        recorder.capture(5 * second);
        ASSERT_TRUE(recorder.finish());
        for (const auto& [at, error] : anchor_errors(recorder.mended().front()))
            EXPECT_NEAR(error, at < 10 ? 0 : 3'000'000, 2000) << at << " s";
    }
}

TEST(SegmentWriter, AShortGapIsSilenceAndALongOneIsBetweenFiles) {
    Recorder recorder(1min);
    recorder.capture(second);
    recorder.miss(3 * piece_frames);
    recorder.capture(second);
    recorder.miss(20 * second);
    recorder.capture(second);
    recorder.miss(2 * second);
    ASSERT_TRUE(recorder.finish());
    const auto rows = recorder.mended();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].gaps, (std::vector<SegmentGap>{{second, 3 * piece_frames, "the ring was full"}}));
    EXPECT_EQ(rows[1].gaps.front(), (SegmentGap{2 * second + 3 * piece_frames, 20 * second, "the ring was full"}));
    const auto held = check(recorder, rows, 1);
    EXPECT_EQ(held.recorded, 3 * second);
    EXPECT_EQ(held.end, recorder.captured);
    EXPECT_EQ(recorder.writer->counters().gap_frames, held.gaps);
    auto told = recorder.writer->take_closed();
    ASSERT_EQ(told.size(), 3U) << "the last once more, with the gap behind it";
    told.erase(told.begin() + 1);
    EXPECT_EQ(told, rows);
    EXPECT_TRUE(recorder.writer->take_closed().empty());
}

// So what is before a quiet hour is whole, and on its way, while that lasts.
TEST(SegmentWriter, WhatIsLeftOutClosesTheSegmentAndIsNoLoss) {
    Recorder recorder(1min);
    recorder.capture(second / 2, false);
    recorder.capture(second);
    recorder.capture(piece_frames, false);
    ASSERT_EQ(recorder.writer->take_closed().size(), 1U);
    recorder.capture(20 * second - piece_frames, false);
    recorder.capture(second);
    recorder.miss(piece_frames);
    recorder.capture(second);
    recorder.capture(2 * second, false);
    ASSERT_TRUE(recorder.writer->finish({"it was quiet", true}));
    const auto rows = recorder.mended();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].gaps, (std::vector<SegmentGap>{{0, second / 2, "it was quiet", true}}));
    ASSERT_EQ(rows[1].gaps.size(), 3U);
    EXPECT_EQ(rows[1].gaps[0], (SegmentGap{3 * second / 2, 20 * second, "it was quiet", true}));
    EXPECT_EQ(rows[1].gaps[1].reason, "the ring was full");
    EXPECT_EQ(rows[1].gaps[2], (SegmentGap{recorder.captured - 2 * second, 2 * second, "it was quiet", true}));
    const auto held = check(recorder, rows, 1);
    EXPECT_EQ(held.recorded, 3 * second);
    EXPECT_EQ(held.end, recorder.captured);
    EXPECT_EQ(recorder.writer->counters().frames, recorder.captured);
    EXPECT_EQ(recorder.writer->counters().gap_frames, piece_frames) << "lost is what nobody wished to miss";
}

TEST(SegmentWriter, ItsClockIsTrueRightAfterALongQuietTime) {
    Recorder recorder(1min);
    recorder.capture(3600 * second, false);
    recorder.capture(second);
    ASSERT_TRUE(recorder.finish());
    const auto rows = recorder.mended();
    ASSERT_FALSE(rows.at(0).anchors.empty());
    for (const auto& anchor : rows[0].anchors)
        EXPECT_NEAR(static_cast<double>(anchor.cluster_ns),
                    5e9 + static_cast<double>(first_device_frame + anchor.frame) * 1e9 / 48000, 2000);
}

TEST(SegmentWriter, AKilledProcessLosesATenthOfASecond) {
    std::mt19937 random(4);
    for (int run = 0; run < core::test::sample(60); ++run) {
        SCOPED_TRACE(run);
        Recorder recorder;
        recorder.capture(static_cast<core::FrameCount>(1 + random() % 500) * piece_frames);
        const auto captured = recorder.captured;
        recorder.writer.reset();
        recorder.disk.kill();
        const auto rows = recorder.mended();
        const auto held = check(recorder, rows, 1);
        EXPECT_GE(held.recorded, captured - second / 10);
        EXPECT_EQ(held.gaps, 0);
        const int next = rows.empty() ? 0 : rows.back().number + 1;
        recorder.begin(2, next);
        recorder.capture(3 * second);
        ASSERT_TRUE(recorder.finish());
        EXPECT_EQ(check(recorder, recorder.mended(), 2).recorded, 3 * second);
    }
}

TEST(SegmentWriter, APowerCutLosesASecond) {
    std::mt19937 random(5);
    for (int run = 0; run < core::test::sample(200); ++run) {
        SCOPED_TRACE(run);
        Recorder recorder;
        recorder.capture(static_cast<core::FrameCount>(1 + random() % 700) * piece_frames);
        const auto captured = recorder.captured;
        if (random() % 3 == 0) recorder.disk.kill();
        recorder.writer.reset();
        recorder.disk.power_cut(random);
        const auto held = check(recorder, recorder.mended(), 1);
        EXPECT_GE(held.recorded, captured - second);
    }
}

// Each call of the disk's refuses once: all that was captured is there or a gap with the disk's own words.
TEST(SegmentWriter, WhateverTheDiskRefusesIsAGapWithItsReason) {
    const auto run = [](Recorder& recorder) {
        recorder.capture(5 * second);
        recorder.miss(2 * second);
        recorder.capture(2 * second);
        return recorder.finish();
    };
    Recorder untroubled;
    ASSERT_TRUE(run(untroubled));
    const int calls = untroubled.disk.calls;
    for (int refused = 0; refused < calls; refused += core::test::instrumented ? 7 : 1) {
        SCOPED_TRACE(refused);
        Recorder recorder;
        recorder.disk.refuse_at = refused;
        recorder.disk.refusal = refused % 2 == 0 ? core::ErrorCode::exhausted : core::ErrorCode::unavailable;
        const bool finished = run(recorder);
        EXPECT_EQ(recorder.writer->counters().refusals, 1U);
        const auto held = check(recorder, recorder.mended(), 1);
        EXPECT_GE(held.recorded, 7 * second - 2 * second) << "a second until it is tried again, and a block";
        if (!finished) continue;
        EXPECT_EQ(held.end, recorder.captured);
        EXPECT_EQ(recorder.writer->counters().gap_frames, held.gaps);
        if (held.gaps > 2 * second) {
            bool told = false;
            for (const auto& [number, row] : recorder.disk.rows())
                for (const auto& gap : row.gaps) told |= gap.reason == "the disk is full";
            EXPECT_TRUE(told);
        }
    }
}

TEST(SegmentWriter, AFullDiskIsAGapUntilThereIsRoom) {
    Recorder recorder;
    recorder.capture(3 * second);
    recorder.disk.refuse_at = recorder.disk.calls;
    recorder.disk.refuse_for = 1'000'000;
    recorder.capture(30 * second);
    EXPECT_EQ(recorder.writer->trouble(), "the disk is full");
    EXPECT_LT(recorder.writer->counters().refusals, 40U) << "it is asked once a second";
    recorder.disk.refuse_for = 0;
    recorder.capture(5 * second);
    EXPECT_EQ(recorder.writer->trouble(), "");
    ASSERT_TRUE(recorder.finish());
    const auto held = check(recorder, recorder.mended(), 1);
    EXPECT_EQ(held.end, 38 * second);
    EXPECT_GE(held.recorded, 3 * second - second / 10 + 4 * second);
}

TEST(SegmentWriter, WhatIsFullAtTheEndIsMendedLater) {
    Recorder recorder;
    recorder.capture(3 * second);
    recorder.disk.refuse_at = recorder.disk.calls;
    recorder.disk.refuse_for = 1'000'000;
    EXPECT_FALSE(recorder.finish());
    recorder.disk.refuse_for = 0;
    ASSERT_TRUE(recorder.writer->finish("the ring was full")) << "it may be tried again";
    EXPECT_EQ(check(recorder, recorder.mended(), 1).end, 3 * second);
}

// Mending is cut off at each of its own steps, and done again.
TEST(SegmentMend, EndsTheSameHoweverOftenItIsCutOff) {
    std::mt19937 random(9);
    for (int steps = 0; steps < 40; steps += core::test::instrumented ? 5 : 1) {
        SCOPED_TRACE(steps);
        Recorder recorder;
        recorder.capture(5 * second + 3 * piece_frames);
        recorder.writer.reset();
        recorder.disk.power_cut(random);
        for (int i = 0; i < 3; ++i) {
            recorder.disk.refuse_at = recorder.disk.calls + steps;
            recorder.disk.refuse_for = 1'000'000;
            (void)mend_track(recorder.disk).ok();
            recorder.disk.refuse_for = 0;
            recorder.disk.power_cut(random);
        }
        const auto rows = recorder.mended();
        EXPECT_GE(check(recorder, rows, 1).recorded, 4 * second);
        EXPECT_EQ(recorder.mended(), rows);
    }
}

TEST(SegmentMend, WhatIsSafeElsewhereIsRememberedByItsRow) {
    for (int refused = 0; refused < 3; ++refused) {
        Recorder recorder;
        recorder.capture(5 * second);
        ASSERT_TRUE(recorder.finish());
        auto rows = recorder.mended();
        recorder.disk.refuse_at = recorder.disk.calls + refused;
        const bool released = release_segment(recorder.disk, rows[1]).ok();
        EXPECT_EQ(released, refused == 2);
        EXPECT_EQ(recorder.disk.has(1), refused < 2) << "while its row does not say so the file stays";
        recorder.disk.refuse_at = -1;
        rows[1].kept = refused > 0;
        EXPECT_EQ(recorder.mended(), rows);
        EXPECT_EQ(recorder.disk.has(1), refused == 0);
    }
}

TEST(SegmentMend, SoundWhoseRowIsLostIsKept) {
    Recorder recorder;
    recorder.capture(5 * second);
    ASSERT_TRUE(recorder.finish());
    recorder.disk.lose_row(1);
    const auto rows = recorder.mended();
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[1].life, rowless_life + 1);
    EXPECT_EQ(rows[1].frames, 2 * second);
    EXPECT_NE(rows[1].note.find("row was lost"), std::string::npos);
}

}  // namespace
}  // namespace antiphon::media
