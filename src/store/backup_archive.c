/* SPDX-License-Identifier: Apache-2.0 */
#include "backup_format.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK ((size_t)64 << 10)

struct mp_archive {
    struct archive       *archive;
    struct archive_entry *entry; /* of writing */
    bool                  reads;
    bool                  is_abandoned; /* of writing: nobody wants the rest */
    int                   fd;
    int                   cause; /* errno of the first call of the system that failed */
    uint64_t              size;
    EVP_MD_CTX           *all, *member; /* digests of the archive's bytes, and of the member in hand */
    char                  block[BLOCK];
};

/* ---- calls back from libarchive ---- */

/* Failures are not told to libarchive, which would leak its buffer: they are remembered, and what follows
 * goes nowhere. */
static la_ssize_t write_block(struct archive *archive, void *ctx, const void *bytes, size_t len)
{
    mp_archive *a = ctx;
    size_t      done = 0;
    (void)archive;
    while (done < len && !a->cause && !a->is_abandoned) {
        ssize_t put = write(a->fd, (const char *)bytes + done, len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            a->cause = put < 0 ? errno : EIO;
        else
            done += (size_t)put;
    }
    a->size += len;
    EVP_DigestUpdate(a->all, bytes, len);
    return (la_ssize_t)len;
}

static la_ssize_t read_block(struct archive *archive, void *ctx, const void **bytes)
{
    mp_archive *a = ctx;
    ssize_t     got;
    do {
        got = read(a->fd, a->block, sizeof a->block);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        a->cause = errno;
        archive_set_error(archive, a->cause, "read");
        return -1;
    }
    a->size += (uint64_t)got;
    EVP_DigestUpdate(a->all, a->block, (size_t)got);
    *bytes = a->block;
    return got;
}

static mp_code failed(const mp_archive *a, mp_error *err)
{
    if (!a->archive || archive_errno(a->archive) == ENOMEM)
        return mp_no_memory(err);
    if (a->cause == ENOSPC || a->cause == EDQUOT)
        return mp_fail(err, MP_FULL, MP_NOWHERE, "the disk is full: the backup was not written");
    if (a->cause && a->reads)
        return mp_fail(err, MP_IO, MP_NOWHERE, "the backup cannot be read: %s", strerror(a->cause));
    if (a->cause)
        return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "the backup cannot be written: %s", strerror(a->cause));
    if (a->reads)
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the backup is damaged or cut off");
    return mp_fail(err, MP_OUTPUT, MP_NOWHERE, "the backup cannot be written: %s", archive_error_string(a->archive));
}

static mp_code new_archive(mp_archive **out, bool reads, mp_error *err)
{
    mp_archive *a = calloc(1, sizeof *a);
    if (!a)
        return mp_no_memory(err);
    a->fd = -1;
    a->reads = reads;
    a->archive = reads ? archive_read_new() : archive_write_new();
    a->entry = archive_entry_new();
    a->all = EVP_MD_CTX_new();
    a->member = EVP_MD_CTX_new();
    if (!a->archive || !a->entry || !a->all || !a->member || !EVP_DigestInit_ex(a->all, EVP_sha256(), NULL)) {
        mp_archive_free(a);
        return mp_no_memory(err);
    }
    *out = a;
    return MP_OK;
}

void mp_archive_free(mp_archive *a)
{
    if (!a)
        return;
    if (a->reads) {
        archive_read_free(a->archive);
        if (a->fd >= 0)
            close(a->fd);
    } else {
        a->is_abandoned = true;
        archive_write_free(a->archive);
    }
    archive_entry_free(a->entry);
    EVP_MD_CTX_free(a->all);
    EVP_MD_CTX_free(a->member);
    free(a);
}

static mp_code take_digest(uint8_t out[32], EVP_MD_CTX *ctx, mp_error *err)
{
    if (!EVP_DigestFinal_ex(ctx, out, NULL))
        return mp_no_memory(err);
    return MP_OK;
}

mp_code mp_archive_member_digest(uint8_t out[32], mp_archive *a, mp_error *err)
{
    return take_digest(out, a->member, err);
}

/* ---- writing ---- */

