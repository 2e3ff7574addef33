// The ruler's loop: look at what all speakers played a moment ago, ten times a second.
#include "apps/ruler/watch.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "adapters/virtual_audio/speaker_scan.hpp"
#include "apps/ruler/true_grid.hpp"

namespace antiphon::ruler {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using virtual_audio::SoundReader;
using virtual_audio::TrueClock;
using virtual_audio::TrueTime;

constexpr core::Duration hop = std::chrono::milliseconds{100};
static_assert(hop.count() == static_cast<std::int64_t>(window_hop_s * 1e9));

// How far behind the present a window's middle is: its wide search reaches 0.7 s beyond, and what is beyond the
// present may still be changed by a speaker that dies.
constexpr core::Duration behind = std::chrono::milliseconds{800};

// What is further behind may be overwritten under the ruler: speakers keep 5.4 s, and their search reaches 0.7 s back.
constexpr core::Duration too_late = std::chrono::seconds{4};

core::Duration from_seconds(double seconds) { return core::Duration{std::llround(seconds * 1e9)}; }

Grid grid_around(TrueTime middle, std::size_t points) {
    return {middle - core::Duration{static_cast<std::int64_t>(points) * 1'000'000'000 / grid_rate / 2}, points};
}

class Watching {
  public:
    Watching(const std::filesystem::path& speakers, const TrueClock& truth) : scan_(speakers), truth_(truth) {}

    // Looks at the window around `middle` once it is `behind` the present. True when anything sounded. A window that
    // is gone by then is left out, so that the next ones are heard.
    bool look(TrueTime middle) {
        truth_.wait_until(middle + behind);
        const auto now = truth_.now();
        if (now - middle > too_late) return leave_out(), false;
        scan_.rescan(now);
        std::vector<std::string> names;
        std::vector<SoundReader*> readers;
        std::vector<std::vector<float>> sounds;
        for (auto& [file, reader] : scan_.readers()) {
            names.push_back(reader.label());
            readers.push_back(&reader);
            sounds.push_back(listen(reader, grid_around(middle, narrow_points), now));
        }
        const auto windows = compare(
            std::vector<std::span<const float>>(sounds.begin(), sounds.end()),
            [&](std::size_t speaker) { return listen(*readers[speaker], grid_around(middle, wide_points), now); });
        if (truth_.now() - middle > too_late) return leave_out(), false;  // part of it may be gone
        add(names, windows);
        return std::any_of(windows.begin(), windows.end(), [](const auto& w) { return w.match != Match::silent; });
    }

    // Speakers stay known, what they did is forgotten.
    void forget_windows() {
        for (auto& [name, windows] : tracks_) windows.clear();
        windows_ = 0;
    }

    std::vector<SpeakerTrack> tracks() && {
        std::vector<SpeakerTrack> result;
        for (auto& [name, windows] : tracks_) result.push_back({name, std::move(windows)});
        return result;
    }

  private:
    static std::vector<float> listen(SoundReader& reader, const Grid& grid, TrueTime now) {
        std::vector<float> points(grid.points);
        const auto run = reader.run(now);
        if (!run) return points;
        const auto range = frames_for(grid, run->timeline, run->late);
        std::vector<float> frames(range.count);
        if (reader.read(*run, range.first, frames)) on_true_time(grid, run->timeline, run->late, frames, points);
        return points;
    }

    // A speaker that is not there now was silent, in this window or in those before it came.
    void add(const std::vector<std::string>& names, const std::vector<SpeakerWindow>& windows) {
        for (std::size_t i = 0; i < names.size(); ++i) {
            auto& track = tracks_[names[i]];
            track.resize(windows_);
            track.push_back(windows[i]);
        }
        ++windows_;
        for (auto& [name, track] : tracks_) track.resize(windows_);
    }

    void leave_out() {
        ++windows_;
        for (auto& [name, track] : tracks_) track.resize(windows_, {.match = Match::unheard});
    }

    virtual_audio::SpeakerScan scan_;
    const TrueClock& truth_;
    std::map<std::string, std::vector<SpeakerWindow>> tracks_;
    std::size_t windows_ = 0;
};

bool wait_for_sound(Watching& watching, TrueTime& middle, TrueTime give_up_at) {
    for (; middle < give_up_at; middle = middle + hop)
        if (watching.look(middle)) return true;
    return false;
}

}  // namespace

Result<std::vector<SpeakerTrack>> watch(const WatchOptions& options, const TrueClock& truth) {
    const auto speakers = options.room / "speakers";
    std::error_code problem;
    if (!std::filesystem::is_directory(speakers, problem))
        return Error{ErrorCode::not_found, options.room.string() + " is no virtual room: it has no folder 'speakers'"};
    Watching watching(speakers, truth);
    TrueTime middle = truth.now();
    if (options.from_sound && !wait_for_sound(watching, middle, middle + from_seconds(options.wait_s)))
        return Error{ErrorCode::unavailable, "no speaker in " + options.room.string() + " made a sound within " +
                                                 std::to_string(std::lround(options.wait_s)) + " s"};
    watching.forget_windows();
    const TrueTime end = middle + from_seconds(options.seconds);
    for (; middle < end; middle = middle + hop) watching.look(middle);
    return std::move(watching).tracks();
}

}  // namespace antiphon::ruler
