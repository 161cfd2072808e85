/* SPDX-License-Identifier: Apache-2.0 */
/* Compiling a form. Every member is known or refused, so that a slip of the pen is found when the form is
 * read and not when its part of the document first turns up. */
#include "form.h"

#include <assert.h>
#include <stdlib.h>

#include "text.h"

#define MOST_BYTES ((size_t)1 << 20) /* of a form */
#define MOST_ITEMS 256

typedef struct reader {
    mp_form *form;
    const mp_json *root;
    unsigned depth, loops;
    bool in_columns;
    mp_error *err;
} reader;

/* Looking up line and column takes a walk through the text: mp_form_locate() does it for the one that is
 * told. */
static mp_pos place_of(const reader *r, const mp_json *v)
{
    return (mp_pos){ 0, (uint32_t)(v - r->root) + 1 };
}

static mp_form_place text_place(const reader *r, const mp_json *v)
{
    return (mp_form_place){
        .arena = &r->form->arena, .form = r->form->name, .pos = place_of(r, v), .words = r->form->words,
        .names_records = &r->form->names_records
    };
}

static mp_code no_memory(reader *r)
{
    return mp_no_memory(r->err);
}

static mp_code wanted(reader *r, const mp_json *v, const char *what)
{
    return mp_fail(r->err, MP_COMPILE, place_of(r, v), "the form '%.*s': found a %s, wanted %s",
                   MP_FMT(r->form->name), mp_json_kind_name((mp_json_kind)v->kind), what);
}

/* ---- members ---- */

/* `names` ends with an empty slice. */
static mp_code check_members(reader *r, const mp_json *v, const mp_str *names)
{
    size_t count = 0;
    while (names[count].len)
        count++;
    for (MP_JSON_MEMBERS(key, v)) {
        mp_str name = mp_json_str(key);
        size_t i = 0;
        while (i < count && !mp_str_eq(names[i], name))
            i++;
        if (i < count)
            continue;
        mp_str near = mp_text_nearest(name, names, count);
        if (near.len)
            return mp_fail(r->err, MP_COMPILE, place_of(r, key),
                           "the form '%.*s': a '%.*s' has no place here; did you mean '%.*s'?",
                           MP_FMT(r->form->name), MP_FMT(name), MP_FMT(near));
        return mp_fail(r->err, MP_COMPILE, place_of(r, key), "the form '%.*s': a '%.*s' has no place here",
                       MP_FMT(r->form->name), MP_FMT(name));
    }
    return MP_OK;
}

static mp_code read_text(const mp_form_text **out, reader *r, const mp_json *v)
{
    *out = NULL;
    if (!v)
        return MP_OK;
    mp_form_place place = text_place(r, v);
    return mp_form_text_read(out, &place, v, r->err);
}

static mp_code read_expr(const mp_form_expr **out, reader *r, const mp_json *v)
{
    *out = NULL;
    if (!v)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_STRING))
        return wanted(r, v, "an expression");
    mp_form_place place = text_place(r, v);
    return mp_form_expr_read(out, &place, mp_json_str(v), r->err);
}

static mp_code read_flag(bool *out, reader *r, const mp_json *v, bool otherwise)
{
    *out = otherwise;
    if (!v)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_BOOL))
        return wanted(r, v, "true or false");
    *out = v->u.integer != 0;
    return MP_OK;
}

static mp_code read_size(double *out, reader *r, const mp_json *v, double otherwise, double least,
                         double most)
{
    *out = otherwise;
    if (!v)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_INT) && !mp_json_is(v, MP_JSON_REAL))
        return wanted(r, v, "a number");
    *out = mp_json_double(v);
    if (!(*out >= least && *out <= most))
        return mp_fail(r->err, MP_COMPILE, place_of(r, v),
                       "the form '%.*s': wanted is a number from %g to %g", MP_FMT(r->form->name), least,
                       most);
    return MP_OK;
}

/* One of `names`, which ends with an empty slice. */
static mp_code read_choice(size_t *out, reader *r, const mp_json *v, const mp_str *names, size_t otherwise)
{
    size_t count = 0;
    *out = otherwise;
    if (!v)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_STRING))
        return wanted(r, v, "a word");
    for (; names[count].len; count++)
        if (mp_str_eq(names[count], mp_json_str(v))) {
            *out = count;
            return MP_OK;
        }
    mp_str near = mp_text_nearest(mp_json_str(v), names, count);
    if (near.len)
        return mp_fail(r->err, MP_COMPILE, place_of(r, v),
                       "the form '%.*s': '%.*s' is not known here; did you mean '%.*s'?",
                       MP_FMT(r->form->name), MP_FMT(mp_json_str(v)), MP_FMT(near));
    return mp_fail(r->err, MP_COMPILE, place_of(r, v), "the form '%.*s': '%.*s' is not known here",
                   MP_FMT(r->form->name), MP_FMT(mp_json_str(v)));
}

