/* SPDX-License-Identifier: Apache-2.0 */
/* A file is a run of JSON values. While each stands on a line of its own, lines are the records:
 * one search per record, and a damaged line costs only itself. Otherwise values are cut by
 * structure; an array, or the `value` array of an Azure list, is entered and its elements are the
 * records, so that no list is ever held whole. The batch's buffer is the window on the file: what
 * is left unread goes to the next batch. */
#include "stream.h"

/* How far to look for the end of a line in what does not look like JSON. */
#define LINE_SEARCH ((size_t)64 << 10)

/* ---- values ---- */

void mp_after_value(mp_reading *r, bool one_line)
{
    r->inv->state = one_line ? MP_STREAM_AFTER : MP_STREAM_VALUE;
}

/* Behind a value that took no more than its line: when the line ends here, lines follow. */
static mp_code step_after(mp_reading *r)
{
    const char *p = mp_window_here(r), *end = mp_window_end(r);
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    mp_window_advance(r, p);
    if (p == end && !r->inv->at_end) {
        r->wants_more = true;
    } else if (p < end && *p == '\n') {
        mp_window_advance(r, p + 1);
        r->inv->state = MP_STREAM_LINES;
    } else {
        r->inv->state = MP_STREAM_VALUE;
    }
    return MP_OK;
}

/* An object does not close on its first line, or breaks on it: NEXT_OBJECT when that is a damaged
 * line among others (see take_unclosed()), NEXT_UNSEEN when more bytes must tell. */
static mp_next_line look_behind_first_line(const mp_reading *r, bool broken)
{
    const char *line_end = memchr(mp_window_here(r), '\n', mp_window_unread(r));
    mp_str      line = mp_trim_line(mp_window_here(r), line_end ? line_end : mp_window_end(r));
    char        last = line.len ? line.ptr[line.len - 1] : '{';
    if (!line_end && !broken)
        return MP_NEXT_OTHER;
    if (!line_end)
        return r->inv->at_end ? MP_NEXT_NONE : MP_NEXT_UNSEEN;
    if (!broken && (last == '}' || mp_line_may_go_on(last)))
        return MP_NEXT_OTHER;
    return mp_look_at_next_line(r, line_end);
}

/* The object that starts here is not whole: a damaged line among others, or one that goes on, or
 * the structure breaks at `at`. */
static mp_code take_part(mp_reading *r, mp_cut cut, const char *at, mp_error *err)
{
    bool      on_first_line = !memchr(mp_window_here(r), '\n', (size_t)(at - mp_window_here(r)));
    mp_next_line next = look_behind_first_line(r, cut == MP_CUT_BROKEN && on_first_line);
    if (next == MP_NEXT_OBJECT) {
        r->inv->state = MP_STREAM_LINES;
        return MP_OK;
    }
    if (cut == MP_CUT_MORE || next == MP_NEXT_UNSEEN)
        return mp_window_ask(r, MP_IN_OBJECT, r->inv->line, err);
    return mp_window_break_off(r, at, MP_IN_OBJECT, r->inv->line, err);
}

static mp_code step_object(mp_reading *r, mp_error *err)
{
    mp_inventory *inv = r->inv;
    const char   *start = mp_window_here(r);
    mp_cursor     at = { start, mp_window_end(r) };
    mp_format     list;
    mp_shape      shape;

    mp_cut cut = mp_shape_of_stream(&shape, &at, &list);
    if (cut != MP_CUT_DONE)
        return take_part(r, cut, at.p, err);
    inv->list_line = inv->line;
    if (list != MP_FORMAT_UNKNOWN) {
        mp_begin_list(r, true, list);
        inv->has_more = mp_shape_more(&shape).ptr != NULL;
        mp_window_advance(r, at.p);
        return MP_OK;
    }
    /* Damage may happen to be closed by what follows. */
    bool one_line = !memchr(start, '\n', (size_t)(at.p - start));
    if (!one_line && look_behind_first_line(r, false) == MP_NEXT_OBJECT) {
        inv->state = MP_STREAM_LINES;
        return MP_OK;
    }
    MP_TRY(mp_take_value(r, mp_str_of(start, (size_t)(at.p - start)), &shape, false, err));
    mp_window_advance(r, at.p);
    mp_after_value(r, one_line);
    return MP_OK;
}

