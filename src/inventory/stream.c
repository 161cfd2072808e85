/* SPDX-License-Identifier: Apache-2.0 */
/* A file is a run of JSON values. While each stands on a line of its own, lines are the records: one
 * search per record, and a damaged line costs only itself. Otherwise values are cut by structure; an array, or
 * the `value` array of an Azure list, is entered and its elements are the records, so that no list is ever
 * held whole. The batch's buffer is the window on the file: what is left unread goes to the next batch. */
#include "internal.h"

/* How far to look for the end of a line in what does not look like JSON. */
#define LINE_SEARCH ((size_t)64 << 10)

typedef struct reading {
    mp_inventory       *inv;
    mp_inventory_batch *batch;
    bool                wants_more; /* the bytes ended inside a record */
} reading;

/* ---- the window ---- */

static const char *here(const reading *r) { return r->batch->buf + r->batch->pos; }
static const char *window_end(const reading *r) { return r->batch->buf + r->batch->len; }
static size_t      unread(const reading *r) { return r->batch->len - r->batch->pos; }

/* `to` becomes the next unread byte; lines and columns (in bytes) are kept. */
static void advance(reading *r, const char *to)
{
    mp_str      passed = mp_str_of(here(r), (size_t)(to - here(r)));
    const char *last = passed.len ? memrchr(passed.ptr, '\n', passed.len) : NULL;
    if (last) {
        r->inv->line += mp_cut_lines(passed);
        r->inv->column = (uint32_t)(to - last);
    } else {
        r->inv->column += (uint32_t)passed.len;
    }
    r->batch->pos += passed.len;
}

static mp_pos place(const mp_inventory *inv)
{
    mp_pos pos = { (uint32_t)inv->line, inv->column };
    return pos;
}

static mp_record make_record(reading *r, mp_str text, bool in_list)
{
    mp_inventory *inv = r->inv;
    mp_record     record = { .file = inv->file,
                             .offset = (size_t)(text.ptr - r->batch->buf),
                             .len = text.len,
                             .index = ++inv->index,
                             .line = inv->line,
                             .column = inv->column,
                             .in_list = in_list };
    return record;
}

/* ---- failed records ---- */

mp_code mp_stream_fail(mp_inventory *inv, mp_inventory_batch *batch, mp_str text,
                       mp_format format, mp_error *failure, mp_error *err)
{
    if (failure->pos.line == 0)
        failure->pos = place(inv);
    mp_record record = { .file = inv->file,
                         .text = text.ptr ? NULL : "",
                         .offset = text.ptr ? (size_t)(text.ptr - batch->buf) : 0,
                         .len = text.len,
                         .index = ++inv->index,
                         .line = failure->pos.line,
                         .column = failure->pos.col,
                         .format = (uint8_t)format };
    return mp_batch_fail(batch, record, failure, err);
}

static mp_code fail_here(reading *r, mp_format format, mp_error *failure, mp_error *err)
{
    return mp_stream_fail(r->inv, r->batch, mp_str_of(NULL, 0), format, failure, err);
}

typedef enum inside { IN_OBJECT, IN_LIST } inside;

/* The structure breaks at `at`: nothing behind it can be told apart any more. */
static mp_code break_off(reading *r, const char *at, inside what, uint64_t since, mp_error *err)
{
    mp_error           failure;
    unsigned long long line = since;
    r->inv->state = MP_STREAM_END;
    if (r->inv->has_failed)
        return MP_OK; /* the failure to read says it all */
    advance(r, at);
    if (at < window_end(r) && what == IN_LIST)
        mp_fail(&failure, MP_SYNTAX, place(r->inv),
                "the JSON breaks here, inside the list of line %llu; what stood before is read",
                line);
    else if (at < window_end(r))
        mp_fail(&failure, MP_SYNTAX, place(r->inv),
                "the JSON breaks here, inside the object of line %llu; what stood before is read",
                line);
    else if (what == IN_LIST)
        mp_fail(&failure, MP_SYNTAX, place(r->inv),
                "the file ends inside the list of line %llu; what stood before is read", line);
    else
        mp_fail(&failure, MP_SYNTAX, place(r->inv),
                "the file ends inside the object of line %llu; what stood before is read", line);
    return fail_here(r, what == IN_LIST ? MP_FORMAT_ARM_LIST : MP_FORMAT_UNKNOWN, &failure, err);
}

