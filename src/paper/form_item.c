/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in a paragraph, a cell, a fact or a bar. */
#include "form_runner.h"

mp_code mp_form_text_of(mp_str *out, mp_form_runner *r, const mp_form_text *text)
{
    *out = mp_str_of("", 0);
    return text ? mp_form_say(out, text, &r->env, r->err) : MP_OK;
}

mp_code mp_form_look_of(mp_cell_look *out, mp_form_runner *r, const mp_form_look *look)
{
    static const mp_str names[MP_LOOK_COUNT] = {
        MP_S_INIT("plain"), MP_S_INIT("head"), MP_S_INIT("title"),  MP_S_INIT("label"), MP_S_INIT("note"),
        MP_S_INIT("total"), MP_S_INIT("good"), MP_S_INIT("partly"), MP_S_INIT("bad"),   MP_S_INIT("unknown"),
    };
    mp_form_value v;
    mp_buf key = MP_BUF_INIT;
    *out = look->fixed;
    if (!look->of)
        return MP_OK;
    MP_TRY(mp_form_eval(&v, look->of, &r->env, r->err));
    mp_code code = MP_OK;
    if (v.kind == MP_FORM_TRUTH)
        mp_buf_add(&key, v.truth ? MP_S("true") : MP_S("false"));
    else
        code = mp_form_show(&key, &v, &r->env, mp_form_expr_pos(look->of), r->err);
    const mp_json *name = code == MP_OK ? mp_json_get(look->looks, mp_buf_str(&key)) : NULL;
    mp_buf_free(&key);
    for (int i = 0; name && i < MP_LOOK_COUNT; i++)
        if (mp_str_eq(mp_json_str(name), names[i]))
            *out = (mp_cell_look)i;
    return code;
}

static mp_code add_line(mp_form_runner *r, const void *item, void *lines_)
{
    mp_buf *lines = lines_;
    mp_str line;
    if (lines->len > MP_FORM_TEXT_MOST)
        return MP_OK;
    MP_TRY(mp_form_text_of(&line, r, ((const mp_form_item *)item)->text));
    if (lines->len && line.len)
        mp_buf_add_c(lines, '\n');
    mp_buf_add(lines, line);
    return MP_OK;
}

/* The texts of the rounds, one below the other. */
static mp_code fill_lines(mp_book_cell *out, mp_form_runner *r, const mp_form_item *item)
{
    mp_buf lines = MP_BUF_INIT;
    mp_code code = mp_form_go_round(r, &item->each, add_line, item, &lines);
    if (code == MP_OK)
        code = mp_buf_check(&lines, r->err);
    *out = mp_cell_text(code == MP_OK ? mp_arena_dup(r->env.arena, mp_buf_str(&lines)) : mp_str_of("", 0));
    mp_buf_free(&lines);
    return code == MP_OK && !out->text.ptr ? mp_no_memory(r->err) : code;
}

mp_code mp_form_cell(mp_book_cell *out, mp_form_runner *r, const mp_form_item *item)
{
    if (item->each.over && !item->cells)
        MP_TRY(fill_lines(out, r, item));
    else
        MP_TRY(mp_form_fill(out, item->text, &r->env, r->err));
    return mp_form_look_of(&out->look, r, &item->look);
}

typedef struct id_list {
    const mp_json **ids;
    size_t count;
} id_list;

static mp_code add_id(mp_form_runner *r, const void *item_, void *list_)
{
    const mp_form_item *item = item_;
    id_list *list = list_;
    mp_form_value id;
    MP_TRY(mp_form_eval(&id, item->records, &r->env, r->err));
    if (id.kind == MP_FORM_STRING && id.json)
        list->ids[list->count++] = id.json;
    else if (id.kind != MP_FORM_NOTHING)
        return mp_fail(r->err, MP_EVALUATION, mp_form_expr_pos(item->records),
                       "the form '%.*s': the \"id\" of a record is a text", MP_FMT(r->form->name));
    return MP_OK;
}

/* The ids of the rounds that count, at most one from each. */
static mp_code gather_behind(mp_form_value *out, mp_form_runner *r, const mp_form_item *item)
{
    mp_form_value over;
    MP_TRY(mp_form_eval(&over, item->behind.over, &r->env, r->err));
    id_list list = { .ids = MP_ARENA_ARRAY(r->env.arena, const mp_json *, over.count + 1) };
    if (!list.ids)
        return mp_no_memory(r->err);
    MP_TRY(mp_form_go_through(r, &over, &item->behind, add_id, item, &list));
    *out = (mp_form_value){ .kind = MP_FORM_LIST, .items = list.ids, .count = list.count };
    return MP_OK;
}

