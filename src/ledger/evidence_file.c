/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "durable.h"
#include "evidence.h"
#include "secret.h"

#define LEVEL 3
#define WINDOW_LOG_MAX 23 /* 8 MiB: level 3 needs 2; whoever asks for more is no file of ours */
#define STEP ((size_t)128 << 10)
#define FOOTER 16 /* magic, length 8, the length of the contents */
#define UPLOAD "/upload-"

static const uint8_t footer_magic[8] = { 0x5E, 0x2A, 0x4D, 0x18, 8, 0, 0, 0 };

/* Putting a file in its place, and taking one away because it is old, are one at a time: else the same bytes
 * could come again between the look at a file's age and its end. */
static pthread_mutex_t placing = PTHREAD_MUTEX_INITIALIZER;

struct mp_evidence_sink {
    char       *folder;
    char       *aside; /* the temporary file */
    int         fd;
    uint64_t    size;
    EVP_MD_CTX *digest;
    ZSTD_CCtx  *zstd;
    char        out[STEP];
};

bool mp_is_sha256_hex(mp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f')))
            return false;
    return s.len == 64;
}

static mp_code join(char out[PATH_MAX], const char *folder, const char *rest, mp_error *err)
{
    int len = snprintf(out, PATH_MAX, "%s/evidence%s", folder, rest);
    return len > 0 && len < PATH_MAX
               ? MP_OK
               : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the path of the data folder is too long");
}

/* "FOLDER/evidence/ab" when `is_folder`, "FOLDER/evidence/ab/HEX.zst" else. */
static mp_code place_of(char out[PATH_MAX], const char *folder, mp_str sha256, bool is_folder, mp_error *err)
{
    char rest[80];
    if (!mp_is_sha256_hex(sha256))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"%.*s\" is no SHA-256 in hex of lower case", MP_FMT(sha256));
    if (is_folder)
        snprintf(rest, sizeof rest, "/%.2s", sha256.ptr);
    else
        snprintf(rest, sizeof rest, "/%.2s/%.64s.zst", sha256.ptr, sha256.ptr);
    return join(out, folder, rest, err);
}

/* ---- writing ---- */

static mp_code open_aside(mp_evidence_sink *s, mp_error *err)
{
    char path[PATH_MAX];
    MP_TRY(join(path, s->folder, "", err));
    MP_TRY(mp_durable_folder(path, err));
    MP_TRY(join(path, s->folder, UPLOAD "XXXXXX", err));
    s->fd = mkostemp(path, O_CLOEXEC);
    if (s->fd < 0)
        return mp_durable_failed(path, errno, err);
    s->aside = strdup(path);
    if (!s->aside) {
        unlink(path);
        return mp_no_memory(err);
    }
    return MP_OK;
}

static mp_code begin(mp_evidence_sink *s, const char *folder, mp_error *err)
{
    s->folder = strdup(folder);
    s->digest = EVP_MD_CTX_new();
    s->zstd = ZSTD_createCCtx();
    if (!s->folder || !s->digest || !s->zstd || !EVP_DigestInit_ex(s->digest, EVP_sha256(), NULL) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_compressionLevel, LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(s->zstd, ZSTD_c_checksumFlag, 1)))
        return mp_no_memory(err);
    return open_aside(s, err);
}

mp_code mp_evidence_file_begin(mp_evidence_sink **out, const char *folder, mp_error *err)
{
    mp_evidence_sink *s = malloc(sizeof *s);
    if (!s)
        return mp_no_memory(err);
    memset(s, 0, offsetof(mp_evidence_sink, out));
    s->fd = -1;
    mp_code code = begin(s, folder, err);
    if (code != MP_OK)
        mp_evidence_abandon(s);
    else
        *out = s;
    return code;
}

static mp_code compress(mp_evidence_sink *s, mp_str bytes, ZSTD_EndDirective end, mp_error *err)
{
    ZSTD_inBuffer in = { bytes.ptr, bytes.len, 0 };
    size_t        left;
    do {
        ZSTD_outBuffer out = { s->out, sizeof s->out, 0 };
        left = ZSTD_compressStream2(s->zstd, &out, &in, end);
        if (ZSTD_isError(left))
            return mp_no_memory(err);
        MP_TRY(mp_durable_write(s->fd, s->aside, mp_str_of(s->out, out.pos), err));
    } while (in.pos < in.size || (end == ZSTD_e_end && left));
    return MP_OK;
}

