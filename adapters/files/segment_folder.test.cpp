// Laws of a track's folder: the recorder's laws hold on a real disk as on the simulated one.
#include "adapters/files/segment_folder.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "adapters/files/fixture.test.hpp"
#include "adapters/files/sha256.hpp"
#include "media/codecs/flac_decoder.hpp"
#include "media/recording/segment_mend.hpp"
#include "media/recording/segment_writer.hpp"

namespace antiphon::files {
namespace {

using namespace std::chrono_literals;

// Enough of a row for these laws.
SegmentRowText row_text() {
    return {[](const media::SegmentRow& row) {
                return std::to_string(row.number) + " " + std::to_string(row.life) + " " + std::to_string(row.first) +
                       " " + std::to_string(row.frames) + " " + std::to_string(row.closed) + " " + row.sha256;
            },
            [](const std::string& text) -> core::Result<media::SegmentRow> {
                media::SegmentRow row;
                std::istringstream in(text);
                in >> row.number >> row.life >> row.first >> row.frames >> row.closed;
                if (!in) return core::Error{core::ErrorCode::corrupt, "no row"};
                in >> row.sha256;
                return row;
            }};
}

// Little of it can be compressed.
float sample_at(core::FrameCount frame) {
    return static_cast<float>(static_cast<std::uint64_t>(frame) * 7919 % 20'011) / 32768;
}

class Folder : public testing::Test {
  protected:
    Folder() : files_(*SegmentFolder::open(temp_ / "r1" / "mic", row_text())) {}

    void record(core::FrameCount frames) {
        for (const auto end = captured_ + frames; captured_ < end; captured_ += 480) {
            std::vector<float> samples;
            for (core::FrameCount i = 0; i < 480; ++i) samples.push_back(sample_at(captured_ + i));
            const auto device = captured_ + 480;
            const media::CapturedPiece piece{core::LocalTime{device * 125'000 / 6}, device, 0, captured_, samples};
            writer_.hear(piece);
            writer_.take(piece, {}, {}, "lost");
        }
    }
    std::vector<float> samples_of(int number) {
        media::FlacDecoder decoder;
        const auto bytes = read_file(files_.whole(number));
        EXPECT_TRUE(decoder.feed(bytes_of(bytes)));
        EXPECT_TRUE(decoder.finish());
        return decoder.take();
    }
    std::vector<media::SegmentRow> mended() {
        auto rows = media::mend_track(files_);
        EXPECT_TRUE(rows) << (rows ? "" : rows.error().what);
        return rows ? *rows : std::vector<media::SegmentRow>();
    }
    std::filesystem::path folder() const { return temp_ / "r1" / "mic"; }

    TempFolder temp_;
    SegmentFolder files_;
    media::SegmentWriter writer_{files_, {.length = 2s}};
    core::FrameCount captured_ = 0;
};

TEST_F(Folder, HoldsSegmentsAndTheirRows) {
    record(5 * 48'000);
    ASSERT_TRUE(writer_.finish("lost"));
    const auto rows = mended();
    ASSERT_EQ(rows.size(), 3U);
    core::FrameCount next = 0;
    for (const auto& row : rows) {
        EXPECT_EQ(row.sha256, sha256_file(files_.whole(row.number))->value);
        for (const float sample : samples_of(row.number)) ASSERT_EQ(sample, sample_at(next++));
    }
    EXPECT_EQ(next, 5 * 48'000);
    EXPECT_TRUE(std::filesystem::exists(folder() / "000002.flac"));
    EXPECT_TRUE(std::filesystem::exists(folder() / "000002.json"));
    EXPECT_EQ(files_.create(2).error().code, core::ErrorCode::invalid) << "nothing is written over";
}

TEST_F(Folder, AGrowingFileThatWasLeftBehindBecomesWhole) {
    record(3 * 48'000);  // and no finish
    const auto growing = folder() / "000001.part";
    ASSERT_TRUE(std::filesystem::exists(growing));
    std::filesystem::resize_file(growing, std::filesystem::file_size(growing) - 100);
    const auto rows = mended();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_GT(rows[1].frames, 40'000);
    EXPECT_EQ(static_cast<core::FrameCount>(samples_of(1).size()), rows[1].frames);
    EXPECT_FALSE(std::filesystem::exists(growing));
    const auto again = mended();
    ASSERT_EQ(again.size(), 2U);
    EXPECT_EQ(again[1].sha256, rows[1].sha256);
}

TEST_F(Folder, ADamagedRowIsPutAsideAndItsSoundKept) {
    record(5 * 48'000);
    ASSERT_TRUE(writer_.finish("lost"));
    write_file(folder() / "000001.json", "\x01{");
    write_file(folder() / "notes.json", "of a person");
    const auto rows = mended();
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[1].life, media::rowless_life + 1);
    EXPECT_TRUE(std::filesystem::exists(folder() / "000001.json.damaged"));
    EXPECT_EQ(read_file(folder() / "notes.json"), "of a person");
    ASSERT_TRUE(files_.remove(1));
    ASSERT_TRUE(files_.remove(1));
    EXPECT_EQ(mended().size(), 2U);
}

// A limit on the length of files is the full disk of a test.
TEST_F(Folder, AFullDiskIsToldByItsName) {
    struct rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit little{100'000, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
    record(2 * 48'000);
    const auto trouble = writer_.trouble();
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_NE(trouble.find("000000.part"), std::string::npos) << trouble;
    record(3 * 48'000);
    ASSERT_TRUE(writer_.finish("lost"));
    EXPECT_GT(writer_.counters().gap_frames, 0);
    core::FrameCount frames = 0;
    for (const auto& row : mended()) frames += row.frames;
    EXPECT_EQ(frames + writer_.counters().gap_frames, 5 * 48'000) << "the gaps are between files here";
}

TEST(SegmentFolder, WhereNoFolderCanBeItSaysSo) {
    const TempFolder temp;
    write_file(temp / "taken", "");
    const auto opened = SegmentFolder::open(temp / "taken" / "mic", row_text());
    ASSERT_FALSE(opened);
    EXPECT_NE(opened.error().what.find("taken"), std::string::npos);
}

}  // namespace
}  // namespace antiphon::files
