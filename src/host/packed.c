/* SPDX-License-Identifier: Apache-2.0 */
#include "packed.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

enum { PIECE = 65536 };

struct mp_packed {
    struct archive *archive;
    bool is_empty;
};

static mp_code failed(const mp_packed *p, mp_error *err)
{
    return archive_errno(p->archive) == ENOMEM
               ? mp_no_memory(err)
               : mp_fail(err, MP_FORMAT, MP_NOWHERE, "it is not compressed with lz4 or xz, or damaged");
}

/* What is compressed in no way would pass as it is. */
static bool is_compressed(struct archive *archive)
{
    int code = archive_filter_code(archive, 0);
    return code == ARCHIVE_FILTER_LZ4 || code == ARCHIVE_FILTER_XZ;
}

mp_code mp_packed_open(mp_packed **out, int fd, mp_error *err)
{
    struct archive_entry *entry;
    mp_packed *p = calloc(1, sizeof *p);
    if (!p || !(p->archive = archive_read_new())) {
        free(p);
        return mp_no_memory(err);
    }
    int result = archive_read_support_format_raw(p->archive);
    if (result == ARCHIVE_OK)
        result = archive_read_support_format_empty(p->archive);
    if (result == ARCHIVE_OK)
        result = archive_read_support_filter_lz4(p->archive);
    if (result == ARCHIVE_OK)
        result = archive_read_support_filter_xz(p->archive);
    if (result == ARCHIVE_OK)
        result = archive_read_open_fd(p->archive, fd, PIECE);
    if (result == ARCHIVE_OK)
        result = archive_read_next_header(p->archive, &entry);
    p->is_empty = result == ARCHIVE_EOF;
    if ((result != ARCHIVE_OK && result != ARCHIVE_EOF) || !is_compressed(p->archive)) {
        mp_code code = failed(p, err);
        mp_packed_close(p);
        return code;
    }
    *out = p;
    return MP_OK;
}

mp_code mp_packed_read(mp_packed *p, char *out, size_t len, size_t *got, mp_error *err)
{
    la_ssize_t count = p->is_empty ? 0 : archive_read_data(p->archive, out, len);
    *got = count > 0 ? (size_t)count : 0;
    return count < 0 ? failed(p, err) : MP_OK;
}

void mp_packed_close(mp_packed *p)
{
    if (p)
        archive_read_free(p->archive);
    free(p);
}
