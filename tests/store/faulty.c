/* SPDX-License-Identifier: Apache-2.0 */
#include "faulty.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

#include "test.h"

typedef struct faulty_file {
    sqlite3_file  base;
    sqlite3_file *real; /* behind this struct */
} faulty_file;

static sqlite3_vfs *real_vfs, vfs;

static struct {
    faulty_kind kind;
    atomic_uint count;
    unsigned    at;
    bool        for_good;
} fault;

static bool fails(faulty_kind kind)
{
    if (kind != fault.kind || !fault.at)
        return false;
    unsigned n = atomic_fetch_add(&fault.count, 1) + 1;
    return fault.for_good ? n >= fault.at : n == fault.at;
}

static sqlite3_file *real(sqlite3_file *file)
{
    return ((faulty_file *)file)->real;
}

static int x_close(sqlite3_file *f) { return real(f)->pMethods->xClose(real(f)); }
static int x_truncate(sqlite3_file *f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); }
static int x_size(sqlite3_file *f, sqlite3_int64 *size) { return real(f)->pMethods->xFileSize(real(f), size); }
static int x_lock(sqlite3_file *f, int lock) { return real(f)->pMethods->xLock(real(f), lock); }
static int x_unlock(sqlite3_file *f, int lock) { return real(f)->pMethods->xUnlock(real(f), lock); }
static int x_reserved(sqlite3_file *f, int *out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
static int x_control(sqlite3_file *f, int op, void *arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); }
static int x_sector(sqlite3_file *f) { return real(f)->pMethods->xSectorSize(real(f)); }
static int x_traits(sqlite3_file *f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
static int x_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
static int x_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
static void x_shm_barrier(sqlite3_file *f) { real(f)->pMethods->xShmBarrier(real(f)); }
static int  x_shm_unmap(sqlite3_file *f, int deletes) { return real(f)->pMethods->xShmUnmap(real(f), deletes); }

static int x_read(sqlite3_file *f, void *into, int len, sqlite3_int64 offset)
{
    return fails(FAULTY_READ) ? SQLITE_IOERR_READ : real(f)->pMethods->xRead(real(f), into, len, offset);
}

static int x_write(sqlite3_file *f, const void *bytes, int len, sqlite3_int64 offset)
{
    if (fails(FAULTY_FULL))
        return SQLITE_FULL;
    if (fails(FAULTY_WRITE)) {
        int half = real(f)->pMethods->xWrite(real(f), bytes, len / 2, offset);
        return half == SQLITE_OK ? SQLITE_IOERR_WRITE : half;
    }
    return real(f)->pMethods->xWrite(real(f), bytes, len, offset);
}

static int x_sync(sqlite3_file *f, int flags)
{
    return fails(FAULTY_SYNC) ? SQLITE_IOERR_FSYNC : real(f)->pMethods->xSync(real(f), flags);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, .xClose = x_close, .xRead = x_read, .xWrite = x_write, .xTruncate = x_truncate, .xSync = x_sync,
    .xFileSize = x_size, .xLock = x_lock, .xUnlock = x_unlock, .xCheckReservedLock = x_reserved,
    .xFileControl = x_control, .xSectorSize = x_sector, .xDeviceCharacteristics = x_traits, .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock, .xShmBarrier = x_shm_barrier, .xShmUnmap = x_shm_unmap,
};

static int x_open(sqlite3_vfs *own, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    faulty_file *f = (faulty_file *)file;
    (void)own;
    f->real = (sqlite3_file *)(f + 1);
    int result = real_vfs->xOpen(real_vfs, name, f->real, flags, out_flags);
    f->base.pMethods = result == SQLITE_OK ? &methods : NULL;
    return result;
}

void faulty_install(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    CHECK(real_vfs != NULL);
    vfs = *real_vfs;
    vfs.zName = "faulty";
    vfs.pNext = NULL;
    vfs.szOsFile = (int)sizeof(faulty_file) + real_vfs->szOsFile;
    vfs.xOpen = x_open;
    CHECK_INT(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

void faulty_set(faulty_kind kind, unsigned at, bool for_good)
{
    fault.at = 0;
    atomic_store(&fault.count, 0);
    fault.kind = kind;
    fault.for_good = for_good;
    fault.at = at;
}

bool faulty_was_met(void)
{
    return atomic_load(&fault.count) >= fault.at;
}