mp_code mp_archive_write(mp_archive **out, int fd, mp_error *err)
{
    mp_archive *a = NULL;
    MP_TRY(new_archive(&a, false, err));
    a->fd = fd;
    if (archive_write_set_format_pax_restricted(a->archive) != ARCHIVE_OK ||
        archive_write_add_filter_zstd(a->archive) != ARCHIVE_OK ||
        archive_write_set_bytes_in_last_block(a->archive, 1) != ARCHIVE_OK ||
        archive_write_open(a->archive, a, NULL, write_block, NULL) != ARCHIVE_OK) {
        mp_code code = failed(a, err);
        mp_archive_free(a);
        return code;
    }
    *out = a;
    return MP_OK;
}

mp_code mp_archive_member(mp_archive *a, mp_str name, uint64_t size, mp_error *err)
{
    char path[4200];
    if (snprintf(path, sizeof path, "%.*s", MP_FMT(name)) >= (int)sizeof path)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "a file's path is over %zu bytes", sizeof path - 1);
    archive_entry_clear(a->entry);
    archive_entry_set_pathname(a->entry, path);
    archive_entry_set_size(a->entry, (la_int64_t)size);
    archive_entry_set_filetype(a->entry, AE_IFREG);
    archive_entry_set_perm(a->entry, 0600);
    if (!EVP_DigestInit_ex(a->member, EVP_sha256(), NULL))
        return mp_no_memory(err);
    return archive_write_header(a->archive, a->entry) == ARCHIVE_OK && !a->cause ? MP_OK : failed(a, err);
}

mp_code mp_archive_bytes(mp_archive *a, mp_str bytes, mp_error *err)
{
    if (bytes.len == 0)
        return MP_OK;
    EVP_DigestUpdate(a->member, bytes.ptr, bytes.len);
    bool is_taken = archive_write_data(a->archive, bytes.ptr, bytes.len) == (la_ssize_t)bytes.len;
    return is_taken && !a->cause ? MP_OK : failed(a, err);
}

mp_code mp_archive_end(uint64_t *size, uint8_t digest[32], mp_archive *a, mp_error *err)
{
    if (a->reads) {
        ssize_t more; /* what stands behind the end of the tar archive is of the file too */
        do {
            const void *bytes;
            more = read_block(a->archive, a, &bytes);
        } while (more > 0);
        if (more < 0)
            return failed(a, err);
    } else if (archive_write_close(a->archive) != ARCHIVE_OK || a->cause) {
        return failed(a, err);
    }
    *size = a->size;
    return take_digest(digest, a->all, err);
}

/* ---- reading ---- */

mp_code mp_archive_read(mp_archive **out, const char *path, mp_error *err)
{
    mp_archive *a = NULL;
    MP_TRY(new_archive(&a, true, err));
    a->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (a->fd < 0) {
        int cause = errno;
        mp_archive_free(a);
        return mp_fail(err, cause == ENOENT ? MP_MISSING : MP_IO, MP_NOWHERE, "%s cannot be opened: %s", path,
                       strerror(cause));
    }
    if (archive_read_support_filter_zstd(a->archive) != ARCHIVE_OK ||
        archive_read_support_format_tar(a->archive) != ARCHIVE_OK ||
        archive_read_open(a->archive, a, NULL, read_block, NULL) != ARCHIVE_OK) {
        mp_code code = a->cause || archive_errno(a->archive) == ENOMEM
                           ? failed(a, err)
                           : mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s is no backup of Mapae", path);
        mp_archive_free(a);
        return code;
    }
    *out = a;
    return MP_OK;
}

mp_code mp_archive_next(bool *more, mp_str *name, uint64_t *size, mp_archive *a, mp_error *err)
{
    struct archive_entry *entry = NULL;
    int                   result = archive_read_next_header(a->archive, &entry);
    *more = result != ARCHIVE_EOF;
    if (result == ARCHIVE_EOF)
        return MP_OK;
    if (result != ARCHIVE_OK)
        return failed(a, err);
    const char *path = archive_entry_pathname(entry);
    if (!path || archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
        archive_entry_symlink(entry))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the backup holds something that is no file");
    if (!EVP_DigestInit_ex(a->member, EVP_sha256(), NULL))
        return mp_no_memory(err);
    *name = mp_str_from(path); /* lives until the next header */
    *size = (uint64_t)archive_entry_size(entry);
    return MP_OK;
}

mp_code mp_archive_read_bytes(size_t *got, char *into, size_t cap, mp_archive *a, mp_error *err)
{
    la_ssize_t n = archive_read_data(a->archive, into, cap);
    if (n < 0)
        return failed(a, err);
    EVP_DigestUpdate(a->member, into, (size_t)n);
    *got = (size_t)n;
    return MP_OK;
}
