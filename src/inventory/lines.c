/* SPDX-License-Identifier: Apache-2.0 */
/* Line-delimited JSON: one search per record. A line is not looked into, unless it may be a
 * container, or does not look like a whole object. */
#include "stream.h"

mp_str mp_trim_line(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    while (p < end && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return mp_str_of(p, (size_t)(end - p));
}

mp_next_line mp_look_at_next_line(const mp_reading *r, const char *line_end)
{
    if (!line_end || line_end + 1 >= mp_window_end(r))
        return r->inv->at_end ? MP_NEXT_NONE : MP_NEXT_UNSEEN;
    return line_end[1] == '{' ? MP_NEXT_OBJECT : MP_NEXT_OTHER;
}

bool mp_line_may_go_on(char last)
{
    return last == '{' || last == '[' || last == ',' || last == ':';
}

/* A line with an unclosed object: damaged, or the first of several. What is written over several
 * lines does not go on with '{' at the start of a line; a line of line-delimited JSON always
 * does. */
static mp_code take_unclosed(mp_reading *r, mp_str text, const char *line_end, bool *is_line,
                             mp_error *err)
{
    mp_next_line next = mp_look_at_next_line(r, line_end);
    *is_line = false;
    if (next == MP_NEXT_UNSEEN) {
        r->wants_more = true;
        return MP_OK;
    }
    if (next == MP_NEXT_OTHER && line_end[1] != '\n' && line_end[1] != '\r') {
        r->inv->state = MP_STREAM_VALUE;
        return MP_OK;
    }
    *is_line = true;
    mp_raw_record record = mp_window_record(r, text, false);
    return mp_batch_add(r->batch, &record, err);
}

/* A line that needs a closer look. *is_line: it is done with. */
static mp_code take_odd_line(mp_reading *r, mp_str text, const char *line_end, bool *is_line,
                             mp_error *err)
{
    mp_shape shape;
    *is_line = true;
    if (text.len == 0)
        return MP_OK;
    char   last = text.ptr[text.len - 1];
    mp_cut cut = mp_shape_of_text(&shape, text);
    if (cut == MP_CUT_DONE)
        return mp_take_value(r, text, &shape, false, err);
    if (text.ptr[0] == '{' && (cut == MP_CUT_MORE || last != '}'))
        return take_unclosed(r, text, line_end, is_line, err);
    if (text.ptr[0] == '[' && cut == MP_CUT_MORE && mp_line_may_go_on(last) && line_end) {
        r->inv->state = MP_STREAM_VALUE;
        *is_line = false;
        return MP_OK;
    }
    mp_raw_record record = mp_window_record(r, text, false);
    return mp_batch_add(r->batch, &record, err);
}

static mp_code take_line(mp_reading *r, const char *end, const char *line_end, bool *is_line,
                         mp_error *err)
{
    const char *p = mp_window_here(r);
    *is_line = true;
    if (end - p > 4 && mp_is_plain(p) && end[-1] == '}' && !r->inv->mapping) {
        mp_raw_record record = mp_window_record(r, mp_str_of(p, (size_t)(end - p)), false);
        return mp_batch_add(r->batch, &record, err);
    }
    mp_str text = mp_trim_line(p, end);
    if (text.len && mp_is_plain(text.ptr) && text.ptr[text.len - 1] == '}' && !r->inv->mapping) {
        mp_raw_record record = mp_window_record(r, text, false);
        return mp_batch_add(r->batch, &record, err);
    }
    return take_odd_line(r, text, line_end, is_line, err);
}

mp_code mp_step_lines(mp_reading *r, mp_error *err)
{
    mp_inventory *inv = r->inv;
    /* The last line is whole when nothing comes behind it, or a line end does. */
    const char *last = memrchr(mp_window_here(r), '\n', mp_window_unread(r));
    if (!last)
        mp_window_pass_blanks(r);
    const char *limit = last ? last + 1 : mp_window_here(r);
    if (inv->at_end && !inv->has_failed)
        limit = mp_window_end(r);
    while (mp_window_here(r) < limit) {
        const char *line_end = memchr(mp_window_here(r), '\n', (size_t)(limit - mp_window_here(r)));
        const char *end = line_end ? line_end : limit;
        bool        is_line;
        MP_TRY(take_line(r, end, line_end, &is_line, err));
        if (!is_line)
            return MP_OK;
        r->batch->pos = (size_t)(end - r->batch->buf) + (line_end ? 1 : 0);
        inv->line += line_end ? 1 : 0;
        inv->column = 1;
        if (inv->held)
            return MP_OK;
    }
    if (inv->at_end)
        inv->state = MP_STREAM_END;
    else
        r->wants_more = true;
    return MP_OK;
}

mp_code mp_step_skip_line(mp_reading *r)
{
    const char *line_end = memchr(mp_window_here(r), '\n', mp_window_unread(r));
    mp_window_advance(r, line_end ? line_end + 1 : mp_window_end(r));
    if (line_end)
        r->inv->state = MP_STREAM_LINES;
    else if (r->inv->at_end)
        r->inv->state = MP_STREAM_END;
    else
        r->wants_more = true;
    return MP_OK;
}