static const mp_str look_names[] = {
    MP_S_INIT("plain"), MP_S_INIT("head"),    MP_S_INIT("title"), MP_S_INIT("label"),
    MP_S_INIT("note"),  MP_S_INIT("total"),   MP_S_INIT("good"),  MP_S_INIT("partly"),
    MP_S_INIT("bad"),   MP_S_INIT("unknown"), MP_S_INIT(""),
};
static_assert(MP_COUNT(look_names) == MP_LOOK_COUNT + 1, "every look has a name");

/* "good", or {"of": expr, "in": name of a table of looks}. */
static mp_code read_look(mp_form_look *out, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("of"), MP_S_INIT("in"), MP_S_INIT("") };
    size_t fixed;
    *out = (mp_form_look){ .fixed = MP_LOOK_PLAIN };
    if (!mp_json_is(v, MP_JSON_OBJECT)) {
        MP_TRY(read_choice(&fixed, r, v, look_names, MP_LOOK_PLAIN));
        out->fixed = (mp_cell_look)fixed;
        return MP_OK;
    }
    MP_TRY(check_members(r, v, members));
    const mp_json *in = mp_json_get(v, MP_S("in"));
    if (!mp_json_is(in, MP_JSON_STRING))
        return wanted(r, v, "\"of\" and \"in\"");
    MP_TRY(read_expr(&out->of, r, mp_json_get(v, MP_S("of"))));
    out->looks = mp_json_get(r->form->words.looks, mp_json_str(in));
    if (!out->looks || !out->of)
        return mp_fail(r->err, MP_COMPILE, place_of(r, in), "the form '%.*s' has no looks '%.*s'",
                       MP_FMT(r->form->name), MP_FMT(mp_json_str(in)));
    return MP_OK;
}

/* ---- blocks ---- */

static mp_code read_blocks(mp_blocks *out, reader *r, const mp_json *v);

static mp_code read_loop(mp_form_loop *out, reader *r, const mp_json *v)
{
    const mp_json *as = mp_json_get(v, MP_S("as"));
    MP_TRY(read_expr(&out->over, r, mp_json_get(v, MP_S("each"))));
    MP_TRY(read_expr(&out->where, r, mp_json_get(v, MP_S("where"))));
    if (!out->over)
        return MP_OK;
    if (!mp_json_is(as, MP_JSON_STRING) || as->count == 0)
        return wanted(r, as ? as : v, "\"as\", the name of what \"each\" goes through");
    out->as = mp_json_str(as);
    return MP_OK;
}

/* What is behind a figure: a path to ids, or an object with a loop and the id in each round. */
static mp_code read_behind(mp_form_item *out, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("each"), MP_S_INIT("as"), MP_S_INIT("where"), MP_S_INIT("id"),
                                      MP_S_INIT("") };
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return read_expr(&out->records, r, v);
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_loop(&out->behind, r, v));
    MP_TRY(read_expr(&out->records, r, mp_json_get(v, MP_S("id"))));
    return out->behind.over && out->records ? MP_OK : wanted(r, v, "\"each\", \"as\" and \"id\"");
}

