// Laws of what is kept: whatever happens to a file is found, what can be read stays, and the row tells the rest.
#include "apps/coordinator/integrity.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "adapters/files/atomic_write.hpp"
#include "adapters/files/partial_file.hpp"
#include "adapters/files/segment_folder.hpp"
#include "adapters/files/sha256.hpp"
#include "adapters/http/test_loop.hpp"
#include "apps/backup/fixture.test.hpp"
#include "apps/coordinator/segment_catalogue.hpp"
#include "apps/node/segment_rows.hpp"
#include "media/codecs/flac_encoder.hpp"
#include "media/recording/segment_damage.hpp"

namespace antiphon::coordinator {
namespace {

namespace fs = std::filesystem;

class Kept : public testing::Test {
  protected:
    static constexpr core::FrameCount frames = 10 * 2048;

    // A segment of ten FLAC frames that was brought in.
    media::SegmentRow bring(const fs::path& track, int number) {
        std::string sound;
        auto encoder = media::FlacEncoder::open({.channels = 1}, [&](auto bytes, std::uint32_t) {
            sound.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            return true;
        });
        std::vector<float> samples(frames);
        for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<float>(i * 7919 % 2000) / 8000;
        EXPECT_TRUE(encoder->write(samples) && encoder->finish());
        media::SegmentRow row{.number = number, .life = 1, .first = number * frames, .frames = frames, .closed = true};
        row.bytes = sound.size();
        row.kept = true;
        const auto file = files::SegmentFolder::whole_in(track, number);
        auto folder = files::SegmentFolder::open(track, node::segment_row_text());
        EXPECT_TRUE(files::atomic_write(file, sound, 0600));
        row.sha256 = files::sha256_file(file)->value;
        EXPECT_TRUE(folder && folder->save(row));
        return row;
    }
    std::string text(const fs::path& file) const { return *files::read_text(file, 1 << 24); }
    void flip(const fs::path& file, std::size_t at) const {
        auto bytes = text(file);
        bytes[at] = static_cast<char>(bytes[at] ^ 1);
        EXPECT_TRUE(files::atomic_write(file, bytes, 0600));
    }
    media::SegmentRow row(int number) const { return *SegmentCatalogue(track_).row(number); }