mp_code mp_evidence_write(mp_evidence_sink *s, mp_str bytes, mp_error *err)
{
    if (bytes.len > MP_EVIDENCE_MAX - s->size)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a file of evidence may have %llu bytes at most",
                       (unsigned long long)MP_EVIDENCE_MAX);
    if (!EVP_DigestUpdate(s->digest, bytes.ptr, bytes.len))
        return mp_no_memory(err);
    s->size += bytes.len;
    return compress(s, bytes, ZSTD_e_continue, err);
}

static mp_code write_footer(mp_evidence_sink *s, mp_error *err)
{
    uint8_t footer[FOOTER];
    memcpy(footer, footer_magic, sizeof footer_magic);
    for (unsigned i = 0; i < 8; i++)
        footer[8 + i] = (uint8_t)(s->size >> (8 * i));
    return mp_durable_write(s->fd, s->aside, mp_str_of((const char *)footer, sizeof footer), err);
}

/* Over what is there already, should the same bytes be there: that heals a damaged file, and makes it young again. */
static mp_code put_in_place(mp_evidence_sink *s, mp_str sha256, mp_error *err)
{
    char parent[PATH_MAX], place[PATH_MAX], above[PATH_MAX];
    MP_TRY(join(above, s->folder, "", err));
    MP_TRY(place_of(parent, s->folder, sha256, true, err));
    MP_TRY(place_of(place, s->folder, sha256, false, err));
    MP_TRY(mp_durable_folder(parent, err));
    pthread_mutex_lock(&placing);
    int number = rename(s->aside, place) == 0 ? 0 : errno;
    pthread_mutex_unlock(&placing);
    if (number)
        return mp_durable_failed(place, number, err);
    free(s->aside);
    s->aside = NULL;
    MP_TRY(mp_durable_sync_folder(parent, err));
    return mp_durable_sync_folder(above, err);
}

static mp_code finish(char sha256[65], mp_evidence_sink *s, mp_error *err)
{
    uint8_t digest[32];
    char    hex[65];
    MP_TRY(compress(s, MP_S(""), ZSTD_e_end, err));
    MP_TRY(write_footer(s, err));
    MP_TRY(mp_durable_sync(s->fd, s->aside, err));
    if (!EVP_DigestFinal_ex(s->digest, digest, NULL))
        return mp_no_memory(err);
    mp_hex(hex, digest, sizeof digest);
    MP_TRY(put_in_place(s, mp_str_of(hex, 64), err));
    memcpy(sha256, hex, sizeof hex);
    return MP_OK;
}

mp_code mp_evidence_end(char sha256[65], uint64_t *size, mp_evidence_sink *s, mp_error *err)
{
    mp_code code = finish(sha256, s, err);
    if (code == MP_OK)
        *size = s->size;
    mp_evidence_abandon(s);
    return code;
}

void mp_evidence_abandon(mp_evidence_sink *s)
{
    if (!s)
        return;
    if (s->aside)
        unlink(s->aside);
    if (s->fd >= 0)
        close(s->fd);
    ZSTD_freeCCtx(s->zstd);
    EVP_MD_CTX_free(s->digest);
    free(s->aside);
    free(s->folder);
    free(s);
}

/* ---- reading ---- */

struct reading {
    mp_str      sha256;
    int         fd;
    uint64_t    left;    /* compressed bytes before the footer */
    uint64_t    size;    /* of the contents, as the footer says */
    uint64_t    got;
    EVP_MD_CTX *digest;
    ZSTD_DCtx  *zstd;
    mp_bytes_fn each;
    void       *ctx;
    char        in[STEP], out[STEP];
};

static mp_code damaged(mp_str sha256, const char *why, mp_error *err)
{
    return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the evidence file %.*s is damaged: %s", MP_FMT(sha256), why);
}