static mp_code ask_for_more(reading *r, inside what, uint64_t since, mp_error *err)
{
    if (r->inv->at_end)
        return break_off(r, window_end(r), what, since, err);
    r->wants_more = true;
    return MP_OK;
}

/* ---- a whole value ---- */

static mp_code hold(reading *r, mp_str text, mp_format format, mp_error *err)
{
    mp_error     why;
    mp_container *held = NULL;
    mp_code      code = mp_container_new(&held, text, format, r->inv->mapping, &why);
    if (code == MP_NOMEM) {
        if (err)
            *err = why;
        return code;
    }
    if (code != MP_OK) {
        /* Positions are of the container's text. */
        if (why.pos.line > 1)
            why.pos.line += (uint32_t)r->inv->line - 1;
        else if (why.pos.line == 1)
            why.pos = (mp_pos){ (uint32_t)r->inv->line, r->inv->column + why.pos.col - 1 };
        return mp_stream_fail(r->inv, r->batch, text, format, &why, err);
    }
    held->file = r->inv->file;
    held->line = r->inv->line;
    held->column = r->inv->column;
    r->inv->held = held;
    return MP_OK;
}

/* A list all of whose elements are of a refused or unknown format is one failed record. */
static bool refuse_list(mp_format *format, const mp_shape *element, const mp_mapping *mapping,
                        mp_error *why)
{
    *format = mp_shape_format(element);
    if (mp_format_is_read(*format) || mapping)
        return false;
    mp_shape_refuse(element, *format, why);
    return true;
}

static bool refuse_held_list(mp_format *format, const mp_shape *list, const mp_mapping *mapping,
                             mp_error *why)
{
    bool     is_array = mp_view_first(list->self) == '[';
    mp_view  first = mp_view_element(is_array ? list->self : list->seen[MP_SEEN_VALUE]);
    mp_shape element;
    return first.raw.len && mp_shape_of_text(&element, first.raw) == MP_CUT_DONE &&
           refuse_list(format, &element, mapping, why);
}

/* The value `text`, which starts here and has this shape, is a record or a container of records. */
static mp_code take_value(reading *r, mp_str text, const mp_shape *shape, bool in_list,
                          mp_error *err)
{
    const mp_mapping *mapping = r->inv->mapping;
    mp_format         format = mp_shape_format(shape);
    mp_error          why;

    if (!mp_format_is_read(format) && mapping && mp_mapped_records(text, mapping).ptr)
        return hold(r, text, MP_FORMAT_MAPPED, err);
    if (mp_shape_is_container(shape, format)) {
        mp_format items;
        if (format == MP_FORMAT_ARM_LIST && refuse_held_list(&items, shape, mapping, &why))
            return mp_stream_fail(r->inv, r->batch, text, items, &why, err);
        return hold(r, text, format, err);
    }
    mp_record record = make_record(r, text, in_list);
    return mp_batch_add(r->batch, &record, err);
}

/* Names with which Azure resources begin and containers do not: such a value need not be looked into. */
static bool is_plain(const char *p)
{
    if (p[0] != '{' || p[1] != '"')
        return false;
    switch (p[2]) {
    case 'i':
        return memcmp(p + 2, "id\":\"", 5) == 0;
    case 'n':
        return memcmp(p + 2, "name\":", 6) == 0;
    case 'l':
        return memcmp(p + 2, "location\":", 10) == 0;
    case 'p':
        return memcmp(p + 2, "properties\":", 12) == 0;
    case 's':
        return memcmp(p + 2, "sku\":", 5) == 0;
    case 't':
        return memcmp(p + 2, "type\":", 6) == 0 || memcmp(p + 2, "tags\":", 6) == 0;
    case 'e':
        return memcmp(p + 2, "etag\":", 6) == 0;
    default:
        return false;
    }
}

