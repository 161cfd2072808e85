/* SPDX-License-Identifier: Apache-2.0 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "durable.h"
#include "source.h"

static mp_code read_line(mp_json_doc *doc, mp_str line, mp_journal_visit *visit, void *ctx, const char *path, mp_error *err)
{
    const mp_json *json;
    mp_code        code = mp_json_read(doc, &json, line, NULL, NULL, NULL);
    if (code != MP_OK || !mp_json_is(json, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "%s holds no state of this command", path);
    return visit(ctx, json, err);
}

/* *whole: so many bytes are whole lines. */
static mp_code read_lines(uint64_t *whole, mp_str text, mp_journal_visit *visit, void *ctx, const char *path, mp_error *err)
{
    mp_json_doc *doc = NULL;
    mp_code      code = mp_json_doc_new(&doc, err);
    *whole = 0;
    while (code == MP_OK && text.len) {
        size_t end = mp_str_find(text, '\n');
        if (end == SIZE_MAX)
            break;
        code = read_line(doc, mp_str_of(text.ptr, end), visit, ctx, path, err);
        *whole += end + 1;
        text = mp_str_skip(text, end + 1);
    }
    mp_json_doc_free(doc);
    return code;
}

mp_code mp_journal_open(mp_journal *out, const char *path, mp_journal_visit *visit, void *ctx, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    uint64_t whole = 0;
    mp_str   text;
    mp_code  code = MP_OK;
    *out = (mp_journal){ .path = path, .fd = -1 };
    if (!path)
        return MP_OK;
    if (access(path, F_OK) == 0) {
        code = mp_source_slurp(&text, path, 0, &arena, err);
        if (code == MP_OK)
            code = read_lines(&whole, text, visit, ctx, path, err);
    }
    mp_arena_free(&arena);
    MP_TRY(code);
    out->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out->fd < 0 || ftruncate(out->fd, (off_t)whole) != 0 || lseek(out->fd, 0, SEEK_END) < 0)
        return mp_durable_failed(path, errno, err);
    return MP_OK;
}

mp_code mp_journal_add(mp_journal *journal, const mp_json *line, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    if (journal->fd < 0)
        return MP_OK;
    mp_buf_add_json(&text, line);
    mp_buf_add_c(&text, '\n');
    mp_code code = mp_buf_check(&text, err);
    if (code == MP_OK)
        code = mp_durable_write(journal->fd, journal->path, mp_buf_str(&text), err);
    if (code == MP_OK)
        code = mp_durable_sync(journal->fd, journal->path, err);
    mp_buf_free(&text);
    return code;
}

mp_code mp_journal_restart(mp_journal *journal, mp_error *err)
{
    if (journal->fd >= 0 && (ftruncate(journal->fd, 0) != 0 || lseek(journal->fd, 0, SEEK_SET) < 0))
        return mp_durable_failed(journal->path, errno, err);
    return MP_OK;
}

void mp_journal_close(mp_journal *journal, bool is_done)
{
    if (journal->fd >= 0)
        close(journal->fd);
    if (journal->fd >= 0 && is_done)
        unlink(journal->path);
    journal->fd = -1;
}