static mp_code read_item(mp_form_item *out, reader *r, const mp_json *v)
{
    static const mp_str members[] = {
        MP_S_INIT("label"), MP_S_INIT("head"),  MP_S_INIT("text"),  MP_S_INIT("records"), MP_S_INIT("value"),
        MP_S_INIT("of"),    MP_S_INIT("width"), MP_S_INIT("align"), MP_S_INIT("look"),    MP_S_INIT("each"),
        MP_S_INIT("as"),    MP_S_INIT("where"), MP_S_INIT("cells"), MP_S_INIT(""),
    };
    static const mp_str aligns[] = { MP_S_INIT("left"), MP_S_INIT("center"), MP_S_INIT("right"),
                                     MP_S_INIT("") };
    size_t align;
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return wanted(r, v, "an object");
    MP_TRY(check_members(r, v, members));
    const mp_json *label = mp_json_get(v, MP_S("label"));
    MP_TRY(read_text(&out->label, r, label ? label : mp_json_get(v, MP_S("head"))));
    MP_TRY(read_text(&out->text, r, mp_json_get(v, MP_S("text"))));
    MP_TRY(read_behind(out, r, mp_json_get(v, MP_S("records"))));
    MP_TRY(read_expr(&out->value, r, mp_json_get(v, MP_S("value"))));
    MP_TRY(read_expr(&out->of, r, mp_json_get(v, MP_S("of"))));
    MP_TRY(read_look(&out->look, r, mp_json_get(v, MP_S("look"))));
    MP_TRY(read_size(&out->width, r, mp_json_get(v, MP_S("width")), 14, 1, 200));
    MP_TRY(read_choice(&align, r, mp_json_get(v, MP_S("align")), aligns, MP_ALIGN_LEFT));
    out->align = (mp_cell_align)align;
    MP_TRY(read_loop(&out->each, r, v));
    MP_TRY(read_expr(&out->cells, r, mp_json_get(v, MP_S("cells"))));
    if (out->cells && (!out->each.over || out->each.where || !r->in_columns))
        return wanted(r, v, "\"cells\" of a column with \"each\" and \"as\"");
    if (!out->label || !out->text)
        return wanted(r, v, "a label (of a column: a head) and a text");
    return MP_OK;
}

static mp_code read_items(mp_block *b, reader *r, const mp_json *v)
{
    if (!mp_json_is(v, MP_JSON_ARRAY) || v->count == 0)
        return wanted(r, v, "an array with something in it");
    if (v->count > MOST_ITEMS)
        return mp_fail(r->err, MP_LIMIT, place_of(r, v), "the form '%.*s': found %u of them; the most is %d",
                       MP_FMT(r->form->name), v->count, MOST_ITEMS);
    b->items = MP_ARENA_ARRAY(&r->form->arena, mp_form_item, v->count);
    if (!b->items)
        return no_memory(r);
    for (MP_JSON_EACH(item, v))
        MP_TRY(read_item(&b->items[b->item_count++], r, item));
    return MP_OK;
}

static mp_code read_heading(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("heading"), MP_S_INIT("level"), MP_S_INIT("numbered"),
                                      MP_S_INIT("") };
    double level;
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_text(&b->text, r, mp_json_get(v, MP_S("heading"))));
    MP_TRY(read_size(&level, r, mp_json_get(v, MP_S("level")), 1, 1, 3));
    b->level = (unsigned)level;
    return read_flag(&b->has_number, r, mp_json_get(v, MP_S("numbered")), true);
}

static mp_code read_paragraph(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("text"), MP_S_INIT("look"), MP_S_INIT("") };
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_look(&b->look, r, mp_json_get(v, MP_S("look"))));
    return read_text(&b->text, r, mp_json_get(v, MP_S("text")));
}

static mp_code read_note(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("note"), MP_S_INIT("title"), MP_S_INIT("look"),
                                      MP_S_INIT("") };
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_look(&b->look, r, mp_json_get(v, MP_S("look"))));
    MP_TRY(read_text(&b->title, r, mp_json_get(v, MP_S("title"))));
    return read_text(&b->text, r, mp_json_get(v, MP_S("note")));
}

static mp_code read_facts(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("facts"), MP_S_INIT("columns"), MP_S_INIT("") };
    double columns;
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_size(&columns, r, mp_json_get(v, MP_S("columns")), 1, 1, 3));
    b->level = (unsigned)columns;
    return read_items(b, r, mp_json_get(v, MP_S("facts")));
}

static mp_code read_figures(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("figures"), MP_S_INIT("") };
    MP_TRY(check_members(r, v, members));
    return read_items(b, r, mp_json_get(v, MP_S("figures")));
}

static mp_code read_signatures(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("signatures"), MP_S_INIT("") };
    MP_TRY(check_members(r, v, members));
    return read_items(b, r, mp_json_get(v, MP_S("signatures")));
}

/* Bars: an array of them, or an object with a loop and one of them. */
static mp_code read_bars(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("bars"), MP_S_INIT("each"), MP_S_INIT("as"),
                                      MP_S_INIT("where"), MP_S_INIT("") };
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_loop(&b->loop, r, v));
    const mp_json *bars = mp_json_get(v, MP_S("bars"));
    MP_TRY(read_items(b, r, bars));
    for (size_t i = 0; i < b->item_count; i++)
        if (!b->items[i].value || !b->items[i].of)
            return wanted(r, bars, "bars with \"value\" and \"of\"");
    return MP_OK;
}