static mp_code open_file(int *fd, uint64_t *left, uint64_t *size, const char *folder, mp_str sha256, mp_error *err)
{
    char        path[PATH_MAX];
    struct stat about;
    uint8_t     footer[FOOTER];
    MP_TRY(place_of(path, folder, sha256, false, err));
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (*fd < 0 && errno == ENOENT)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no evidence file %.*s", MP_FMT(sha256));
    if (*fd < 0 || fstat(*fd, &about) != 0)
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s: %s", path, strerror(errno));
    if (!S_ISREG(about.st_mode) || about.st_size < FOOTER)
        return damaged(sha256, "it is cut off", err);
    *left = (uint64_t)about.st_size - FOOTER;
    if (pread(*fd, footer, sizeof footer, (off_t)*left) != FOOTER)
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s: %s", path, strerror(errno));
    if (memcmp(footer, footer_magic, sizeof footer_magic) != 0)
        return damaged(sha256, "its end does not say how long it is", err);
    *size = 0;
    for (unsigned i = 0; i < 8; i++)
        *size |= (uint64_t)footer[8 + i] << (8 * i);
    return *size > MP_EVIDENCE_MAX ? damaged(sha256, "it says that it is longer than any evidence is", err) : MP_OK;
}

/* What came out of the decoder: counted, so that no bomb goes off; hashed; handed on. */
static mp_code take(struct reading *r, mp_str bytes, mp_error *err)
{
    r->got += bytes.len;
    if (r->got > r->size)
        return damaged(r->sha256, "it holds more than its end says", err);
    if (!EVP_DigestUpdate(r->digest, bytes.ptr, bytes.len))
        return mp_no_memory(err);
    return bytes.len && r->each ? r->each(r->ctx, bytes, err) : MP_OK;
}

static mp_code decode(struct reading *r, size_t len, bool *at_end, mp_error *err)
{
    ZSTD_inBuffer in = { r->in, len, 0 };
    bool          is_full;
    do {
        ZSTD_outBuffer out = { r->out, sizeof r->out, 0 };
        if (*at_end)
            return damaged(r->sha256, "other bytes follow its end", err);
        size_t result = ZSTD_decompressStream(r->zstd, &out, &in);
        if (ZSTD_isError(result))
            return ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation
                       ? mp_no_memory(err)
                       : damaged(r->sha256, ZSTD_getErrorName(result), err);
        MP_TRY(take(r, mp_str_of(r->out, out.pos), err));
        *at_end = result == 0;
        is_full = out.pos == out.size;
    } while (in.pos < in.size || (is_full && !*at_end));
    return MP_OK;
}

static mp_code read_all(struct reading *r, mp_error *err)
{
    bool at_end = false;
    while (r->left) {
        ssize_t n = read(r->fd, r->in, r->left < sizeof r->in ? (size_t)r->left : sizeof r->in);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return mp_fail(err, MP_IO, MP_NOWHERE, "the evidence file %.*s cannot be read: %s", MP_FMT(r->sha256),
                           n < 0 ? strerror(errno) : "it became shorter");
        r->left -= (uint64_t)n;
        MP_TRY(decode(r, (size_t)n, &at_end, err));
    }
    if (!at_end || r->got != r->size)
        return damaged(r->sha256, "it is cut off", err);
    uint8_t digest[32];
    char    hex[65];
    if (!EVP_DigestFinal_ex(r->digest, digest, NULL))
        return mp_no_memory(err);
    mp_hex(hex, digest, sizeof digest);
    return mp_str_eq(mp_str_of(hex, 64), r->sha256) ? MP_OK : damaged(r->sha256, "its contents have another hash", err);
}