/* Keep what is behind a figure for the appendix; *note is its number. */
static mp_code note_records(unsigned *note, mp_form_runner *r, const mp_form_item *item, mp_str label, mp_str value)
{
    mp_form_value v;
    *note = 0;
    if (!item->records)
        return MP_OK;
    if (item->behind.over)
        MP_TRY(gather_behind(&v, r, item));
    else
        MP_TRY(mp_form_eval(&v, item->records, &r->env, r->err));
    if (v.kind == MP_FORM_NOTHING || (v.kind == MP_FORM_LIST && v.count == 0))
        return MP_OK;
    mp_form_figure *s = MP_ARENA_NEW(&r->keep, mp_form_figure);
    if (!s)
        return mp_no_memory(r->err);
    s->label = mp_arena_dup(&r->keep, label);
    s->value = mp_arena_dup(&r->keep, value);
    if (v.kind == MP_FORM_LIST) {
        size_t count = v.count > MP_FORM_MOST_IDS ? MP_FORM_MOST_IDS : v.count;
        const mp_json **ids = mp_arena_zero(&r->keep, count, sizeof *ids);
        if (!ids)
            return mp_no_memory(r->err);
        memcpy(ids, v.items, count * sizeof *ids);
        s->ids = ids;
        s->count = v.count;
    } else {
        mp_buf said = MP_BUF_INIT;
        mp_code code = mp_form_show(&said, &v, &r->env, mp_form_expr_pos(item->records), r->err);
        s->said = mp_arena_dup(&r->keep, mp_buf_str(&said));
        mp_buf_free(&said);
        MP_TRY(code);
    }
    *r->sources_end = s;
    r->sources_end = &s->next;
    *note = ++r->source_count;
    return MP_OK;
}

/* An item's share, of bars; below 0 where nothing is to be shared. */
static mp_code share_of(double *out, mp_form_runner *r, const mp_form_item *item)
{
    mp_form_value value, of;
    *out = -1;
    if (!item->value || !item->of)
        return MP_OK;
    MP_TRY(mp_form_eval(&value, item->value, &r->env, r->err));
    MP_TRY(mp_form_eval(&of, item->of, &r->env, r->err));
    if (value.kind != MP_FORM_NUMBER || of.kind != MP_FORM_NUMBER)
        return mp_fail(r->err, MP_EVALUATION, mp_form_expr_pos(item->value),
                       "the form '%.*s': a bar is a number of a number", MP_FMT(r->form->name));
    if (of.number > 0)
        *out = value.number < 0 ? 0 : value.number > of.number ? 1 : value.number / of.number;
    return MP_OK;
}

mp_code mp_form_make_item(mp_paper_item *out, mp_form_runner *r, const mp_form_item *item)
{
    *out = (mp_paper_item){ .share = -1 };
    MP_TRY(mp_form_text_of(&out->label, r, item->label));
    MP_TRY(mp_form_cell(&out->value, r, item));
    MP_TRY(share_of(&out->share, r, item));
    return note_records(&out->note, r, item, out->label, out->value.text);
}

mp_code mp_form_make_items(mp_paper_item **out, mp_form_runner *r, const mp_block *b)
{
    mp_paper_item *items = MP_ARENA_ARRAY(r->env.arena, mp_paper_item, b->item_count + 1);
    if (!items)
        return mp_no_memory(r->err);
    for (size_t i = 0; i < b->item_count; i++)
        MP_TRY(mp_form_make_item(&items[i], r, &b->items[i]));
    *out = items;
    return MP_OK;
}

/* The same for facts, without those that say nothing. */
mp_code mp_form_make_facts(mp_paper_item **out, size_t *count, mp_form_runner *r, const mp_block *b)
{
    size_t kept = 0;
    MP_TRY(mp_form_make_items(out, r, b));
    for (size_t i = 0; i < b->item_count; i++)
        if (mp_str_trim((*out)[i].value.text).len)
            (*out)[kept++] = (*out)[i];
    *count = kept;
    return MP_OK;
}
