/* SPDX-License-Identifier: Apache-2.0 */
/* Values become records; a container becomes many. An Azure list is entered while it is read; what
 * cannot stream is held whole and handed out from there. */
#include "stream.h"

/* ---- a whole value ---- */

static mp_code hold(mp_reading *r, mp_str text, mp_format format, mp_error *err)
{
    mp_error     why;
    mp_container *held = NULL;
    if (format == MP_FORMAT_ARM_TEMPLATE && text.len > r->inv->document_limit) { /* it is read whole */
        mp_fail(&why, MP_LIMIT, MP_NOWHERE, "a document of %zu bytes; the most that is read is %zu", text.len,
                r->inv->document_limit);
        return mp_stream_fail(r->inv, r->batch, text, format, &why, err);
    }
    mp_code code = mp_container_new(&held, text, format, r->inv->mapping, &why);
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
    r->inv->list_count++;
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
mp_code mp_take_value(mp_reading *r, mp_str text, const mp_shape *shape, bool in_list,
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
    mp_raw_record record = mp_window_record(r, text, in_list);
    return mp_batch_add(r->batch, &record, err);
}

static mp_code take_text(mp_reading *r, mp_str text, bool in_list, mp_error *err)
{
    if (!mp_is_plain(text.ptr) || r->inv->mapping) {
        mp_shape shape;
        if (mp_shape_of_text(&shape, text) == MP_CUT_DONE)
            return mp_take_value(r, text, &shape, in_list, err);
    }
    /* What is no JSON is a record too: reading it says what is wrong, and where. */
    mp_raw_record record = mp_window_record(r, text, in_list);
    return mp_batch_add(r->batch, &record, err);
}

/* ---- lists that stream ---- */

void mp_begin_list(mp_reading *r, bool is_object, mp_format format)
{
    r->inv->state = MP_STREAM_ELEMENT;
    r->inv->first = true;
    r->inv->is_object = is_object;
    r->inv->list_format = format;
    r->inv->is_skipped = r->inv->is_past_comma = false;
    r->inv->list_count++;
}

static mp_code end_list(mp_reading *r, mp_error *err)
{
    mp_error failure;
    mp_after_value(r, r->inv->is_object && r->inv->line == r->inv->list_line);
    if (!r->inv->has_more || r->inv->is_skipped)
        return MP_OK;
    mp_fail(&failure, MP_LIMIT, mp_window_place(r->inv),
            "the answer is one page of several: more resources exist");
    return mp_window_fail(r, r->inv->list_format, &failure, err);
}

static mp_code take_element(mp_reading *r, mp_str element, mp_error *err)
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

/* Nothing before the element that is not whole is kept: it may be blanks without end. */
static void pass_to_element(mp_reading *r)
{
    mp_window_pass_blanks(r);
    if (mp_window_unread(r) && *mp_window_here(r) == ',' && !r->inv->first && !r->inv->is_past_comma) {
        r->inv->is_past_comma = true;
        mp_window_advance(r, mp_window_here(r) + 1);
        mp_window_pass_blanks(r);
    }
}

static mp_cut cut_element(mp_str *element, mp_cursor *at, const mp_inventory *inv)
{
    if (!inv->is_past_comma)
        return mp_cut_element(element, at, inv->first);
    mp_cut_space(at);
    return mp_cut_value(element, at);
}

mp_code mp_step_element(mp_reading *r, mp_error *err)
{
    mp_inventory *inv = r->inv;
    while (!inv->held) {
        if (*mp_window_here(r) == ' ') /* there may be many; behind the bytes stands a zero */
            mp_window_pass_blanks(r);
        mp_cursor at = { mp_window_here(r), mp_window_end(r) };
        mp_str    element;
        mp_cut    cut = cut_element(&element, &at, inv);
        if (cut == MP_CUT_MORE) {
            pass_to_element(r);
            return mp_window_ask(r, MP_IN_LIST, inv->list_line, err);
        }
        if (cut == MP_CUT_BROKEN)
            return mp_window_break_off(r, at.p, MP_IN_LIST, inv->list_line, err);
        if (!element.ptr) {
            mp_window_advance(r, at.p);
            inv->state = MP_STREAM_TAIL;
            return inv->is_object ? MP_OK : end_list(r, err);
        }
        inv->is_past_comma = false;
        mp_window_advance(r, element.ptr);
        MP_TRY(take_element(r, element, err));
        mp_window_advance(r, at.p);
    }
    return MP_OK;
}

mp_code mp_step_tail(mp_reading *r, mp_error *err)
{
    for (;;) {
        mp_window_pass_blanks(r);
        mp_cursor at = { mp_window_here(r), mp_window_end(r) };
        mp_str    key, value = { NULL, 0 };
        mp_cut    cut = mp_cut_key(&key, &at, false);
        if (cut == MP_CUT_DONE && key.ptr)
            cut = mp_cut_value(&value, &at);
        if (cut == MP_CUT_MORE)
            return mp_window_ask(r, MP_IN_OBJECT, r->inv->list_line, err);
        if (cut == MP_CUT_BROKEN)
            return mp_window_break_off(r, at.p, MP_IN_OBJECT, r->inv->list_line, err);
        mp_window_advance(r, at.p);
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
static mp_cut cut_held(mp_str *text, const mp_held_item **item, mp_container *c)
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

static mp_code end_held(mp_reading *r, mp_cut cut, mp_error *err)
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
    } else if (c->is_errored) {
        mp_fail(&failure, MP_LIMIT, ((mp_pos){ (uint32_t)c->line, c->column }),
                "the plan has errors (\"errored\": true): it does not hold all that would be changed");
    }
    mp_format format = c->format;
    mp_container_unref(c);
    return failure.code == MP_OK ? MP_OK : mp_window_fail(r, format, &failure, err);
}

mp_code mp_step_held(mp_reading *r, mp_error *err)
{
    mp_inventory *inv = r->inv;
    mp_container *c = inv->held;
    while (!mp_stream_is_full(inv, r->batch)) {
        mp_str                  text;
        const mp_held_item *item;
        mp_cut                  cut = cut_held(&text, &item, c);
        if (cut != MP_CUT_DONE || !text.ptr)
            return end_held(r, cut, err);
        place_in_container(c, text.ptr);
        mp_raw_record record = { .file = inv->file,
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
