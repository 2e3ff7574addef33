// First the damaged file has a second name, then the sound one takes its place, then the row tells: whatever is missing
// of that is done by the next look, which finds the file other than its row.
#include "apps/coordinator/integrity.hpp"

#include <algorithm>
#include <vector>

#include "adapters/files/atomic_write.hpp"
#include "adapters/files/segment_folder.hpp"
#include "adapters/system/log.hpp"
#include "apps/coordinator/segment_catalogue.hpp"
#include "apps/node/segment_rows.hpp"
#include "media/codecs/flac_extent.hpp"
#include "media/recording/segment_damage.hpp"

namespace antiphon::coordinator {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;

constexpr ::mode_t file_mode = 0640;

std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code none;
    for (auto it = fs::directory_iterator(folder, none); !none && it != fs::directory_iterator(); it.increment(none))
        entries.push_back(it->path());
    std::ranges::sort(entries);
    return entries;
}

core::Result<void> keep_beside(const fs::path& file) {
    const auto beside = fs::path(file.string() + ".damaged");
    std::error_code error;
    if (fs::exists(beside, error)) return {};
    fs::create_hard_link(file, beside, error);
    if (error) fs::copy_file(file, beside, error);  // not every file system has links
    if (error) return Error{ErrorCode::unavailable, "cannot keep " + beside.string() + ": " + error.message()};
    return {};
}

// How many frames at its beginning can be read; the file is these afterwards.
core::Result<core::FrameCount> cut_to_what_is_good(files::SegmentFolder& folder, int number) {
    std::uint64_t offset = 0;
    const auto extent = media::flac_extent([&](std::span<std::byte> out) {
        auto got = folder.read(number, offset, out);
        if (got) offset += *got;
        return got;
    });
    if (!extent && extent.error().code != ErrorCode::corrupt) return extent.error();
    const auto file = folder.whole(number);
    if (auto kept = keep_beside(file); !kept) return kept.error();
    if (!extent || extent->frames == 0) {
        if (auto dropped = folder.drop(number); !dropped) return dropped.error();
        return 0;
    }
    std::string good(extent->bytes, '\0');
    if (auto got = folder.read(number, 0, std::as_writable_bytes(std::span(good))); !got) return got.error();
    if (auto written = files::atomic_write(file, good, file_mode); !written) return written.error();
    return extent->frames;
}

std::string problem_of(const media::SegmentRow& row, core::FrameCount good) {
    const auto tenths = ((row.frames - good) * 10 + row.rate / 2) / row.rate;
    if (good >= row.frames) return "it is not what was brought in, though all of its sound can be read";
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s of its sound cannot be read any more";
}

core::Result<api::SegmentCheck> tell_damage(files::SegmentFolder& folder, media::SegmentRow row,
                                            core::FrameCount good) {
    row = media::with_damage(std::move(row), good);
    if (good > 0) {
        auto digest = folder.digest(row.number);
        if (!digest) return digest.error();
        row.bytes = digest->bytes;
        row.sha256 = digest->sha256;
    }
    if (auto saved = folder.save(row); !saved) return saved.error();
    return api::SegmentCheck{false, problem_of(row, good), true};
}

}  // namespace

core::Result<api::SegmentCheck> check_segment(const fs::path& track_folder, int number) {
    auto row = SegmentCatalogue(track_folder).row(number);
    if (!row) return row.error();
    if (!row->kept) return Error{ErrorCode::not_found, "segment " + std::to_string(number) + " is not here yet"};
    auto folder = files::SegmentFolder::open(track_folder, node::segment_row_text());
    if (!folder) return folder.error();
    std::error_code none;
    const bool known = media::is_damaged(*row);
    const api::SegmentCheck as_told{!known, known ? problem_of(*row, media::frames_in_file(*row)) : "", false};
    if (!fs::exists(folder->whole(number), none)) {
        if (known) return as_told;
        return tell_damage(*folder, *row, 0);
    }
    const auto digest = folder->digest(number);
    if (!digest) return digest.error();
    if (digest->bytes == row->bytes && digest->sha256 == row->sha256) return as_told;
    const auto good = cut_to_what_is_good(*folder, number);
    if (!good) return good.error();
    return tell_damage(*folder, *row, *good);
}

