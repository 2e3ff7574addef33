// SQLite's online backup, and a name for it once it is whole.
#include "adapters/sqlite/copy.hpp"

#include "adapters/sqlite/data_folder.hpp"

namespace antiphon::sqlite {
namespace {

constexpr int pages_per_step = 64;  // 256 KiB: another thread never waits long for a page that is being read

core::Result<void> copy_into(Database& source, const std::filesystem::path& part, const Database::CopyStep& step) {
    if (auto file = ensure_file(part); !file) return file;
    auto target = Database::open(part);
    if (!target) return target.error();
    return source.copy_to(*target, pages_per_step, step);
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