/* Over an array of groups, or "by" a text of the rows: where it changes a new group begins. */
static mp_code read_groups(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("each"), MP_S_INIT("as"),   MP_S_INIT("where"),
                                      MP_S_INIT("head"), MP_S_INIT("text"), MP_S_INIT("by"),
                                      MP_S_INIT("") };
    if (!v)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return wanted(r, v, "an object");
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_loop(&b->groups, r, v));
    MP_TRY(read_text(&b->group_head, r, mp_json_get(v, MP_S("head"))));
    MP_TRY(read_text(&b->group_text, r, mp_json_get(v, MP_S("text"))));
    MP_TRY(read_text(&b->group_by, r, mp_json_get(v, MP_S("by"))));
    bool is_loop = b->groups.over && b->group_text && !b->group_by;
    bool is_by = b->group_by && !b->groups.over && !b->group_text;
    if (!b->group_head || !(is_loop || is_by))
        return wanted(r, v, "\"head\", and \"by\" or \"each\", \"as\" and \"text\"");
    return MP_OK;
}

static mp_code read_table(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("table"), MP_S_INIT("each"),   MP_S_INIT("as"),
                                      MP_S_INIT("where"), MP_S_INIT("groups"), MP_S_INIT("columns"),
                                      MP_S_INIT("empty"), MP_S_INIT("") };
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_text(&b->title, r, mp_json_get(v, MP_S("table"))));
    MP_TRY(read_text(&b->text, r, mp_json_get(v, MP_S("empty"))));
    MP_TRY(read_loop(&b->loop, r, v));
    MP_TRY(read_groups(b, r, mp_json_get(v, MP_S("groups"))));
    const mp_json *columns = mp_json_get(v, MP_S("columns"));
    if (!b->loop.over || !columns)
        return wanted(r, v, "a table with \"each\", \"as\" and \"columns\"");
    r->in_columns = true;
    MP_TRY(read_items(b, r, columns));
    r->in_columns = false;
    return MP_OK;
}

static mp_code read_each(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("each"), MP_S_INIT("as"), MP_S_INIT("where"), MP_S_INIT("do"),
                                      MP_S_INIT("") };
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_loop(&b->loop, r, v));
    const mp_json *body = mp_json_get(v, MP_S("do"));
    if (!body)
        return wanted(r, v, "\"do\", an array of blocks");
    r->loops++;
    mp_code code = read_blocks(&b->body, r, body);
    r->loops--;
    return code;
}

static mp_code read_if(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("if"), MP_S_INIT("do"), MP_S_INIT("else"), MP_S_INIT("") };
    const mp_json *body = mp_json_get(v, MP_S("do")), *otherwise = mp_json_get(v, MP_S("else"));
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_expr(&b->test, r, mp_json_get(v, MP_S("if"))));
    if (!body)
        return wanted(r, v, "\"do\", an array of blocks");
    MP_TRY(read_blocks(&b->body, r, body));
    return otherwise ? read_blocks(&b->otherwise, r, otherwise) : MP_OK;
}

static mp_code read_page(mp_block *b, reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("page"), MP_S_INIT("") };
    static const mp_str kinds[] = { MP_S_INIT("break"), MP_S_INIT("") };
    size_t kind;
    (void)b;
    MP_TRY(check_members(r, v, members));
    return read_choice(&kind, r, mp_json_get(v, MP_S("page")), kinds, 0);
}

/* The member that tells a block's kind; "each" alone comes last, since tables and bars have it too. */
static const struct {
    mp_str name;
    mp_block_kind kind;
    mp_code (*read)(mp_block *b, reader *r, const mp_json *v);
} block_kinds[] = {
    { MP_S_INIT("heading"), MP_BLOCK_HEADING, read_heading },
    { MP_S_INIT("note"), MP_BLOCK_NOTE, read_note },
    { MP_S_INIT("facts"), MP_BLOCK_FACTS, read_facts },
    { MP_S_INIT("figures"), MP_BLOCK_FIGURES, read_figures },
    { MP_S_INIT("bars"), MP_BLOCK_BARS, read_bars },
    { MP_S_INIT("table"), MP_BLOCK_TABLE, read_table },
    { MP_S_INIT("text"), MP_BLOCK_TEXT, read_paragraph },
    { MP_S_INIT("if"), MP_BLOCK_IF, read_if },
    { MP_S_INIT("signatures"), MP_BLOCK_SIGNATURES, read_signatures },
    { MP_S_INIT("page"), MP_BLOCK_PAGE, read_page },
    { MP_S_INIT("each"), MP_BLOCK_EACH, read_each },
};

