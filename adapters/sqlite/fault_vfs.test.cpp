// The shim around SQLite's own VFS.
#include "adapters/sqlite/fault_vfs.test.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <new>

namespace antiphon::sqlite {
namespace {

Fault armed = Fault::none;
std::int64_t calls_left = 0;
sqlite3_vfs* real_vfs = nullptr;

struct ShimFile {
    sqlite3_file base;  // first, as SQLite demands
    sqlite3_file* real;
};

sqlite3_file* real_of(sqlite3_file* file) { return reinterpret_cast<ShimFile*>(file)->real; }

// These two happen in a write; other calls do not count for them.
bool only_writes() { return armed == Fault::disk_full || armed == Fault::kill_torn; }

// Whether the armed fault strikes at this call; does not return when it kills.
bool strikes() {
    if (armed == Fault::none || calls_left <= 0 || --calls_left > 0) return false;
    if (armed == Fault::kill) ::raise(SIGKILL);
    return true;
}

int shim_close(sqlite3_file* file) { return real_of(file)->pMethods->xClose(real_of(file)); }

int shim_read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    if (armed == Fault::io_error && strikes()) return SQLITE_IOERR_READ;
    return real_of(file)->pMethods->xRead(real_of(file), to, size, offset);
}

int shim_write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    const auto* methods = real_of(file)->pMethods;
    if (!strikes()) return methods->xWrite(real_of(file), from, size, offset);
    if (armed == Fault::io_error) return SQLITE_IOERR_WRITE;
    methods->xWrite(real_of(file), from, size / 2, offset);
    if (armed == Fault::kill_torn) ::raise(SIGKILL);
    return SQLITE_FULL;
}

int shim_truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (!only_writes() && strikes()) return SQLITE_IOERR_TRUNCATE;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

int shim_sync(sqlite3_file* file, int flags) {
    if (!only_writes() && strikes()) return SQLITE_IOERR_FSYNC;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

int shim_file_size(sqlite3_file* file, sqlite3_int64* size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}
int shim_lock(sqlite3_file* file, int level) { return real_of(file)->pMethods->xLock(real_of(file), level); }
int shim_unlock(sqlite3_file* file, int level) { return real_of(file)->pMethods->xUnlock(real_of(file), level); }
int shim_check_lock(sqlite3_file* file, int* held) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
}
int shim_control(sqlite3_file* file, int op, void* argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), op, argument);
}
int shim_sector_size(sqlite3_file* file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }
int shim_characteristics(sqlite3_file* file) { return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file)); }
int shim_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** to) {
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, to);
}
int shim_shm_lock(sqlite3_file* file, int offset, int n, int flags) {
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}
void shim_shm_barrier(sqlite3_file* file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); }
int shim_shm_unmap(sqlite3_file* file, int remove) { return real_of(file)->pMethods->xShmUnmap(real_of(file), remove); }

constexpr sqlite3_io_methods shim_methods = {2,
                                             shim_close,
                                             shim_read,
                                             shim_write,
                                             shim_truncate,
                                             shim_sync,
                                             shim_file_size,
                                             shim_lock,
                                             shim_unlock,
                                             shim_check_lock,
                                             shim_control,
                                             shim_sector_size,
                                             shim_characteristics,
                                             shim_shm_map,
                                             shim_shm_lock,
                                             shim_shm_barrier,
                                             shim_shm_unmap,
                                             nullptr,
                                             nullptr};

int shim_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* shim = reinterpret_cast<ShimFile*>(file);
    shim->base.pMethods = nullptr;
    shim->real = reinterpret_cast<sqlite3_file*>(shim + 1);
    const int code = real_vfs->xOpen(real_vfs, name, shim->real, flags, out_flags);
    if (shim->real->pMethods) shim->base.pMethods = &shim_methods;
    return code;
}

int shim_delete(sqlite3_vfs*, const char* name, int sync_folder) {
    if (!only_writes() && strikes()) return SQLITE_IOERR_DELETE;
    return real_vfs->xDelete(real_vfs, name, sync_folder);
}

void install() {
    static sqlite3_vfs shim;
    real_vfs = sqlite3_vfs_find(nullptr);
    shim = *real_vfs;
    shim.zName = "faulty";
    shim.szOsFile = static_cast<int>(sizeof(ShimFile)) + real_vfs->szOsFile;
    shim.xOpen = shim_open;
    shim.xDelete = shim_delete;
    sqlite3_vfs_register(&shim, 1);
}

}  // namespace

void FaultyDisk::arm(Fault fault, std::int64_t call) {
    if (!real_vfs) install();
    armed = fault;
    calls_left = call;
}

bool FaultyDisk::struck() { return armed != Fault::none && calls_left <= 0; }

}  // namespace antiphon::sqlite