static mp_code step_other(mp_reading *r, mp_error *err)
{
    const char *line_end = memchr(mp_window_here(r), '\n', mp_window_unread(r));
    mp_next_line next = mp_look_at_next_line(r, line_end);
    if (next == MP_NEXT_UNSEEN && mp_window_unread(r) < LINE_SEARCH) {
        r->wants_more = true;
        return MP_OK;
    }
    if (next == MP_NEXT_OBJECT) {
        r->inv->state = MP_STREAM_LINES; /* one damaged line among others */
        return MP_OK;
    }
    char          found[12] = "";
    mp_error      failure;
    unsigned char first = (unsigned char)*mp_window_here(r);
    for (size_t i = 0; i < sizeof found - 1 && i < mp_window_unread(r); i++) {
        char c = mp_window_here(r)[i];
        if (c < ' ' || c > '~')
            break;
        found[i] = c;
    }
    if (found[0])
        mp_fail(&failure, MP_FORMAT, mp_window_place(r->inv),
                "found \"%s...\"; wanted JSON, which begins with { or [", found);
    else
        mp_fail(&failure, MP_FORMAT, mp_window_place(r->inv),
                "found the byte 0x%02X; wanted JSON in UTF-8, which begins with { or [", first);
    r->inv->state = MP_STREAM_END;
    return mp_window_fail(r, MP_FORMAT_UNKNOWN, &failure, err);
}

static mp_code step_value(mp_reading *r, mp_error *err)
{
    mp_window_pass_blanks(r);
    if (mp_window_unread(r) == 0) {
        if (r->inv->at_end)
            r->inv->state = MP_STREAM_END;
        else
            r->wants_more = true;
        return MP_OK;
    }
    if (*mp_window_here(r) == '{')
        return step_object(r, err);
    if (*mp_window_here(r) != '[')
        return step_other(r, err);
    r->inv->list_line = r->inv->line;
    r->inv->has_more = false;
    mp_begin_list(r, false, MP_FORMAT_ARM_LIST);
    mp_window_advance(r, mp_window_here(r) + 1);
    return MP_OK;
}

/* ---- the whole ---- */

void mp_stream_start(mp_inventory *inv)
{
    inv->is_open = true;
    inv->at_end = inv->has_failed = false;
    inv->state = MP_STREAM_START;
    inv->index = 0;
    inv->line = inv->column = 1;
    inv->rest_len = 0;
}

/* PowerShell's > writes UTF-16 with a mark; others leave the mark out. */
static bool is_utf16(const unsigned char *p, size_t len)
{
    return len >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF) ||
                        (p[0] == 0 && p[1] != 0) || (p[0] != 0 && p[1] == 0));
}

static mp_code step_start(mp_reading *r, mp_error *err)
{
    const unsigned char *p = (const unsigned char *)mp_window_here(r);
    if (mp_window_unread(r) < 3 && !r->inv->at_end) {
        r->wants_more = true;
        return MP_OK;
    }
    r->inv->state = MP_STREAM_VALUE;
    if (mp_window_unread(r) >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        r->batch->pos += 3;
    } else if (is_utf16(p, mp_window_unread(r))) {
        mp_error failure;
        mp_fail(&failure, MP_FORMAT, mp_window_place(r->inv),
                "the file is UTF-16; wanted UTF-8 (in PowerShell: Out-File -Encoding utf8)");
        r->inv->state = MP_STREAM_END;
        return mp_window_fail(r, MP_FORMAT_UNKNOWN, &failure, err);
    }
    return MP_OK;
}