static mp_code read_block(mp_block *b, reader *r, const mp_json *v)
{
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return wanted(r, v, "a block: an object");
    b->pos = place_of(r, v);
    b->in_loop = r->loops > 0;
    for (size_t i = 0; i < MP_COUNT(block_kinds); i++) {
        if (!mp_json_get(v, block_kinds[i].name))
            continue;
        b->kind = block_kinds[i].kind;
        return block_kinds[i].read(b, r, v);
    }
    return wanted(r, v,
                  "a block: heading, text, note, facts, figures, bars, table, each, if, signatures or page");
}

static mp_code read_blocks(mp_blocks *out, reader *r, const mp_json *v)
{
    if (!mp_json_is(v, MP_JSON_ARRAY))
        return wanted(r, v, "an array of blocks");
    if (++r->depth > MP_FORM_DEPTH)
        return mp_fail(r->err, MP_LIMIT, place_of(r, v),
                       "the form '%.*s': blocks stand at most %d deep within each other",
                       MP_FMT(r->form->name), MP_FORM_DEPTH);
    mp_block *blocks = MP_ARENA_ARRAY(&r->form->arena, mp_block, (size_t)v->count + 1);
    if (!blocks)
        return no_memory(r);
    out->first = blocks;
    for (MP_JSON_EACH(item, v))
        MP_TRY(read_block(&blocks[out->count++], r, item));
    r->depth--;
    return MP_OK;
}

/* ---- the whole ---- */

/* Objects of objects, of which the leaves are texts (or, of looks, names of looks). */
static mp_code read_words(const mp_json **out, reader *r, const mp_json *v, bool looks)
{
    *out = v;
    if (!v)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return wanted(r, v, "an object");
    for (MP_JSON_MEMBERS(key, v)) {
        const mp_json *table = key + 1;
        if (!mp_json_is(table, MP_JSON_OBJECT))
            return wanted(r, table, "an object");
        for (MP_JSON_MEMBERS(word, table)) {
            const mp_json *said = word + 1;
            const mp_form_text *text;
            size_t look;
            if (looks)
                MP_TRY(read_choice(&look, r, said, look_names, 0));
            else
                MP_TRY(read_text(&text, r, said)); /* checked: both languages */
        }
    }
    return MP_OK;
}

static mp_code read_paper(reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("orientation"), MP_S_INIT("cover"), MP_S_INIT("contents"),
                                      MP_S_INIT("type"), MP_S_INIT("") };
    static const mp_str ways[] = { MP_S_INIT("portrait"), MP_S_INIT("landscape"), MP_S_INIT("") };
    size_t way = 0;
    if (v && !mp_json_is(v, MP_JSON_OBJECT))
        return wanted(r, v, "an object");
    if (v)
        MP_TRY(check_members(r, v, members));
    MP_TRY(read_choice(&way, r, mp_json_get(v, MP_S("orientation")), ways, 0));
    r->form->is_landscape = way == 1;
    MP_TRY(read_flag(&r->form->has_cover, r, mp_json_get(v, MP_S("cover")), true));
    MP_TRY(read_flag(&r->form->has_contents, r, mp_json_get(v, MP_S("contents")), true));
    return read_size(&r->form->type_size, r, mp_json_get(v, MP_S("type")), 9, 6, 14);
}

static mp_code read_boxes(reader *r, const mp_json *v)
{
    if (!v)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_ARRAY) || v->count > 6)
        return wanted(r, v, "at most six labels");
    r->form->boxes = MP_ARENA_ARRAY(&r->form->arena, mp_form_text *, (size_t)v->count + 1);
    if (!r->form->boxes)
        return no_memory(r);
    for (MP_JSON_EACH(box, v)) {
        const mp_form_text *text;
        MP_TRY(read_text(&text, r, box));
        r->form->boxes[r->form->box_count++] = (mp_form_text *)(uintptr_t)text;
    }
    return MP_OK;
}