static mp_code take_text(reading *r, mp_str text, bool in_list, mp_error *err)
{
    if (!is_plain(text.ptr) || r->inv->mapping) {
        mp_shape shape;
        if (mp_shape_of_text(&shape, text) == MP_CUT_DONE)
            return take_value(r, text, &shape, in_list, err);
    }
    /* What is no JSON is a record too: reading it says what is wrong, and where. */
    mp_record record = make_record(r, text, in_list);
    return mp_batch_add(r->batch, &record, err);
}

/* ---- lines ---- */

static mp_str trim_line(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    while (p < end && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return mp_str_of(p, (size_t)(end - p));
}

typedef enum next_line { NEXT_UNSEEN, NEXT_NONE, NEXT_OBJECT, NEXT_OTHER } next_line;

static next_line look_at_next_line(const reading *r, const char *line_end)
{
    if (!line_end || line_end + 1 >= window_end(r))
        return r->inv->at_end ? NEXT_NONE : NEXT_UNSEEN;
    return line_end[1] == '{' ? NEXT_OBJECT : NEXT_OTHER;
}

static bool may_go_on(char last) { return last == '{' || last == '[' || last == ',' || last == ':'; }

/* A line with an unclosed object: damaged, or the first of several. What is written over several lines does
 * not go on with '{' at the start of a line; a line of line-delimited JSON always does. */
static mp_code take_unclosed(reading *r, mp_str text, const char *line_end, bool *is_line,
                             mp_error *err)
{
    next_line next = look_at_next_line(r, line_end);
    *is_line = false;
    if (next == NEXT_UNSEEN) {
        r->wants_more = true;
        return MP_OK;
    }
    if (next == NEXT_OTHER && line_end[1] != '\n' && line_end[1] != '\r') {
        r->inv->state = MP_STREAM_VALUE;
        return MP_OK;
    }
    *is_line = true;
    mp_record record = make_record(r, text, false);
    return mp_batch_add(r->batch, &record, err);
}

/* A line that needs a closer look. *is_line: it is done with. */
static mp_code take_odd_line(reading *r, mp_str text, const char *line_end, bool *is_line,
                             mp_error *err)
{
    mp_shape shape;
    *is_line = true;
    if (text.len == 0)
        return MP_OK;
    char   last = text.ptr[text.len - 1];
    mp_cut cut = mp_shape_of_text(&shape, text);
    if (cut == MP_CUT_DONE)
        return take_value(r, text, &shape, false, err);
    if (text.ptr[0] == '{' && (cut == MP_CUT_MORE || last != '}'))
        return take_unclosed(r, text, line_end, is_line, err);
    if (text.ptr[0] == '[' && cut == MP_CUT_MORE && may_go_on(last) && line_end) {
        r->inv->state = MP_STREAM_VALUE;
        *is_line = false;
        return MP_OK;
    }
    mp_record record = make_record(r, text, false);
    return mp_batch_add(r->batch, &record, err);
}

static mp_code take_line(reading *r, const char *end, const char *line_end, bool *is_line,
                         mp_error *err)
{
    const char *p = here(r);
    *is_line = true;
    if (end - p > 4 && is_plain(p) && end[-1] == '}' && !r->inv->mapping) {
        mp_record record = make_record(r, mp_str_of(p, (size_t)(end - p)), false);
        return mp_batch_add(r->batch, &record, err);
    }
    mp_str text = trim_line(p, end);
    if (text.len && is_plain(text.ptr) && text.ptr[text.len - 1] == '}' && !r->inv->mapping) {
        mp_record record = make_record(r, text, false);
        return mp_batch_add(r->batch, &record, err);
    }
    return take_odd_line(r, text, line_end, is_line, err);
}

static mp_code step_lines(reading *r, mp_error *err)
{
    mp_inventory *inv = r->inv;
    /* The last line is whole when nothing comes behind it, or a line end does. */
    const char *last = unread(r) ? memrchr(here(r), '\n', unread(r)) : NULL;
    const char *limit = last ? last + 1 : here(r);
    if (inv->at_end && !inv->has_failed)
        limit = window_end(r);
    while (here(r) < limit) {
        const char *line_end = memchr(here(r), '\n', (size_t)(limit - here(r)));
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

static mp_code step_skip_line(reading *r)
{
    const char *line_end = unread(r) ? memchr(here(r), '\n', unread(r)) : NULL;
    advance(r, line_end ? line_end + 1 : window_end(r));
    if (line_end)
        r->inv->state = MP_STREAM_LINES;
    else if (r->inv->at_end)
        r->inv->state = MP_STREAM_END;
    else
        r->wants_more = true;
    return MP_OK;
}

/* ---- values ---- */

static void after_value(reading *r, bool one_line)
{
    r->inv->state = one_line ? MP_STREAM_AFTER : MP_STREAM_VALUE;
}

/* Behind a value that took no more than its line: when the line ends here, lines follow. */
static mp_code step_after(reading *r)
{
    const char *p = here(r), *end = window_end(r);
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
        p++;
    advance(r, p);
    if (p == end && !r->inv->at_end) {
        r->wants_more = true;
    } else if (p < end && *p == '\n') {
        advance(r, p + 1);
        r->inv->state = MP_STREAM_LINES;
    } else {
        r->inv->state = MP_STREAM_VALUE;
    }
    return MP_OK;
}

/* An object does not close on its first line, or breaks on it: NEXT_OBJECT when that is a damaged line among
 * others (see take_unclosed()), NEXT_UNSEEN when more bytes must tell. */
static next_line look_behind_first_line(const reading *r, bool broken)
{
    const char *line_end = memchr(here(r), '\n', unread(r));
    mp_str      line = trim_line(here(r), line_end ? line_end : window_end(r));
    char        last = line.len ? line.ptr[line.len - 1] : '{';
    if (!line_end && !broken)
        return NEXT_OTHER;
    if (!line_end)
        return r->inv->at_end ? NEXT_NONE : NEXT_UNSEEN;
    if (!broken && (last == '}' || may_go_on(last)))
        return NEXT_OTHER;
    return look_at_next_line(r, line_end);
}

/* The object that starts here is not whole: a damaged line among others, or one that goes on, or the
 * structure breaks at `at`. */
static mp_code take_part(reading *r, mp_cut cut, const char *at, mp_error *err)
{
    bool      on_first_line = !memchr(here(r), '\n', (size_t)(at - here(r)));
    next_line next = look_behind_first_line(r, cut == MP_CUT_BROKEN && on_first_line);
    if (next == NEXT_OBJECT) {
        r->inv->state = MP_STREAM_LINES;
        return MP_OK;
    }
    if (cut == MP_CUT_MORE || next == NEXT_UNSEEN)
        return ask_for_more(r, IN_OBJECT, r->inv->line, err);
    return break_off(r, at, IN_OBJECT, r->inv->line, err);
}

static mp_code step_object(reading *r, mp_error *err)
{
    mp_inventory *inv = r->inv;
    const char   *start = here(r);
    mp_cursor     at = { start, window_end(r) };
    bool          is_list;
    mp_shape      shape;

    mp_cut cut = mp_shape_of_stream(&shape, &at, &is_list);
    if (cut != MP_CUT_DONE)
        return take_part(r, cut, at.p, err);
    inv->list_line = inv->line;
    if (is_list) {
        inv->state = MP_STREAM_ELEMENT;
        inv->first = inv->is_object = true;
        inv->is_skipped = false;
        inv->has_more = mp_shape_more(&shape).ptr != NULL;
        advance(r, at.p);
        return MP_OK;
    }
    /* Damage may happen to be closed by what follows. */
    bool one_line = !memchr(start, '\n', (size_t)(at.p - start));
    if (!one_line && look_behind_first_line(r, false) == NEXT_OBJECT) {
        inv->state = MP_STREAM_LINES;
        return MP_OK;
    }
    MP_TRY(take_value(r, mp_str_of(start, (size_t)(at.p - start)), &shape, false, err));
    advance(r, at.p);
    after_value(r, one_line);
    return MP_OK;
}

static mp_code step_other(reading *r, mp_error *err)
{
    const char *line_end = memchr(here(r), '\n', unread(r));
    next_line   next = look_at_next_line(r, line_end);
    if (next == NEXT_UNSEEN && unread(r) < LINE_SEARCH) {
        r->wants_more = true;
        return MP_OK;
    }
    if (next == NEXT_OBJECT) {
        r->inv->state = MP_STREAM_LINES; /* one damaged line among others */
        return MP_OK;
    }
    char     found[12] = "";
    unsigned char c = (unsigned char)*here(r);
    mp_error failure;
    for (size_t i = 0; i < sizeof found - 1 && i < unread(r) && here(r)[i] >= ' ' && here(r)[i] < 127; i++)
        found[i] = here(r)[i];
    if (found[0])
        mp_fail(&failure, MP_FORMAT, place(r->inv),
                "found \"%s...\"; wanted JSON, which begins with { or [", found);
    else
        mp_fail(&failure, MP_FORMAT, place(r->inv),
                "found the byte 0x%02X; wanted JSON in UTF-8, which begins with { or [", c);
    r->inv->state = MP_STREAM_END;
    return fail_here(r, MP_FORMAT_UNKNOWN, &failure, err);
}

static mp_code step_value(reading *r, mp_error *err)
{
    mp_cursor at = { here(r), window_end(r) };
    mp_cut_space(&at);
    advance(r, at.p);
    if (at.p == at.end) {
        if (r->inv->at_end)
            r->inv->state = MP_STREAM_END;
        else
            r->wants_more = true;
        return MP_OK;
    }
    if (*at.p == '{')
        return step_object(r, err);
    if (*at.p != '[')
        return step_other(r, err);
    r->inv->list_line = r->inv->line;
    r->inv->first = true;
    r->inv->is_object = r->inv->is_skipped = r->inv->has_more = false;
    r->inv->state = MP_STREAM_ELEMENT;
    advance(r, at.p + 1);
    return MP_OK;
}

/* ---- lists ---- */

static mp_code end_list(reading *r, mp_error *err)
{
    mp_error failure;
    after_value(r, r->inv->is_object && r->inv->line == r->inv->list_line);
    if (!r->inv->has_more || r->inv->is_skipped)
        return MP_OK;
    mp_fail(&failure, MP_LIMIT, place(r->inv),
            "the answer is one page of several: more resources exist");
    return fail_here(r, MP_FORMAT_ARM_LIST, &failure, err);
}

static mp_code take_element(reading *r, mp_str element, mp_error *err)
{
    mp_inventory *inv = r->inv;
    mp_shape      shape;
    mp_format     format;
    mp_error      why;
    if (inv->first) {
        inv->first = false;
        if (mp_shape_of_text(&shape, element) == MP_CUT_DONE &&
            refuse_list(&format, &shape, inv->mapping, &why)) {
            inv->is_skipped = true;
            return mp_stream_fail(inv, r->batch, element, format, &why, err);
        }
    }
    return inv->is_skipped ? MP_OK : take_text(r, element, true, err);
}

static mp_code step_element(reading *r, mp_error *err)
{
    mp_inventory *inv = r->inv;
    while (!inv->held) {
        mp_cursor at = { here(r), window_end(r) };
        mp_str    element;
        mp_cut    cut = mp_cut_element(&element, &at, inv->first);
        if (cut == MP_CUT_MORE)
            return ask_for_more(r, IN_LIST, inv->list_line, err);
        if (cut == MP_CUT_BROKEN)
            return break_off(r, at.p, IN_LIST, inv->list_line, err);
        if (!element.ptr) {
            advance(r, at.p);
            inv->state = MP_STREAM_TAIL;
            return inv->is_object ? MP_OK : end_list(r, err);
        }
        advance(r, element.ptr);
        MP_TRY(take_element(r, element, err));
        advance(r, at.p);
    }
    return MP_OK;
}

static mp_code step_tail(reading *r, mp_error *err)
{
    for (;;) {
        mp_cursor at = { here(r), window_end(r) };
        mp_str    key, value = { NULL, 0 };
        mp_cut    cut = mp_cut_key(&key, &at, false);
        if (cut == MP_CUT_DONE && key.ptr)
            cut = mp_cut_value(&value, &at);
        if (cut == MP_CUT_MORE)
            return ask_for_more(r, IN_OBJECT, r->inv->list_line, err);
        if (cut == MP_CUT_BROKEN)
            return break_off(r, at.p, IN_OBJECT, r->inv->list_line, err);
        advance(r, at.p);
        if (!key.ptr)
            return end_list(r, err);
        if (mp_member_says_more(key, value))
            r->inv->has_more = true;
    }
}

/* ---- containers that are held ---- */

/* Line and column of `p`, which lies behind the last place that was asked for. */
static void place_in_container(mp_container *c, const char *p)
{
    mp_str      passed = mp_str_of(c->placed, (size_t)(p - c->placed));
    const char *last = passed.len ? memrchr(passed.ptr, '\n', passed.len) : NULL;
    c->line += mp_cut_lines(passed);
    c->column = last ? (uint32_t)(p - last) : c->column + (uint32_t)passed.len;
    c->placed = p;
}

/* The next record of the container; text->ptr is NULL after the last one. */
static mp_cut cut_held(mp_str *text, const mp_template_item **item, mp_container *c)
{
    *text = mp_str_of(NULL, 0);
    *item = NULL;
    if (c->next_item < c->item_count) {
        *item = &c->items[c->next_item++];
        *text = (*item)->text;
        return MP_CUT_DONE;
    }
    if (c->item_count || !c->at.p)
        return MP_CUT_DONE;
    mp_cut cut = mp_cut_element(text, &c->at, c->first);
    c->first = false;
    return cut;
}

static mp_code end_held(reading *r, mp_cut cut, mp_error *err)
{
    mp_container *c = r->inv->held;
    mp_error      failure;
    failure.code = MP_OK;
    r->inv->held = NULL;
    if (cut != MP_CUT_DONE) {
        place_in_container(c, c->at.p);
        mp_fail(&failure, MP_SYNTAX, ((mp_pos){ (uint32_t)c->line, c->column }),
                "the JSON breaks here, inside a list (%s); what stood before is read",
                mp_format_name(c->format));
    } else if (c->more.ptr) {
        mp_fail(&failure, MP_LIMIT, ((mp_pos){ (uint32_t)c->line, c->column }),
                "the answer is one page of several: more resources exist");
    }
    mp_format format = c->format;
    mp_container_unref(c);
    return failure.code == MP_OK ? MP_OK : fail_here(r, format, &failure, err);
}

static mp_code step_held(reading *r, mp_error *err)
{
    mp_inventory *inv = r->inv;
    mp_container *c = inv->held;
    while (!mp_stream_is_full(inv, r->batch)) {
        mp_str                  text;
        const mp_template_item *item;
        mp_cut                  cut = cut_held(&text, &item, c);
        if (cut != MP_CUT_DONE || !text.ptr)
            return end_held(r, cut, err);
        place_in_container(c, text.ptr);
        mp_record record = { .file = inv->file,
                             .text = text.ptr,
                             .len = text.len,
                             .index = ++inv->index,
                             .line = c->line,
                             .column = c->column,
                             .container = c,
                             .item = item,
                             .in_list = true };
        MP_TRY(mp_batch_hold(r->batch, c, err));
        MP_TRY(mp_batch_add(r->batch, &record, err));
        r->batch->held_bytes += text.len;
    }
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

static mp_code step_start(reading *r, mp_error *err)
{
    const unsigned char *p = (const unsigned char *)here(r);
    if (unread(r) < 3 && !r->inv->at_end) {
        r->wants_more = true;
        return MP_OK;
    }
    r->inv->state = MP_STREAM_VALUE;
    if (unread(r) >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
        r->batch->pos += 3;
    } else if (is_utf16(p, unread(r))) {
        mp_error failure;
        mp_fail(&failure, MP_FORMAT, place(r->inv),
                "the file is UTF-16; wanted UTF-8 (in PowerShell: Out-File -Encoding utf8)");
        r->inv->state = MP_STREAM_END;
        return fail_here(r, MP_FORMAT_UNKNOWN, &failure, err);
    }
    return MP_OK;
}

bool mp_stream_is_full(const mp_inventory *inv, const mp_inventory_batch *batch)
{
    return batch->count > 0 && (batch->pos >= inv->batch_bytes - inv->batch_bytes / 4 ||
                                batch->held_bytes >= inv->batch_bytes);
}

/* Read on, up to the size of a batch, or to twice the record that is larger than one. */
static mp_code fill(reading *r, mp_error *err)
{
    mp_inventory       *inv = r->inv;
    mp_inventory_batch *batch = r->batch;
    size_t want = inv->batch_bytes > batch->len ? inv->batch_bytes - batch->len : unread(r);
    if (want < inv->batch_bytes / 4 + 1)
        want = inv->batch_bytes / 4 + 1;
    MP_TRY(mp_batch_reserve(batch, want, err));
    while (want > 0) {
        size_t  got = 0;
        mp_code code = MP_OK;
        if (inv->memory.ptr) {
            got = inv->memory.len - inv->memory_pos < want ? inv->memory.len - inv->memory_pos : want;
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

static mp_code too_long(reading *r, mp_error *err)
{
    mp_error failure;
    bool     is_line = r->inv->state == MP_STREAM_LINES;
    if (is_line)
        mp_fail(&failure, MP_LIMIT, place(r->inv),
                "this line is over %zu bytes, the most that is held at once", r->inv->hold_limit);
    else
        mp_fail(&failure, MP_LIMIT, place(r->inv),
                "this value is over %zu bytes, the most that is held at once", r->inv->hold_limit);
    r->inv->state = is_line ? MP_STREAM_SKIP_LINE : MP_STREAM_END;
    return fail_here(r, MP_FORMAT_UNKNOWN, &failure, err);
}

static mp_code step(reading *r, mp_error *err)
{
    switch (r->inv->state) {
    case MP_STREAM_START:
        return step_start(r, err);
    case MP_STREAM_VALUE:
        return step_value(r, err);
    case MP_STREAM_AFTER:
        return step_after(r);
    case MP_STREAM_LINES:
        return step_lines(r, err);
    case MP_STREAM_SKIP_LINE:
        return step_skip_line(r);
    case MP_STREAM_ELEMENT:
        return step_element(r, err);
    case MP_STREAM_TAIL:
        return step_tail(r, err);
    default:
        return MP_OK;
    }
}

mp_code mp_stream_run(mp_inventory *inv, mp_inventory_batch *batch, bool *done, mp_error *err)
{
    reading r = { inv, batch, false };
    *done = false;
    for (;;) {
        if (inv->held) {
            MP_TRY(step_held(&r, err));
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
        if (unread(&r) > inv->hold_limit)
            MP_TRY(too_long(&r, err));
        else if (batch->count > 0 && batch->len >= inv->batch_bytes)
            return MP_OK; /* the next batch begins with what is unread */
        else
            MP_TRY(fill(&r, err));
    }
    *done = true;
    if (!inv->has_failed)
        return MP_OK;
    inv->has_failed = false;
    inv->failure.pos = place(inv);
    return fail_here(&r, MP_FORMAT_UNKNOWN, &inv->failure, err);
}
