// SQLite's online backup, and a name for it once it is whole.
#include "adapters/sqlite/copy.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "adapters/sqlite/data_folder.hpp"

namespace antiphon::sqlite {
namespace {

constexpr int pages_per_step = 64;  // 256 KiB: another thread never waits long for a page that is being read

// Waits for the disk to take what was written, step by step. Left to one sync at the end, a large file would hold up
// everybody else's: the commits of a store that is in use, for one.
class WriteBack {
  public:
    explicit WriteBack(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_WRONLY | O_CLOEXEC)) {}
    ~WriteBack() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    WriteBack(const WriteBack&) = delete;
    WriteBack& operator=(const WriteBack&) = delete;

    // Its failure is of no matter: put_in_place() decides.
    void catch_up() const {
        constexpr unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
        (void)::sync_file_range(descriptor_, 0, 0, all);
    }

  private:
    const int descriptor_;
};

core::Result<void> copy_into(Database& source, const std::filesystem::path& part, const Database::CopyStep& step) {
    if (auto file = ensure_file(part); !file) return file;
    const WriteBack write_back(part);  // outlives the connection: closing it would give up SQLite's locks
    auto target = Database::open(part);
    if (!target) return target.error();
    if (auto set = target->run("PRAGMA synchronous = OFF"); !set) return set;  // put_in_place() syncs
    return source.copy_to(*target, pages_per_step, [&](std::uint64_t copied, std::uint64_t pages) {
        write_back.catch_up();
        return step(copied, pages);
    });
}

}  // namespace

core::Result<void> copy_database(Database& source, const std::filesystem::path& target,
                                 const Database::CopyStep& step) {
    const std::filesystem::path part = target.string() + ".part";
    std::error_code ignored;
    std::filesystem::remove(part, ignored);  // of a copy that was killed
    std::filesystem::remove(part.string() + "-journal", ignored);
    auto copied = copy_into(source, part, step);
    if (copied) copied = put_in_place(part, target);
    if (!copied) std::filesystem::remove(part, ignored);
    return copied;
}

core::Result<void> copy_while_in_use(const std::filesystem::path& source, const std::filesystem::path& target,
                                     const Database::CopyStep& step) {
    auto database = Database::open(source);
    if (!database) return database.error();
    // The snapshot begins with the first read; without it the copy would begin anew with each commit of others.
    if (auto begun = database->run("BEGIN; SELECT count(*) FROM schema_version"); !begun) return begun;
    return copy_database(*database, target, step);
}

}  // namespace antiphon::sqlite
