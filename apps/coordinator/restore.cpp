// Verify, unpack beside, check the rows, raise the epoch, rename.
#include "apps/coordinator/restore.hpp"

#include <fcntl.h>

#include <cerrno>
#include <memory>

#include "adapters/files/posix.hpp"
#include "adapters/json/json.hpp"
#include "adapters/sqlite/data_folder.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "adapters/system/random.hpp"
#include "apps/backup/read.hpp"
#include "apps/coordinator/load.hpp"

namespace antiphon::coordinator {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorCode;

constexpr std::uint64_t spare_bytes = 16 << 20;  // for what a start writes

// Writes each member to its place below a folder.
class Unpacking final : public backup::Receiver {
  public:
    explicit Unpacking(fs::path folder) : folder_(std::move(folder)) {}

    core::Result<void> begin(const backup::Member& member) override {
        path_ = folder_ / member.name;
        if (auto made = files::ensure_folder(path_.parent_path()); !made) return made;
        file_ = files::Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!file_) return files::system_error("cannot make", path_, errno);
        return {};
    }
    core::Result<void> piece(std::span<const std::byte> bytes) override {
        return files::write_all(file_, bytes, path_);
    }
    core::Result<void> end() override {
        if (auto synced = files::sync_file(file_, path_); !synced) return synced;
        file_.close();
        return files::sync_folder(path_.parent_path());
    }

  private:
    const fs::path folder_;
    fs::path path_;
    files::Descriptor file_;
};

// A folder beside another one, gone with everything in it unless it is kept.
class Aside {
  public:
    static core::Result<std::unique_ptr<Aside>> make(const fs::path& beside) {
        if (auto above = files::ensure_folder(files::folder_of(beside)); !above) return above.error();
        auto name = (files::folder_of(beside) / (beside.filename().string() + ".restore-XXXXXX")).string();
        if (!::mkdtemp(name.data())) return files::system_error("cannot make the folder", name, errno);
        return std::unique_ptr<Aside>(new Aside(name));
    }
    ~Aside() {
        std::error_code ignored;
        if (!kept_) fs::remove_all(path_, ignored);
    }
    Aside(const Aside&) = delete;
    Aside& operator=(const Aside&) = delete;

    const fs::path& path() const { return path_; }
    // Gives it its name; an empty folder of that name goes.
    core::Result<void> keep_as(const fs::path& path) {
        if (::rename(path_.c_str(), path.c_str()) != 0) return files::system_error("cannot name", path, errno);
        kept_ = true;
        return files::sync_folder(files::folder_of(path));
    }

  private:
    explicit Aside(fs::path path) : path_(std::move(path)) {}

    const fs::path path_;
    bool kept_ = false;
};

core::Result<void> check_free(const fs::path& data) {
    std::error_code error;
    if (!fs::exists(data, error)) return {};
    if (!fs::is_directory(data, error))
        return Error{ErrorCode::invalid, data.string() + " is a file; name a folder that is not there or empty"};
    if (fs::is_empty(data, error) && !error) return {};
    if (fs::exists(data / "lock", error))
        if (const auto folder = sqlite::DataFolder::open(data); !folder) return folder.error();
    return Error{
        ErrorCode::conflict,
        "data folder " + data.string() + " is not empty; move it away (it may be needed again), or use another --data"};
}

core::Result<void> check_space(const fs::path& folder, const backup::Manifest& manifest) {
    std::uint64_t needed = spare_bytes;
    for (const auto& member : manifest.members) needed += member.size_bytes;
    std::error_code error;
    auto existing = fs::absolute(folder, error);
    while (!fs::exists(existing, error) && existing.has_relative_path()) existing = existing.parent_path();
    const auto space = fs::space(existing, error);
    if (error || needed <= space.available) return {};
    return Error{ErrorCode::exhausted, "the backup needs " + std::to_string(needed) + " bytes in " + existing.string() +
                                           ", and " + std::to_string(space.available) +
                                           " are free; free some space or use another --data"};
}

// Reads every row as a coordinator will, and makes workers take this one for the latest.
core::Result<core::Epoch> renew(const fs::path& database) {
    auto store = sqlite::SqliteStore::open(database, upgrade_row);
    if (!store) return store.error();
    if (auto sound = (*store)->integrity_check(); !sound) return sound.error();
    auto loaded = load_state(**store);
    if (!loaded) return loaded.error();
    const auto jump = system::random_u64() % 1'000'000'000;
    const auto cluster = core::restored(loaded->state.cluster, jump);
    std::vector<ports::StoreWrite> writes{{"cluster/self", json::encode(cluster), std::nullopt}};
    for (const auto& [id, row] : loaded->state.workers.rows())
        writes.push_back({"worker/" + id.value, json::encode(core::restored(*row, jump)), std::nullopt});
    if (auto written = (*store)->commit(writes); !written) return written.error();
    return cluster.epoch;
}

}  // namespace

core::Result<node::Restored> restore(const node::RestoreOptions& options) {
    const auto data = fs::absolute(options.data / "").parent_path();  // without a slash at its end
    if (auto unused = check_free(data); !unused) return unused.error();
    const auto verified = backup::verify(options.file);
    if (!verified) return verified.error();
    if (auto space = check_space(data, *verified); !space) return space.error();
    auto aside = Aside::make(data);
    if (!aside) return aside.error();
    Unpacking unpacking((*aside)->path());
    const auto manifest = backup::read(options.file, unpacking);
    if (!manifest) return manifest.error();
    const auto epoch = renew((*aside)->path() / backup::database_name);
    if (!epoch) return epoch.error().within(options.file.string());
    if (auto synced = files::sync_folder((*aside)->path()); !synced) return synced.error();
    if (auto kept = (*aside)->keep_as(data); !kept) return kept.error();
    return node::Restored{data.string(),  manifest->cluster, epoch->value,
                          manifest->made, manifest->whole,   manifest->members.size()};
}

}  // namespace antiphon::coordinator
