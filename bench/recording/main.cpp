// recording_bench: what a recorded track costs its board (mono, 48 kHz, 16 bits of noisy music, onto the disk of the
// current folder), beside the FLAC encoder alone; and what 32 of them cost a coordinator that takes them in, beside
// SHA-256 alone. Processor time of the process, as a share of a core for sound in real time.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "adapters/files/partial_file.hpp"
#include "adapters/files/segment_folder.hpp"
#include "adapters/files/sha256.hpp"
#include "adapters/files/track_recorder.hpp"
#include "apps/node/segment_rows.hpp"
#include "media/codecs/flac_encoder.hpp"
#include "media/recording/segment_mend.hpp"

namespace antiphon::bench {
namespace {

namespace fs = std::filesystem;
using core::FrameCount;

constexpr FrameCount block_frames = 480;
constexpr int tracks_recorded = 8;  // at once
constexpr int tracks_taken_in = 32;
constexpr std::size_t piece_bytes = 16 * 1024;  // of an upload, as the server reads it

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

std::vector<float> music(FrameCount frames) {
    std::mt19937 noise(1);
    std::normal_distribution<float> hiss(0, 1e-3F);
    std::vector<float> samples;
    for (FrameCount i = 0; i < frames; ++i) {
        const auto t = static_cast<double>(i) / core::cluster_rate;
        const double tone = 0.3 * std::sin(2 * M_PI * 440 * t) + 0.1 * std::sin(2 * M_PI * 3520 * t) * std::sin(9 * t);
        samples.push_back(static_cast<float>(tone) + hiss(noise));
    }
    return samples;
}

files::SegmentFolder folder_at(const fs::path& path) {
    return std::move(*files::SegmentFolder::open(path, node::segment_row_text()));
}

// Seconds of processor for a second of sound of one track, in real time: with all wakeups, and with the callbacks.
double cost_of_recording(const fs::path& path, const std::vector<float>& samples) {
    const auto seconds = static_cast<double>(samples.size()) / core::cluster_rate;
    const double begin = cpu_seconds();
    std::vector<std::unique_ptr<files::TrackRecorder>> recorders;
    for (int track = 0; track < tracks_recorded; ++track)
        recorders.push_back(std::make_unique<files::TrackRecorder>(
            std::make_unique<files::SegmentFolder>(folder_at(path / std::to_string(track))),
            media::SegmentOptions{.life = 1}, [] { return core::WallTime{1}; }));
    const auto begun = std::chrono::steady_clock::now();
    for (FrameCount next = 0; next + block_frames <= static_cast<FrameCount>(samples.size()); next += block_frames) {
        const core::LocalTime at{(next + block_frames) * 62'500 / 3};
        std::this_thread::sleep_until(begun + std::chrono::nanoseconds(at.ns));
        for (const auto& recorder : recorders)
            recorder->captured({{at, next + block_frames},
                                next,
                                1,
                                std::span(samples).subspan(static_cast<std::size_t>(next), block_frames)});
    }
    for (const auto& recorder : recorders) recorder->finish();
    for (const auto& recorder : recorders)
        while (!recorder->status().finished) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return (cpu_seconds() - begin) / seconds / tracks_recorded;
}

double cost_of_encoding(const std::vector<float>& samples) {
    std::size_t bytes = 0;
    const double begin = cpu_seconds();
    auto encoder = *media::FlacEncoder::open({.channels = 1}, [&](auto piece, std::uint32_t) {
        bytes += piece.size();
        return true;
    });
    for (std::size_t at = 0; at + block_frames <= samples.size(); at += block_frames)
        (void)encoder.write(std::span(samples).subspan(at, block_frames)).ok();
    (void)encoder.finish().ok();
    return (cpu_seconds() - begin) / (static_cast<double>(samples.size()) / core::cluster_rate);
}

std::vector<std::byte> bytes_of(const fs::path& file) {
    std::vector<std::byte> bytes(fs::file_size(file));
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"), &std::fclose);
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), in.get()));
    return bytes;
}

struct TakenIn {
    double whole = 0;  // seconds of processor for a second of sound of all tracks
    double hash = 0;   // of it the floor
};

// Each of its segments once, as an upload brings it.
TakenIn cost_of_taking_in(const fs::path& recorded, const fs::path& shelf, double seconds) {
    auto board = folder_at(recorded);
    const auto rows = *media::mend_track(board);
    auto here = folder_at(shelf);
    TakenIn cost;
    for (const auto& row : rows) {
        const auto bytes = bytes_of(board.whole(row.number));
        double begin = cpu_seconds();
        const files::PartialFile::Place place{files::SegmentFolder::growing_in(shelf, row.number),
                                              files::SegmentFolder::whole_in(shelf, row.number)};
        auto file = *files::PartialFile::open(place, 0);
        for (std::size_t at = 0; at < bytes.size(); at += piece_bytes)
            (void)file.append(std::span(bytes).subspan(at, std::min(piece_bytes, bytes.size() - at))).ok();
        const bool taken = media::take_in(here, row).ok();
        cost.whole += cpu_seconds() - begin;
        if (!taken) std::fputs("recording_bench: a segment was not taken in\n", stderr);
        begin = cpu_seconds();
        files::Sha256 hash;
        hash.update(bytes);
        (void)hash.finish();
        cost.hash += cpu_seconds() - begin;
    }
    cost.whole *= tracks_taken_in / seconds;
    cost.hash *= tracks_taken_in / seconds;
    return cost;
}

void run(int runs, int seconds) {
    const auto samples = music(FrameCount{seconds} * core::cluster_rate);
    std::vector<double> recording, encoding, taking, hashing;
    for (int run = 0; run < runs; ++run) {
        auto pattern = (fs::current_path() / "recording_bench-XXXXXX").string();
        if (!::mkdtemp(pattern.data()))
            std::exit((std::fputs("recording_bench: no folder can be made here\n", stderr), 1));
        const fs::path path = pattern;
        recording.push_back(cost_of_recording(path / "board", samples));
        encoding.push_back(cost_of_encoding(samples));
        const auto taken = cost_of_taking_in(path / "board" / "0", path / "shelf", seconds);
        taking.push_back(taken.whole);
        hashing.push_back(taken.hash);
        fs::remove_all(path);
    }
    double load[1] = {0};
    (void)::getloadavg(load, 1);
    std::printf("medians of %d runs of %d s of sound; load %.1f\n", runs, seconds, load[0]);
    std::printf("a recorded track        %6.3f %% of a core, %.2f x its FLAC encoder alone (%.3f %%)\n",
                100 * median(recording), median(recording) / median(encoding), 100 * median(encoding));
    std::printf("%d tracks taken in      %6.3f %% of a core, %.2f x SHA-256 alone (%.3f %%)\n", tracks_taken_in,
                100 * median(taking), median(taking) / median(hashing), 100 * median(hashing));
}

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
    const bool smoke = argc == 2 && std::strcmp(argv[1], "--smoke") == 0;
    if (argc > 1 && !smoke) return std::fputs("usage: recording_bench [--smoke]\n", stderr), 2;
    smoke ? antiphon::bench::run(1, 2) : antiphon::bench::run(3, 20);
    return 0;
}
