// First the damaged file has a second name, then the row tells what will be, then the mended file takes its place:
// whatever is missing of that is done by the next look, which finds the file other than its row and mends it anew. (The
// row before the file: the silence in a mended file looks like sound.)
#include "apps/coordinator/integrity.hpp"

#include <algorithm>
#include <vector>

#include "adapters/files/atomic_write.hpp"
#include "adapters/files/segment_folder.hpp"
#include "adapters/files/sha256.hpp"
#include "adapters/system/log.hpp"
#include "apps/coordinator/segment_catalogue.hpp"
#include "apps/node/segment_rows.hpp"
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

// The first damage has it: what comes later is damage of what was mended.
core::Result<void> keep_beside(const fs::path& file) {
    const auto beside = fs::path(file.string() + ".damaged");
    std::error_code error;
    if (fs::exists(beside, error) || !fs::exists(file, error)) return {};
    fs::create_hard_link(file, beside, error);
    if (error) fs::copy_file(file, beside, error);  // not every file system has links
    if (error) return Error{ErrorCode::unavailable, "cannot keep " + beside.string() + ": " + error.message()};
    return {};
}

core::Result<media::FlacSalvage> what_is_left(files::SegmentFolder& folder, const media::SegmentRow& row,
                                              std::uint64_t file_bytes) {
    constexpr std::uint64_t bytes_max = std::uint64_t{1} << 29;  // hours; segments are minutes
    std::vector<std::byte> bytes(std::min(file_bytes, bytes_max));
    std::size_t read = 0;
    while (read < bytes.size()) {
        auto got = folder.read(row.number, read, std::span(bytes).subspan(read));
        if (!got) return got.error();
        if (*got == 0) break;
        read += *got;
    }
    const core::FrameCount hour = core::FrameCount{row.rate} * 3600;
    return media::salvage_flac(std::span(bytes).first(read), {.rate = row.rate, .channels = 1},
                               std::min(row.frames, hour));
}

std::string problem_of(const media::SegmentRow& row) {
    const auto lost = media::damaged_frames(row);
    if (lost == 0) return "it is not what was brought in, though all of its sound can be read";
    const auto tenths = std::max<core::FrameCount>(1, (lost * 10 + row.rate / 2) / row.rate);
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s of its sound cannot be read any more";
}

core::Result<api::SegmentCheck> mend(files::SegmentFolder& folder, const media::SegmentRow& row,
                                     const media::FlacSalvage& left) {
    const auto file = folder.whole(row.number);
    if (auto kept = keep_beside(file); !kept) return kept.error();
    files::Sha256 digest;
    digest.update(left.bytes);
    const auto sha256 = digest.finish().value;
    const auto put = [&]() -> core::Result<void> {
        if (left.frames == 0) return folder.drop(row.number);
        return files::atomic_write(file, {reinterpret_cast<const char*>(left.bytes.data()), left.bytes.size()},
                                   file_mode);
    };
    if (sha256 == row.sha256) {
        if (auto again = put(); !again) return again.error();
        if (media::is_damaged(row)) return api::SegmentCheck{false, problem_of(row), false};
        return api::SegmentCheck{false, "only its header was damaged: it is what was brought in again", true};
    }
    auto told = media::with_damage(row, left);
    if (left.frames > 0) {
        told.bytes = left.bytes.size();
        told.sha256 = sha256;
    }
    if (auto saved = folder.save(told); !saved) return saved.error();
    if (auto mended = put(); !mended) return mended.error();
    return api::SegmentCheck{false, problem_of(told), told != row};
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
    const api::SegmentCheck as_told{!known, known ? problem_of(*row) : "", false};
    if (!fs::exists(folder->whole(number), none))
        return known && media::frames_in_file(*row) == 0 ? as_told : mend(*folder, *row, {});
    const auto digest = folder->digest(number);
    if (!digest) return digest.error();
    if (digest->bytes == row->bytes && digest->sha256 == row->sha256) return as_told;
    const auto left = what_is_left(*folder, *row, digest->bytes);
    if (!left) return left.error();
    return mend(*folder, *row, *left);
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

namespace {

struct Looked {
    KeptSegment at;
    core::Result<api::SegmentCheck> check;
    std::optional<core::TrackReceived> left;  // of a track with damage
};

std::optional<core::TrackReceived> left_of(const fs::path& folder) {
    const auto input = input_of(folder.filename().string());
    const auto rows = SegmentCatalogue(folder).kept();
    if (!input || !rows) return std::nullopt;
    return received_track({folder.parent_path().filename().string()}, *input, node::totals_of(*rows));
}

Looked look_at(const KeptSegment& at) {
    Looked looked{at, check_segment(at.folder, at.number), {}};
    // Each time, because the coordinator may have ended before it told of it.
    if (looked.check && !looked.check->sound && (looked.left = left_of(at.folder))) looked.left->damaged = true;
    return looked;
}

}  // namespace

class IntegrityWatch::Service : public std::enable_shared_from_this<Service> {
  public:
    Service(boost::asio::io_context& io, system::Background& background, fs::path recordings, Found found,
            core::Duration pause)
        : background_(background),
          recordings_(std::move(recordings)),
          found_(std::move(found)),
          pause_(pause),
          timer_(io) {}

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
            return [self, done = std::move(done), looked = look_at(at)] {
                if (!self->closed_) self->tell(looked);
                done(looked.check);
            };
        });
    }

    IntegrityCounters counters_;

  private:
    void look() {
        const bool taken = background_.run([self = shared_from_this(), last = last_] {
            const auto next = kept_after(self->recordings_, last);
            return [self, looked = next ? std::optional(look_at(*next)) : std::nullopt] { self->take(looked); };
        });
        if (!taken) wait();
    }
    void take(const std::optional<Looked>& looked) {
        if (closed_) return;
        last_.reset();
        if (looked) {
            last_ = looked->at;
            tell(*looked);
        }
        wait();
    }
    void tell(const Looked& looked) {
        const auto track = looked.at.folder.string();
        const auto& check = looked.check;
        if (!check) {
            system::log::warning("segment.unreadable", {{"track", track}, {"segment", looked.at.number}},
                                 check.error().what);
            return;
        }
        ++counters_.checked;
        if (check->news) {
            ++counters_.damaged;
            system::log::error("segment.damaged", {{"track", track}, {"segment", looked.at.number}}, check->problem);
        }
        if (looked.left) found_(*looked.left);
    }

    system::Background& background_;
    const fs::path recordings_;
    const Found found_;
    const core::Duration pause_;
    boost::asio::steady_timer timer_;
    std::optional<KeptSegment> last_;
    bool closed_ = false;
};

IntegrityWatch::IntegrityWatch(boost::asio::io_context& io, system::Background& background, fs::path recordings,
                               Found found, core::Duration pause)
    : service_(std::make_shared<Service>(io, background, std::move(recordings), std::move(found), pause)) {
    service_->wait();
}

IntegrityWatch::~IntegrityWatch() { service_->close(); }

bool IntegrityWatch::check(const KeptSegment& at, Done done) { return service_->check(at, std::move(done)); }

IntegrityCounters IntegrityWatch::counters() const { return service_->counters_; }

}  // namespace antiphon::coordinator
