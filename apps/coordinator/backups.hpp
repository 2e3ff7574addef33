// The one backup that is being made or waits to be fetched.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "adapters/system/background.hpp"
#include "apps/api/views.hpp"
#include "apps/backup/make.hpp"
#include "core/result.hpp"

namespace antiphon::coordinator {

// On the loop's thread; the work is on a thread of its own. One at a time: a new one takes the place of one that is
// ready, and is refused while one is being made. What is in its folder lasts until then, until it is removed, or until
// the coordinator starts again.
class Backups {
  public:
    // Of the data folder `data`, which this process holds; its own folder is `data`/backups, and empty then.
    Backups(boost::asio::io_context& io, std::filesystem::path data);
    // Gives up what is being made.
    ~Backups();

    // `conflict` while another one is being made.
    core::Result<api::BackupView> start(bool whole, core::WallTime now);
    core::Result<api::BackupView> find(const std::string& id) const;
    // `conflict` when it is not ready.
    core::Result<std::filesystem::path> file(const std::string& id) const;
    core::Result<void> remove(const std::string& id);

  private:
    void clear_behind();
    void take(const core::Result<backup::Made>& made);

    const std::filesystem::path data_;
    const std::filesystem::path folder_;
    std::shared_ptr<backup::Progress> progress_;
    api::BackupView view_;  // no id: there is none
    system::Background background_;
};

}  // namespace antiphon::coordinator