static mp_code read_cover(reader *r, const mp_json *v)
{
    static const mp_str members[] = { MP_S_INIT("over"), MP_S_INIT("under"), MP_S_INIT("facts"),
                                      MP_S_INIT("boxes"), MP_S_INIT("") };
    if (!v)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_OBJECT))
        return wanted(r, v, "an object");
    MP_TRY(check_members(r, v, members));
    MP_TRY(read_text(&r->form->over, r, mp_json_get(v, MP_S("over"))));
    MP_TRY(read_text(&r->form->under, r, mp_json_get(v, MP_S("under"))));
    MP_TRY(read_boxes(r, mp_json_get(v, MP_S("boxes"))));
    const mp_json *facts = mp_json_get(v, MP_S("facts"));
    if (!facts)
        return MP_OK;
    mp_block *block = MP_ARENA_NEW(&r->form->arena, mp_block);
    if (!block)
        return no_memory(r);
    *block = (mp_block){ .kind = MP_BLOCK_FACTS, .level = 1 };
    r->form->facts = (mp_blocks){ block, 1 };
    return read_items(block, r, facts);
}

static mp_code read_form(reader *r)
{
    static const mp_str members[] = {
        MP_S_INIT("$schema"), MP_S_INIT("title"), MP_S_INIT("about"), MP_S_INIT("id"),
        MP_S_INIT("madeAt"),  MP_S_INIT("paper"), MP_S_INIT("words"), MP_S_INIT("looks"),
        MP_S_INIT("cover"),   MP_S_INIT("body"),  MP_S_INIT("of"),
        MP_S_INIT(""),
    };
    const mp_json *root = r->root;
    if (!mp_json_is(root, MP_JSON_OBJECT))
        return wanted(r, root, "a form: an object");
    MP_TRY(check_members(r, root, members));
    MP_TRY(read_words(&r->form->words.words, r, mp_json_get(root, MP_S("words")), false));
    MP_TRY(read_words(&r->form->words.looks, r, mp_json_get(root, MP_S("looks")), true));
    MP_TRY(read_text(&r->form->title, r, mp_json_get(root, MP_S("title"))));
    MP_TRY(read_text(&r->form->about, r, mp_json_get(root, MP_S("about"))));
    MP_TRY(read_text(&r->form->id, r, mp_json_get(root, MP_S("id"))));
    const mp_json *of = mp_json_get(root, MP_S("of"));
    if (of && !mp_json_is(of, MP_JSON_STRING))
        return wanted(r, of, "a word: what document of Mapae it is of");
    r->form->of = of ? mp_json_str(of) : mp_str_of("", 0);
    MP_TRY(read_expr(&r->form->made_at, r, mp_json_get(root, MP_S("madeAt"))));
    MP_TRY(read_paper(r, mp_json_get(root, MP_S("paper"))));
    MP_TRY(read_cover(r, mp_json_get(root, MP_S("cover"))));
    const mp_json *body = mp_json_get(root, MP_S("body"));
    if (!r->form->title || !body)
        return wanted(r, root, "a form with \"title\" and \"body\"");
    return read_blocks(&r->form->body, r, body);
}

static mp_code read_into(mp_form *form, mp_str name, mp_str text, mp_error *err)
{
    mp_json_options options = { .max_depth = 2 * MP_FORM_DEPTH + 16, .reject_duplicates = true };
    reader r = { .form = form, .err = err };
    form->name = mp_arena_dup(&form->arena, name);
    form->text = mp_arena_dup(&form->arena, text);
    if (!form->name.ptr || !form->text.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_json_doc_new(&form->doc, err));
    MP_TRY(mp_json_read(form->doc, &r.root, form->text, &options, NULL, err));
    return read_form(&r);
}

mp_code mp_form_locate(const mp_form *form, mp_code code, mp_error *err)
{
    if (code != MP_OK && err && err->pos.line == 0 && err->pos.col)
        err->pos = mp_json_locate(form->text, err->pos.col - 1);
    return code;
}

mp_code mp_form_compile(mp_form **out, mp_str name, mp_str text, mp_error *err)
{
    if (text.len > MOST_BYTES)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the form '%.*s' has %zu bytes; the most is %zu",
                       MP_FMT(name), text.len, MOST_BYTES);
    mp_form *form = calloc(1, sizeof *form);
    if (!form)
        return mp_no_memory(err);
    mp_code code = mp_form_locate(form, read_into(form, name, text, err), err);
    if (code != MP_OK) {
        mp_form_free(form);
        return code;
    }
    *out = form;
    return MP_OK;
}

void mp_form_free(mp_form *form)
{
    if (!form)
        return;
    mp_json_doc_free(form->doc);
    mp_arena_free(&form->arena);
    free(form);
}