std::optional<KeptSegment> kept_after(const fs::path& recordings, const std::optional<KeptSegment>& one) {
    std::optional<KeptSegment> first;
    for (const auto& recording : entries_of(recordings))
        for (const auto& folder : entries_of(recording)) {
            if (first && one && folder < one->folder) continue;
            const SegmentCatalogue catalogue(folder);
            for (const auto& entry : entries_of(folder)) {
                if (entry.extension() != ".json") continue;
                const auto name = entry.stem().string();
                if (name.empty() || name.size() > 9 ||
                    !std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; }))
                    continue;
                const KeptSegment found{folder, std::stoi(name)};
                const bool later = !one || std::pair(folder, found.number) > std::pair(one->folder, one->number);
                if (first && !later) continue;
                const auto row = catalogue.row(found.number);
                if (!row || !row->kept) continue;
                if (later) return found;
                first = found;
            }
        }
    return first;
}

class IntegrityWatch::Service : public std::enable_shared_from_this<Service> {
  public:
    Service(boost::asio::io_context& io, system::Background& background, fs::path recordings, core::Duration pause)
        : background_(background), recordings_(std::move(recordings)), pause_(pause), timer_(io) {}

    void wait() {
        timer_.expires_after(pause_);
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (!error && !self->closed_) self->look();
        });
    }
    void close() {
        closed_ = true;
        timer_.cancel();
    }
    bool check(const KeptSegment& at, Done done) {
        return background_.run([self = shared_from_this(), at, done = std::move(done)]() mutable {
            return [self, at, done = std::move(done), checked = check_segment(at.folder, at.number)] {
                if (checked) self->count(at, *checked);
                done(checked);
            };
        });
    }

    IntegrityCounters counters_;

  private:
    struct Looked {
        std::optional<KeptSegment> at;
        core::Result<api::SegmentCheck> check = api::SegmentCheck{};
    };

    void look() {
        const bool taken = background_.run([self = shared_from_this(), last = last_] {
            Looked looked{kept_after(self->recordings_, last)};
            if (looked.at) looked.check = check_segment(looked.at->folder, looked.at->number);
            return [self, looked = std::move(looked)] { self->take(looked); };
        });
        if (!taken) wait();
    }
    void take(const Looked& looked) {
        if (closed_) return;
        last_ = looked.at;
        if (looked.at) tell(*looked.at, looked.check);
        wait();
    }
    void tell(const KeptSegment& at, const core::Result<api::SegmentCheck>& check) {
        if (check) return count(at, *check);
        const auto track = at.folder.string();
        system::log::warning("segment.unreadable", {{"track", track}, {"segment", at.number}}, check.error().what);
    }
    void count(const KeptSegment& at, const api::SegmentCheck& check) {
        ++counters_.checked;
        if (!check.news) return;
        ++counters_.damaged;
        const auto track = at.folder.string();
        system::log::error("segment.damaged", {{"track", track}, {"segment", at.number}}, check.problem);
    }

    system::Background& background_;
    const fs::path recordings_;
    const core::Duration pause_;
    boost::asio::steady_timer timer_;
    std::optional<KeptSegment> last_;
    bool closed_ = false;
};

IntegrityWatch::IntegrityWatch(boost::asio::io_context& io, system::Background& background, fs::path recordings,
                               core::Duration pause)
    : service_(std::make_shared<Service>(io, background, std::move(recordings), pause)) {
    service_->wait();
}

IntegrityWatch::~IntegrityWatch() { service_->close(); }

bool IntegrityWatch::check(const KeptSegment& at, Done done) { return service_->check(at, std::move(done)); }

IntegrityCounters IntegrityWatch::counters() const { return service_->counters_; }

}  // namespace antiphon::coordinator