/* Members that hold the resources of a container that cannot stream, or stand before them. */
static bool is_list_name(mp_str key)
{
    static const mp_str names[] = {
        MP_S_INIT("items"),          MP_S_INIT("data"),             MP_S_INIT("value"),
        MP_S_INIT("planned_values"), MP_S_INIT("resource_changes"), MP_S_INIT("resource_drift"),
        MP_S_INIT("prior_state"),    MP_S_INIT("configuration"),    MP_S_INIT("values"),
        MP_S_INIT("resources"),      MP_S_INIT("Results"),          MP_S_INIT("baseConfigurationItems"),
        MP_S_INIT("assets"),         MP_S_INIT("results"),
    };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq(key, names[i]))
            return true;
    return false;
}

/* The object that begins here, too long for a document, is not whole: the member that it stops in may be
 * the list of a container that cannot stream. */
static bool stops_in_list(const mp_reading *r)
{
    mp_cursor at = { mp_window_here(r), mp_window_end(r) };
    mp_str    key, value;
    if (r->inv->state != MP_STREAM_VALUE || *at.p++ != '{')
        return false;
    for (bool first = true; mp_cut_key(&key, &at, first) == MP_CUT_DONE && key.ptr; first = false)
        if (mp_cut_value(&value, &at) != MP_CUT_DONE)
            return (*at.p == '[' || *at.p == '{') &&
                   (r->inv->mapping || is_list_name(key));
    return false;
}

/* How long the value may be that begins here. */
static size_t value_limit(const mp_reading *r)
{
    size_t limit = r->inv->document_limit;
    return mp_window_unread(r) > limit && stops_in_list(r) ? limit * MP_INVENTORY_CONTAINER : limit;
}

/* What comes behind a line can still be told apart; what comes behind a value within a list cannot. */
static mp_code too_long(mp_reading *r, size_t limit, mp_error *err)
{
    mp_error failure;
    bool     is_line = r->inv->state == MP_STREAM_LINES ||
                   (r->inv->state == MP_STREAM_VALUE &&
                    !memchr(mp_window_here(r), '\n', mp_window_unread(r)));
    if (is_line)
        mp_fail(&failure, MP_LIMIT, mp_window_place(r->inv),
                "the document on this line is over %zu bytes, the most that is read", limit);
    else
        mp_fail(&failure, MP_LIMIT, mp_window_place(r->inv),
                "the document that begins here is over %zu bytes, the most that is read; the rest of the "
                "file is not read", limit);
    r->inv->state = is_line ? MP_STREAM_SKIP_LINE : MP_STREAM_END;
    return mp_window_fail(r, MP_FORMAT_UNKNOWN, &failure, err);
}

static mp_code step(mp_reading *r, mp_error *err)
{
    switch (r->inv->state) {
    case MP_STREAM_START:
        return step_start(r, err);
    case MP_STREAM_VALUE:
        return step_value(r, err);
    case MP_STREAM_AFTER:
        return step_after(r);
    case MP_STREAM_LINES:
        return mp_step_lines(r, err);
    case MP_STREAM_SKIP_LINE:
        return mp_step_skip_line(r);
    case MP_STREAM_ELEMENT:
        return mp_step_element(r, err);
    case MP_STREAM_TAIL:
        return mp_step_tail(r, err);
    default:
        return MP_OK;
    }
}

mp_code mp_stream_run(mp_inventory *inv, mp_inventory_batch *batch, bool *done, mp_error *err)
{
    mp_reading r = { inv, batch, false };
    *done = false;
    for (;;) {
        if (inv->held) {
            MP_TRY(mp_step_held(&r, err));
            if (inv->held)
                return MP_OK;
            continue;
        }
        if (inv->state == MP_STREAM_END)
            break;
        r.wants_more = false;
        MP_TRY(step(&r, err));
        if (!r.wants_more)
            continue;
        size_t limit = value_limit(&r);
        if (mp_window_unread(&r) > limit)
            MP_TRY(too_long(&r, limit, err));
        else if (batch->count > 0 && batch->len >= inv->batch_bytes)
            return MP_OK; /* the next batch begins with what is unread */
        else
            MP_TRY(mp_window_fill(&r, limit, err));
    }
    *done = true;
    if (!inv->has_failed)
        return MP_OK;
    inv->has_failed = false;
    inv->failure.pos = mp_window_place(inv);
    return mp_window_fail(&r, MP_FORMAT_UNKNOWN, &inv->failure, err);
}
