// Between the routes and the thread that makes them.
#include "apps/coordinator/backups.hpp"

#include "adapters/files/posix.hpp"
#include "adapters/system/log.hpp"
#include "adapters/system/random.hpp"

namespace antiphon::coordinator {
namespace {

namespace log = system::log;
using api::BackupPhase;

constexpr std::size_t pieces_max = 4;  // one is made, the one before is removed
constexpr const char* tar_name = "backup.tar";

// A file of gigabytes takes its time to go, too.
void clear(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}

core::Result<backup::Made> make(const std::filesystem::path& data, const std::filesystem::path& folder, bool whole,
                                core::WallTime now, backup::Progress& progress) {
    clear(folder);
    if (auto made = files::ensure_folder(folder); !made) return made.error();
    auto made = backup::make(data, whole, now, folder / tar_name, progress);
    if (!made) clear(folder);
    return made;
}

}  // namespace

Backups::Backups(boost::asio::io_context& io, std::filesystem::path data)
    : data_(std::move(data)), folder_(data_ / "backups"), background_(io, pieces_max) {
    clear_behind();
}

Backups::~Backups() {
    if (progress_) progress_->give_up = true;
}

// What is refused here is done by the next start().
void Backups::clear_behind() {
    static_cast<void>(background_.run([folder = folder_] {
        clear(folder);
        return [] {};
    }));
}

core::Result<api::BackupView> Backups::start(bool whole, core::WallTime now) {
    if (!view_.id.empty() && view_.phase == BackupPhase::making)
        return core::Error{core::ErrorCode::conflict, "another backup is being made, '" + view_.id + "'; wait for it"};
    auto progress = std::make_shared<backup::Progress>();
    const bool begun = background_.run([this, progress, whole, now, data = data_, folder = folder_] {
        auto made = make(data, folder, whole, now, *progress);
        return [this, made = std::move(made)] { take(made); };
    });
    if (!begun) return core::Error{core::ErrorCode::conflict, "another backup is being made; wait for it"};
    progress_ = std::move(progress);
    view_ = {};
    view_.id = system::random_hex(4);
    view_.made = now;
    view_.whole = whole;
    return find(view_.id);
}

void Backups::take(const core::Result<backup::Made>& made) {
    view_.phase = made ? BackupPhase::ready : BackupPhase::failed;
    if (!made) {
        view_.reason = made.error().what;
        log::error("backup.failed", {{"backup", view_.id}}, view_.reason);
        return;
    }
    view_.cluster = made->manifest.cluster;
    view_.size_bytes = made->size_bytes;
    view_.sha256 = made->sha256;
    for (const auto& left : made->manifest.left_out) view_.left_out.push_back({left.name, left.reason});
    log::info("backup.made", {{"backup", view_.id}, {"size_bytes", view_.size_bytes}},
              "a backup is ready to be fetched");
}

core::Result<api::BackupView> Backups::find(const std::string& id) const {
    if (id.empty() || id != view_.id)
        return core::Error{core::ErrorCode::not_found,
                           "there is no backup '" + id.substr(0, 80) + "' (any more); make one"};
    auto view = view_;
    view.done_bytes = progress_->done_bytes;
    view.total_bytes = progress_->total_bytes;
    return view;
}

core::Result<std::filesystem::path> Backups::file(const std::string& id) const {
    const auto view = find(id);
    if (!view) return view.error();
    if (view->phase == BackupPhase::ready) return folder_ / tar_name;
    return core::Error{core::ErrorCode::conflict,
                       "backup '" + id + "' is not ready" + (view->reason.empty() ? "" : ": " + view->reason)};
}

core::Result<void> Backups::remove(const std::string& id) {
    const auto view = find(id);
    if (!view) return view.error();
    if (view->phase == BackupPhase::making) {
        progress_->give_up = true;  // its end, as failed, comes from the thread
        return {};
    }
    view_ = {};
    clear_behind();
    return {};
}

}  // namespace antiphon::coordinator