static mp_code read_file(struct reading *r, const char *folder, mp_error *err)
{
    MP_TRY(open_file(&r->fd, &r->left, &r->size, folder, r->sha256, err));
    r->digest = EVP_MD_CTX_new();
    r->zstd = ZSTD_createDCtx();
    if (!r->digest || !r->zstd || !EVP_DigestInit_ex(r->digest, EVP_sha256(), NULL) ||
        ZSTD_isError(ZSTD_DCtx_setParameter(r->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
        return mp_no_memory(err);
    return read_all(r, err);
}

mp_code mp_evidence_file_read(uint64_t *size, const char *folder, mp_str sha256, mp_bytes_fn each, void *ctx,
                              mp_error *err)
{
    struct reading *r = malloc(sizeof *r);
    if (!r)
        return mp_no_memory(err);
    memset(r, 0, offsetof(struct reading, in));
    r->sha256 = sha256;
    r->fd = -1;
    r->each = each;
    r->ctx = ctx;
    mp_code code = read_file(r, folder, err);
    if (code == MP_OK && size)
        *size = r->size;
    if (r->fd >= 0)
        close(r->fd);
    ZSTD_freeDCtx(r->zstd);
    EVP_MD_CTX_free(r->digest);
    free(r);
    return code;
}

mp_code mp_evidence_file_size(uint64_t *size, const char *folder, mp_str sha256, mp_error *err)
{
    int      fd = -1;
    uint64_t left;
    mp_code  code = open_file(&fd, &left, size, folder, sha256, err);
    if (fd >= 0)
        close(fd);
    return code;
}

/* ---- sweeping ---- */

struct sweep {
    const char  *folder;
    time_t       before;
    mp_orphan_fn is_orphan;
    void        *ctx;
    int64_t      removed;
};

static bool is_old(int folder, const char *name, const struct sweep *s)
{
    struct stat about;
    return fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(about.st_mode) &&
           about.st_mtime < s->before;
}

static void remove_old(struct sweep *s, int folder, const char *name)
{
    pthread_mutex_lock(&placing);
    s->removed += is_old(folder, name, s) && unlinkat(folder, name, 0) == 0;
    pthread_mutex_unlock(&placing);
}

static mp_code consider(struct sweep *s, int folder, const char *name, mp_error *err)
{
    mp_str text = mp_str_from(name), hash = mp_str_of(name, text.len < 64 ? text.len : 64);
    bool   is_orphan = false;
    if (!mp_str_ends(text, MP_S(".zst")) || text.len != 68 || !mp_is_sha256_hex(hash) || !is_old(folder, name, s))
        return MP_OK; /* nothing that we put there */
    MP_TRY(s->is_orphan(&is_orphan, s->ctx, hash, err));
    if (is_orphan)
        remove_old(s, folder, name);
    return MP_OK;
}

static mp_code sweep_folder(struct sweep *s, const char *name, mp_error *err)
{
    char path[PATH_MAX], rest[8];
    snprintf(rest, sizeof rest, "/%.2s", name);
    MP_TRY(join(path, s->folder, rest, err));
    DIR *dir = opendir(path);
    if (!dir)
        return MP_OK; /* another file of that name, or gone */
    mp_code code = MP_OK;
    for (struct dirent *entry; code == MP_OK && (entry = readdir(dir));)
        code = consider(s, dirfd(dir), entry->d_name, err);
    closedir(dir);
    return code;
}

mp_code mp_evidence_file_sweep(int64_t *removed, const char *folder, mp_ticks before, mp_orphan_fn is_orphan, void *ctx,
                               mp_error *err)
{
    struct sweep s = { folder, mp_clock_to_unix(before), is_orphan, ctx, 0 };
    char         path[PATH_MAX];
    MP_TRY(join(path, folder, "", err));
    DIR *dir = opendir(path);
    if (!dir && errno != ENOENT)
        return mp_fail(err, MP_IO, MP_NOWHERE, "%s: %s", path, strerror(errno));
    mp_code code = MP_OK;
    for (struct dirent *entry; dir && code == MP_OK && (entry = readdir(dir));) {
        mp_str name = mp_str_from(entry->d_name);
        if (mp_str_starts(name, MP_S("upload-")))
            remove_old(&s, dirfd(dir), entry->d_name);
        else if (name.len == 2 && name.ptr[0] != '.')
            code = sweep_folder(&s, entry->d_name, err);
    }
    if (dir)
        closedir(dir);
    if (code == MP_OK)
        *removed = s.removed;
    return code;
}
