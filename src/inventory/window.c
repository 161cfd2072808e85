/* SPDX-License-Identifier: Apache-2.0 */
/* The window on the open file: the batch's buffer, from what is not read yet to the end of what is
 * there. */
#include "stream.h"

/* `to` becomes the next unread byte; lines and columns (in bytes) are kept. */
void mp_window_advance(mp_reading *r, const char *to)
{
    mp_str      passed = mp_str_of(mp_window_here(r), (size_t)(to - mp_window_here(r)));
    const char *last = passed.len ? memrchr(passed.ptr, '\n', passed.len) : NULL;
    if (last) {
        r->inv->line += mp_cut_lines(passed);
        r->inv->column = (uint32_t)(to - last);
    } else {
        r->inv->column += (uint32_t)passed.len;
    }
    r->batch->pos += passed.len;
}

void mp_window_pass_blanks(mp_reading *r)
{
    mp_cursor at = { mp_window_here(r), mp_window_end(r) };
    mp_cut_space(&at);
    mp_window_advance(r, at.p);
}

mp_pos mp_window_place(const mp_inventory *inv)
{
    mp_pos pos = { (uint32_t)inv->line, inv->column };
    return pos;
}

mp_raw_record mp_window_record(mp_reading *r, mp_str text, bool in_list)
{
    mp_inventory *inv = r->inv;
    mp_raw_record     record = { .file = inv->file,
                             .offset = (size_t)(text.ptr - r->batch->buf),
                             .len = text.len,
                             .index = ++inv->index,
                             .line = inv->line,
                             .column = inv->column,
                             .in_list = in_list };
    return record;
}

mp_code mp_stream_fail(mp_inventory *inv, mp_inventory_batch *batch, mp_str text,
                       mp_format format, mp_error *failure, mp_error *err)
{
    if (failure->pos.line == 0)
        failure->pos = mp_window_place(inv);
    mp_raw_record record = { .file = inv->file,
                         .text = text.ptr ? NULL : "",
                         .offset = text.ptr ? (size_t)(text.ptr - batch->buf) : 0,
                         .len = text.len,
                         .index = ++inv->index,
                         .line = failure->pos.line,
                         .column = failure->pos.col,
                         .format = (uint8_t)format };
    return mp_batch_fail(batch, record, failure, err);
}

mp_code mp_window_fail(mp_reading *r, mp_format format, mp_error *failure, mp_error *err)
{
    return mp_stream_fail(r->inv, r->batch, mp_str_of(NULL, 0), format, failure, err);
}

/* The structure breaks at `at`: nothing behind it can be told apart any more. */
mp_code mp_window_break_off(mp_reading *r, const char *at, mp_inside what, uint64_t since,
                            mp_error *err)
{
    mp_error           failure;
    unsigned long long line = since;
    r->inv->state = MP_STREAM_END;
    if (r->inv->has_failed)
        return MP_OK; /* the failure to read says it all */
    mp_window_advance(r, at);
    if (at < mp_window_end(r) && what == MP_IN_LIST)
        mp_fail(&failure, MP_SYNTAX, mp_window_place(r->inv),
                "the JSON breaks here, inside the list of line %llu; what stood before is read",
                line);
    else if (at < mp_window_end(r))
        mp_fail(&failure, MP_SYNTAX, mp_window_place(r->inv),
                "the JSON breaks here, inside the object of line %llu; what stood before is read",
                line);
    else if (what == MP_IN_LIST)
        mp_fail(&failure, MP_SYNTAX, mp_window_place(r->inv),
                "the file ends inside the list of line %llu; what stood before is read", line);
    else
        mp_fail(&failure, MP_SYNTAX, mp_window_place(r->inv),
                "the file ends inside the object of line %llu; what stood before is read", line);
    mp_format format = what == MP_IN_LIST ? r->inv->list_format : MP_FORMAT_UNKNOWN;
    return mp_window_fail(r, format, &failure, err);
}

mp_code mp_window_ask(mp_reading *r, mp_inside what, uint64_t since, mp_error *err)
{
    if (r->inv->at_end)
        return mp_window_break_off(r, mp_window_end(r), what, since, err);
    r->wants_more = true;
    return MP_OK;
}

bool mp_stream_is_full(const mp_inventory *inv, const mp_inventory_batch *batch)
{
    return batch->count > 0 && (batch->pos >= inv->batch_bytes - inv->batch_bytes / 4 ||
                                batch->held_bytes >= inv->batch_bytes);
}

/* What was read and holds no record makes room: blanks, a line that is skipped. */
static void drop_read(mp_inventory_batch *batch)
{
    if (batch->count > 0 || batch->pos == 0)
        return;
    batch->len -= batch->pos;
    memmove(batch->buf, batch->buf + batch->pos, batch->len);
    batch->pos = 0;
}

/* Up to the size of a batch; for a value that is larger than one, as much again as there is of it. Never
 * more of a value than a byte over what is allowed. */
static size_t wanted(const mp_reading *r, size_t limit)
{
    size_t batch_bytes = r->inv->batch_bytes, unread = mp_window_unread(r);
    size_t want = batch_bytes > r->batch->len ? batch_bytes - r->batch->len : unread;
    if (want < batch_bytes / 4 + 1)
        want = batch_bytes / 4 + 1;
    size_t most = limit + 1 - unread;
    return want < most ? want : most;
}

mp_code mp_window_fill(mp_reading *r, size_t limit, mp_error *err)
{
    mp_inventory       *inv = r->inv;
    mp_inventory_batch *batch = r->batch;
    drop_read(batch);
    size_t want = wanted(r, limit);
    MP_TRY(mp_batch_reserve(batch, want, err));
    while (want > 0) {
        size_t  got = 0;
        mp_code code = MP_OK;
        if (inv->memory.ptr) {
            size_t left = inv->memory.len - inv->memory_pos;
            got = left < want ? left : want;
            memcpy(batch->buf + batch->len, inv->memory.ptr + inv->memory_pos, got);
            inv->memory_pos += got;
        } else {
            code = mp_source_read(inv->source, batch->buf + batch->len, want, &got, &inv->failure);
        }
        if (code == MP_NOMEM) {
            if (err)
                *err = inv->failure;
            return code;
        }
        inv->has_failed = code != MP_OK;
        inv->at_end = code != MP_OK || got == 0;
        if (inv->at_end)
            break;
        batch->len += got;
        want -= got;
    }
    memset(batch->buf + batch->len, 0, MP_JSON_PADDING);
    return MP_OK;
}
