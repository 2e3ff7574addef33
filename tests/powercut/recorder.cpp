// Records what it knows beforehand, in real time, onto whatever disk the folder is on; and says afterwards how much of
// it is there. The recorder, its folder and the mending are those of a worker.
#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "adapters/files/segment_folder.hpp"
#include "adapters/files/track_recorder.hpp"
#include "apps/node/segment_rows.hpp"
#include "media/codecs/flac_decoder.hpp"
#include "media/recording/segment_mend.hpp"

namespace {

namespace files = antiphon::files;
namespace media = antiphon::media;
using antiphon::core::FrameCount;

constexpr const char* usage =
    "powercut-recorder: a recorder to be cut off, and what it leaves\n"
    "\n"
    "  powercut-recorder record FOLDER   records for ever; a line `LIFE FRAMES` for each tenth of a second\n"
    "  powercut-recorder check FOLDER    makes it whole; a line `LIFE FRAMES GAPS` for each life, or what is wrong\n"
    "\n"
    "Exit codes: 0 all is as it should be, 1 it is not, 2 usage.\n";

constexpr FrameCount block_frames = 480;
constexpr int blocks_a_line = 10;

// Tells its place, and is never silent.
float sample_at(FrameCount frame) { return static_cast<float>(1 + frame * 7919 % 20'011) / 32768; }

int fail(const std::string& what) {
    std::printf("wrong: %s\n", what.c_str());
    return 1;
}

void feed(media::SegmentFiles& mended, std::unique_ptr<media::SegmentFiles> folder) {
    media::SegmentOptions options;
    const auto rows = media::mend_track(mended);
    if (!rows) std::exit(fail(rows.error().what));
    for (const auto& row : *rows) {
        options.life = std::max(options.life, row.life);
        options.first_number = row.number + 1;
    }
    ++options.life;
    options.length = std::chrono::seconds(2);
    files::TrackRecorder recorder(std::move(folder), options, [] { return antiphon::core::WallTime{1}; });
    media::ClockMap map;
    map.incarnation = {1};
    recorder.set_clock(map);
    boost::asio::io_context io;
    boost::asio::steady_timer pace(io);
    const auto begun = std::chrono::steady_clock::now();
    for (FrameCount first = 0;; first += block_frames) {
        std::array<float, block_frames> samples;
        for (FrameCount i = 0; i < block_frames; ++i) samples[static_cast<std::size_t>(i)] = sample_at(first + i);
        const antiphon::core::LocalTime at{(first + block_frames) * 62'500 / 3};
        pace.expires_at(begun + std::chrono::nanoseconds(at.ns));
        pace.wait();
        recorder.captured({{at, first + block_frames}, first, 1, samples});
        if (first / block_frames % blocks_a_line != 0) continue;
        std::printf("%llu %lld\n", static_cast<unsigned long long>(options.life),
                    static_cast<long long>(first + block_frames));
        std::fflush(stdout);
    }
}

bool in_gap(const media::SegmentRow& row, FrameCount frame) {
    return std::any_of(row.gaps.begin(), row.gaps.end(),
                       [&](const auto& gap) { return frame >= gap.first && frame < gap.first + gap.count; });
}

// The row's file, sample by sample; nothing: it is as it should be.
std::string wrong_in(const files::SegmentFolder& folder, const media::SegmentRow& row) {
    const auto named = "segment " + std::to_string(row.number);
    media::FlacDecoder decoder;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(folder.whole(row.number).c_str(), "rb"),
                                                         &std::fclose);
    if (!file) return named + " is not there";
    std::array<std::byte, 65536> piece;
    while (const auto got = std::fread(piece.data(), 1, piece.size(), file.get()))
        if (!decoder.feed(std::span(piece).first(got))) return named + " is no FLAC";
    if (!decoder.finish() || decoder.lost() > 0) return named + " is damaged";
    const auto samples = decoder.take();
    if (static_cast<FrameCount>(samples.size()) != row.frames) return named + " has other frames than it tells of";
    for (FrameCount i = 0; i < row.frames; ++i) {
        const auto frame = row.first + i;
        if (samples[static_cast<std::size_t>(i)] != (in_gap(row, frame) ? 0 : sample_at(frame)))
            return named + " has another sample at frame " + std::to_string(frame);
    }
    return "";
}

int check(files::SegmentFolder folder) {
    const auto rows = media::mend_track(folder);
    if (!rows) return fail(rows.error().what);
    std::map<std::uint64_t, std::pair<FrameCount, FrameCount>> lives;  // told, of it gaps
    for (const auto& row : *rows) {
        auto& [told, gaps] = lives[row.life];
        FrameCount before = 0;
        for (const auto& gap : row.gaps) {
            gaps += gap.count;
            if (gap.first < row.first) before += gap.count;
        }
        if (told + before != row.first) return fail("segment " + std::to_string(row.number) + " leaves a hole");
        told = row.end();
        if (const auto wrong = wrong_in(folder, row); !wrong.empty()) return fail(wrong);
    }
    for (const auto& [life, told] : lives)
        std::printf("%llu %lld %lld\n", static_cast<unsigned long long>(life), static_cast<long long>(told.first),
                    static_cast<long long>(told.second));
    std::puts("end");
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string verb = argc == 3 ? argv[1] : "";
    if (verb != "record" && verb != "check") return std::fputs(usage, stderr), 2;
    auto folder = files::SegmentFolder::open(argv[2], antiphon::node::segment_row_text());
    if (!folder) return fail(folder.error().what);
    if (verb == "check") return check(std::move(*folder));
    auto writing = files::SegmentFolder::open(argv[2], antiphon::node::segment_row_text());
    if (!writing) return fail(writing.error().what);
    feed(*folder, std::make_unique<files::SegmentFolder>(std::move(*writing)));
    return 0;
}