    backup::testing::Folder folder_;
    const fs::path recordings_ = folder_.path / "recordings";
    const fs::path track_ = recordings_ / "r1" / "w1.mic";
    const fs::path file_ = files::SegmentFolder::whole_in(track_, 0);
};

TEST_F(Kept, WhatIsAsItWasIsSoundAndStaysSo) {
    const auto before = bring(track_, 0);
    const auto check = check_segment(track_, 0);
    ASSERT_TRUE(check) << check.error().what;
    EXPECT_TRUE(check->sound && !check->news && check->problem.empty());
    EXPECT_EQ(row(0), before);
    EXPECT_EQ(check_segment(track_, 1).error().code, core::ErrorCode::not_found);
}

TEST_F(Kept, ABitThatFlippedCostsOneBlock) {
    bring(track_, 0);
    const auto whole = text(file_);
    flip(file_, whole.size() / 2);
    const auto check = check_segment(track_, 0);
    ASSERT_TRUE(check) << check.error().what;
    EXPECT_TRUE(!check->sound && check->news);
    EXPECT_NE(check->problem.find("cannot be read any more"), std::string::npos) << check->problem;
    const auto told = row(0);
    ASSERT_EQ(told.gaps.size(), 1U);
    EXPECT_EQ(told.gaps[0].reason, media::segment_damaged);
    EXPECT_EQ(told.gaps[0].count, 2048);
    EXPECT_GE(told.gaps[0].first, 4 * 2048);
    EXPECT_LE(told.gaps[0].first, 5 * 2048);
    EXPECT_EQ(told.sha256, files::sha256_file(file_)->value) << "who fetches it finds it as it is told";
    EXPECT_EQ(whole.substr(whole.size() - 3 * 2048), text(file_).substr(told.bytes - 3 * 2048)) << "what is behind it";
    EXPECT_EQ(text(file_.string() + ".damaged").size(), whole.size()) << "nothing is lost by looking";
    const auto again = check_segment(track_, 0);
    ASSERT_TRUE(again);
    EXPECT_TRUE(!again->sound && !again->news) << "it is told once";
    EXPECT_EQ(row(0), told);
}

TEST_F(Kept, EachByteMatters) {
    const auto size = text((bring(track_, 0), file_)).size();
    for (std::size_t at = 0; at < size; at += 997) {
        bring(track_, 0);
        std::error_code none;
        fs::remove(file_.string() + ".damaged", none);
        flip(file_, at);
        const auto check = check_segment(track_, 0);
        ASSERT_TRUE(check) << at << ": " << check.error().what;
        EXPECT_FALSE(check->sound) << at;
    }
}

TEST_F(Kept, AFileThatIsGoneOrCutIsAGap) {
    bring(track_, 0);
    fs::remove(file_);
    const auto listed = SegmentCatalogue(track_).kept();
    ASSERT_TRUE(listed && listed->size() == 1U) << "who exports it before anybody looks hears of the gap as well";
    EXPECT_EQ(media::frames_in_file(listed->front()), 0);
    auto check = check_segment(track_, 0);
    ASSERT_TRUE(check) << check.error().what;
    EXPECT_EQ(check->problem, "0.4 s of its sound cannot be read any more");
    EXPECT_EQ(row(0).gaps, (std::vector<media::SegmentGap>{{0, frames, media::segment_damaged}}));
    EXPECT_FALSE(check_segment(track_, 0)->news);
    bring(track_, 1);
    const auto second = files::SegmentFolder::whole_in(track_, 1);
    fs::resize_file(second, 3);
    check = check_segment(track_, 1);
    ASSERT_TRUE(check) << check.error().what;
    EXPECT_FALSE(check->sound);
    EXPECT_FALSE(fs::exists(second)) << "three bytes are no sound";
    EXPECT_FALSE(check_segment(track_, 1)->news);
}

TEST_F(Kept, WhatWasInterruptedIsDoneAgain) {
    const auto before = bring(track_, 0);
    flip(file_, text(file_).size() / 2);
    const auto damaged = text(file_);
    ASSERT_TRUE(check_segment(track_, 0)->news);
    const auto after = row(0);
    const auto mended = text(file_);
    ASSERT_TRUE(files::atomic_write(file_, damaged, 0600)) << "the file was not put in its place any more";
    EXPECT_FALSE(check_segment(track_, 0)->news);
    EXPECT_EQ(row(0), after);
    EXPECT_TRUE(text(file_) == mended);
    ASSERT_TRUE(files::atomic_write(file_, damaged, 0600));
    auto folder = files::SegmentFolder::open(track_, node::segment_row_text());
    ASSERT_TRUE(folder->save(before)) << "nor was the row";
    EXPECT_TRUE(check_segment(track_, 0)->news);
    EXPECT_EQ(row(0), after);
    EXPECT_EQ(text(file_.string() + ".damaged"), damaged);
}

TEST_F(Kept, DamageOfWhatWasMendedIsFoundToo) {
    bring(track_, 0);
    const auto first = text(file_);
    flip(file_, first.size() / 2);
    ASSERT_TRUE(check_segment(track_, 0)->news);
    const auto damaged = text(file_.string() + ".damaged");
    flip(file_, text(file_).size() - 3);
    const auto check = check_segment(track_, 0);
    ASSERT_TRUE(check);
    EXPECT_TRUE(!check->sound && check->news);
    EXPECT_EQ(media::damaged_frames(row(0)), 2 * 2048);
    EXPECT_EQ(media::frames_in_file(row(0)), frames - 2048) << "its last block";
    EXPECT_TRUE(text(file_.string() + ".damaged") == damaged) << "the first has more";
    fs::remove(file_);
    EXPECT_TRUE(check_segment(track_, 0)->news);
    EXPECT_EQ(media::damaged_frames(row(0)), frames);
    EXPECT_FALSE(check_segment(track_, 0)->news);
}

TEST_F(Kept, AHeaderIsMadeAnew) {
    const auto before = bring(track_, 0);
    const auto whole = text(file_);
    flip(file_, 1);
    const auto check = check_segment(track_, 0);
    ASSERT_TRUE(check);
    EXPECT_TRUE(!check->sound && check->news);
    EXPECT_EQ(row(0), before);
    EXPECT_TRUE(text(file_) == whole);
    EXPECT_TRUE(check_segment(track_, 0)->sound);
}

TEST_F(Kept, TheBoardMayBringItAgain) {
    for (const bool nothing : {false, true}) {
        const auto before = bring(track_, 0);
        const auto whole = text(file_);
        nothing ? void(files::atomic_write(file_, std::string(20'000, 'x'), 0600)) : flip(file_, 5000);
        ASSERT_TRUE(check_segment(track_, 0));
        const SegmentCatalogue catalogue(track_);
        EXPECT_TRUE(catalogue.complete({{{0, before.sha256}}})) << "its board has done its part";
        auto told = before;
        told.kept = false;
        const auto place = catalogue.announce(told);
        ASSERT_TRUE(place) << place.error().what;
        EXPECT_FALSE(place->kept) << nothing;
        EXPECT_EQ(place->received_bytes, 0U);
        auto part = files::PartialFile::open(catalogue.place(0), 0);
        ASSERT_TRUE(part && part->append(std::as_bytes(std::span(whole))));
        part = core::Error{core::ErrorCode::internal, "closed"};
        ASSERT_TRUE(catalogue.accept(0));
        EXPECT_TRUE(check_segment(track_, 0)->sound);
    }
}

TEST_F(Kept, OneAfterTheOtherForEver) {
    EXPECT_FALSE(kept_after(recordings_, std::nullopt));
    bring(track_, 0);
    bring(track_, 1);
    bring(recordings_ / "r2" / "w1.mic", 0);
    auto open = bring(recordings_ / "r2" / "w1.mic", 1);
    open.kept = false;
    ASSERT_TRUE(files::SegmentFolder::open(recordings_ / "r2" / "w1.mic", node::segment_row_text())->save(open));
    std::vector<std::string> seen;
    std::optional<KeptSegment> at;
    for (int i = 0; i < 5; ++i) {
        at = kept_after(recordings_, at);
        ASSERT_TRUE(at);
        seen.push_back(at->folder.parent_path().filename().string() + " " + std::to_string(at->number));
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"r1 0", "r1 1", "r2 0", "r1 0", "r1 1"}));
    at = KeptSegment{recordings_ / "r1" / "w9.mic", 7};
    EXPECT_EQ(kept_after(recordings_, at)->folder, recordings_ / "r2" / "w1.mic") << "one that is gone";
}

TEST_F(Kept, TheWatchFindsItByItself) {
    bring(track_, 0);
    bring(track_, 1);
    flip(file_, 9000);
    http::testing::Loop loop;
    system::Background background(loop.io);
    std::vector<core::TrackReceived> found;
    IntegrityWatch watch(
        loop.io, background, recordings_, [&](const core::TrackReceived& left) { found.push_back(left); },
        std::chrono::milliseconds(1));
    EXPECT_TRUE(loop.until([&] { return watch.counters().checked >= 4; }));
    EXPECT_EQ(watch.counters().damaged, 1U);
    EXPECT_EQ(row(0).gaps.size(), 1U);
    EXPECT_TRUE(row(1).gaps.empty());
    ASSERT_FALSE(found.empty());
    EXPECT_TRUE(found[0].damaged);
    EXPECT_EQ(found[0].recording.value, "r1");
    EXPECT_EQ(found[0].input, (core::EndpointId{{"w1"}, "mic"}));
    EXPECT_EQ(found[0].frames, 2 * frames);
    EXPECT_EQ(found[0].gap_frames, 2048U);
    EXPECT_NE(found[0].note.find("damaged"), std::string::npos);
    flip(files::SegmentFolder::whole_in(track_, 1), 9000);
    std::optional<bool> sound;
    ASSERT_TRUE(watch.check({track_, 1}, [&](const auto& check) { sound = check && check->sound; }));
    EXPECT_TRUE(loop.until([&] { return sound.has_value(); }));
    EXPECT_TRUE(loop.until([&] { return watch.counters().damaged == 2; })) << "whoever finds it, it is counted once";
}

}  // namespace
}  // namespace antiphon::coordinator
