/* SPDX-License-Identifier: Apache-2.0 */
/* A form and a document become events. What a round of a loop makes is forgotten behind it, so memory follows
 * the deepest row and not the number of rows. */
#include "form.h"

#include <stdio.h>
#include <time.h>

#include "text.h"

#define MOST_ROWS 200000
#define MOST_ROUNDS 2000000
#define MOST_SECONDS 120
#define MOST_COLUMNS 256
#define IDS_OF_A_ROW 40 /* of the records behind a figure */
#define MOST_IDS 10000  /* that are listed for one figure */

/* A figure whose records the appendix names. */
typedef struct source {
    mp_str label, value;
    const mp_json *const *ids;
    size_t count;
    mp_str said; /* instead of ids: a text */
    struct source *next;
} source;

typedef struct runner {
    const mp_form *form;
    const mp_paper_options *options;
    mp_form_records *records;
    const mp_paper_sink *sink;
    void *self;
    mp_form_env env;
    mp_arena keep; /* to the end; env.arena is of the block or row at hand */
    mp_error *err;
    unsigned numbers[3]; /* of headings */
    mp_buf group;        /* that the rows at hand are in, of groups by a text */
    mp_str heading;      /* the last one; in `keep` */
    source *sources, **sources_end;
    unsigned source_count, appendices;
    size_t rows, rounds;
    size_t *spread, columns; /* of the table at hand: columns of each item; all */
    int64_t until; /* seconds of the monotonic clock */
} runner;

static mp_code no_memory(runner *r)
{
    return mp_no_memory(r->err);
}

/* ---- limits ---- */

static int64_t seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static mp_code count_round(runner *r)
{
    if (++r->rounds > MOST_ROUNDS)
        return mp_fail(r->err, MP_LIMIT, MP_NOWHERE, "the form '%.*s' goes round more than %d times",
                       MP_FMT(r->form->name), MOST_ROUNDS);
    if (r->rounds % 64 == 0 && seconds_now() > r->until)
        return mp_fail(r->err, MP_LIMIT, MP_NOWHERE, "the form '%.*s' took more than %u seconds",
                       MP_FMT(r->form->name),
                       r->options->max_seconds ? r->options->max_seconds : MOST_SECONDS);
    return MP_OK;
}

static mp_code count_row(runner *r)
{
    size_t most = r->options->max_rows ? r->options->max_rows : MOST_ROWS;
    if (++r->rows > most)
        return mp_fail(r->err, MP_LIMIT, MP_NOWHERE,
                       "the form '%.*s' makes more than %zu rows of this document", MP_FMT(r->form->name),
                       most);
    return MP_OK;
}

/* ---- pieces ---- */

static mp_code say(mp_str *out, runner *r, const mp_form_text *text)
{
    *out = mp_str_of("", 0);
    return text ? mp_form_say(out, text, &r->env, r->err) : MP_OK;
}

static mp_code look_of(mp_cell_look *out, runner *r, const mp_form_look *look)
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

/* The texts of the rounds, one below the other. */
static mp_code fill_lines(mp_book_cell *out, runner *r, const mp_form_item *item)
{
    mp_form_value over;
    mp_buf lines = MP_BUF_INIT;
    MP_TRY(mp_form_eval(&over, item->each.over, &r->env, r->err));
    mp_form_round round = { .outer = r->env.round, .name = item->each.as };
    mp_code code = MP_OK;
    r->env.round = &round;
    for (size_t i = 0; i < over.count && code == MP_OK && lines.len <= MP_FORM_TEXT_MOST; i++) {
        mp_str line = mp_str_of("", 0);
        mp_arena_mark mark = mp_arena_save(r->env.arena);
        bool wanted = true;
        round.item = over.items[i];
        code = count_round(r);
        if (code == MP_OK && item->each.where)
            code = mp_form_test(&wanted, item->each.where, &r->env, r->err);
        if (code == MP_OK && wanted) {
            round.number++;
            code = say(&line, r, item->text);
        }
        if (lines.len && line.len)
            mp_buf_add_c(&lines, '\n');
        mp_buf_add(&lines, line);
        mp_arena_restore(r->env.arena, mark);
    }
    r->env.round = round.outer;
    *out = mp_cell_text(lines.failed ? mp_str_of(NULL, 0) : mp_arena_dup(r->env.arena, mp_buf_str(&lines)));
    mp_buf_free(&lines);
    return code == MP_OK && !out->text.ptr ? no_memory(r) : code;
}

static mp_code fill(mp_book_cell *out, runner *r, const mp_form_item *item)
{
    if (item->each.over && !item->cells)
        MP_TRY(fill_lines(out, r, item));
    else
        MP_TRY(mp_form_fill(out, item->text, &r->env, r->err));
    return look_of(&out->look, r, &item->look);
}

/* The ids of the rounds that count, one or a list from each. */
static mp_code gather_behind(mp_form_value *out, runner *r, const mp_form_item *item)
{
    mp_form_value over, id;
    MP_TRY(mp_form_eval(&over, item->behind.over, &r->env, r->err));
    const mp_json **ids = MP_ARENA_ARRAY(r->env.arena, const mp_json *, over.count + 1);
    mp_form_round round = { .outer = r->env.round, .name = item->behind.as };
    mp_code code = ids ? MP_OK : no_memory(r);
    *out = (mp_form_value){ .kind = MP_FORM_LIST, .items = ids };
    r->env.round = &round;
    for (size_t i = 0; i < over.count && code == MP_OK; i++) {
        bool wanted = true;
        mp_arena_mark mark = mp_arena_save(r->env.arena);
        round.item = over.items[i];
        code = count_round(r);
        if (code == MP_OK && item->behind.where)
            code = mp_form_test(&wanted, item->behind.where, &r->env, r->err);
        id.kind = MP_FORM_NOTHING;
        if (code == MP_OK && wanted) {
            round.number++;
            code = mp_form_eval(&id, item->records, &r->env, r->err);
        }
        mp_arena_restore(r->env.arena, mark);
        if (code == MP_OK && id.kind == MP_FORM_STRING && id.json)
            ids[out->count++] = id.json;
        else if (code == MP_OK && id.kind != MP_FORM_NOTHING)
            code = mp_fail(r->err, MP_EVALUATION, mp_form_expr_pos(item->records),
                           "the form '%.*s': the \"id\" of a record is a text", MP_FMT(r->form->name));
    }
    r->env.round = round.outer;
    return code;
}

/* Keep what is behind a figure for the appendix; *note is its number. */
static mp_code note_records(unsigned *note, runner *r, const mp_form_item *item, mp_str label, mp_str value)
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
    source *s = MP_ARENA_NEW(&r->keep, source);
    if (!s)
        return no_memory(r);
    s->label = mp_arena_dup(&r->keep, label);
    s->value = mp_arena_dup(&r->keep, value);
    if (v.kind == MP_FORM_LIST) {
        size_t count = v.count > MOST_IDS ? MOST_IDS : v.count;
        const mp_json **ids = mp_arena_zero(&r->keep, count, sizeof *ids);
        if (!ids)
            return no_memory(r);
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
static mp_code share_of(double *out, runner *r, const mp_form_item *item)
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

static mp_code make_item(mp_paper_item *out, runner *r, const mp_form_item *item)
{
    *out = (mp_paper_item){ .share = -1 };
    MP_TRY(say(&out->label, r, item->label));
    MP_TRY(fill(&out->value, r, item));
    MP_TRY(share_of(&out->share, r, item));
    return note_records(&out->note, r, item, out->label, out->value.text);
}

static mp_code make_items(mp_paper_item **out, runner *r, const mp_block *b)
{
    mp_paper_item *items = MP_ARENA_ARRAY(r->env.arena, mp_paper_item, b->item_count + 1);
    if (!items)
        return no_memory(r);
    for (size_t i = 0; i < b->item_count; i++)
        MP_TRY(make_item(&items[i], r, &b->items[i]));
    *out = items;
    return MP_OK;
}

/* The same for facts, without those that say nothing. */
static mp_code make_facts(mp_paper_item **out, size_t *count, runner *r, const mp_block *b)
{
    size_t kept = 0;
    MP_TRY(make_items(out, r, b));
    for (size_t i = 0; i < b->item_count; i++)
        if (mp_str_trim((*out)[i].value.text).len)
            (*out)[kept++] = (*out)[i];
    *count = kept;
    return MP_OK;
}

/* ---- loops ---- */

typedef mp_code round_fn(runner *r, const mp_block *b, void *arg);

/* `body` for each element that `where` takes. What it makes is forgotten; what `over` gives is not. */
static mp_code go_round(runner *r, const mp_block *b, const mp_form_loop *loop, round_fn *body, void *arg)
{
    mp_form_value v;
    MP_TRY(mp_form_eval(&v, loop->over, &r->env, r->err));
    if (v.kind != MP_FORM_LIST && v.kind != MP_FORM_NOTHING)
        return mp_fail(r->err, MP_EVALUATION, mp_form_expr_pos(loop->over),
                       "the form '%.*s': \"each\" goes through an array, and what is there is none",
                       MP_FMT(r->form->name));
    mp_form_round round = { .outer = r->env.round, .name = loop->as };
    mp_code code = MP_OK;
    r->env.round = &round;
    for (size_t i = 0; i < v.count && code == MP_OK; i++) {
        mp_arena_mark mark = mp_arena_save(r->env.arena);
        bool wanted = true;
        round.item = v.items[i];
        code = count_round(r);
        if (code == MP_OK && loop->where)
            code = mp_form_test(&wanted, loop->where, &r->env, r->err);
        if (code == MP_OK && wanted) {
            round.number++;
            code = body(r, b, arg);
        }
        mp_arena_restore(r->env.arena, mark);
    }
    r->env.round = round.outer;
    return code;
}

/* ---- blocks ---- */

static mp_code run_blocks(runner *r, const mp_blocks *blocks);

static mp_code run_heading(runner *r, const mp_block *b)
{
    mp_str text;
    char number[40] = "";
    MP_TRY(say(&text, r, b->text));
    unsigned level = b->level;
    if (b->has_number) {
        r->numbers[level - 1]++;
        for (unsigned i = level; i < 3; i++)
            r->numbers[i] = 0;
        int len = snprintf(number, sizeof number, "%u", r->numbers[0]);
        for (unsigned i = 1; i < level; i++)
            len += snprintf(number + len, sizeof number - (size_t)len, ".%u", r->numbers[i]);
    }
    r->heading = mp_arena_dup(&r->keep, text);
    return r->sink->heading(r->self, level, mp_str_from(number), text, r->err);
}

/* An empty text is no paragraph: so is one that is all of an absent member. */
static mp_code run_text(runner *r, const mp_block *b)
{
    mp_str text;
    mp_cell_look look;
    MP_TRY(say(&text, r, b->text));
    MP_TRY(look_of(&look, r, &b->look));
    return text.len ? r->sink->paragraph(r->self, text, look, r->err) : MP_OK;
}

static mp_code run_note(runner *r, const mp_block *b)
{
    mp_str title, text;
    mp_cell_look look;
    MP_TRY(say(&title, r, b->title));
    MP_TRY(say(&text, r, b->text));
    MP_TRY(look_of(&look, r, &b->look));
    return text.len ? r->sink->note(r->self, title, text, look, r->err) : MP_OK;
}

/* The bars of a loop are gathered: what one round made must outlive it, so it is made in `keep`. */
typedef struct bars {
    mp_paper_item *items;
    size_t count, cap;
} bars;

static mp_code gather_bars(runner *r, const mp_block *b, void *arg)
{
    bars *all = arg;
    for (size_t i = 0; i < b->item_count; i++) {
        if (all->count == all->cap) {
            size_t cap = all->cap ? all->cap * 2 : 16;
            mp_paper_item *more = MP_ARENA_ARRAY(&r->keep, mp_paper_item, cap);
            if (!more)
                return no_memory(r);
            if (all->count)
                memcpy(more, all->items, all->count * sizeof *more);
            all->items = more;
            all->cap = cap;
        }
        mp_paper_item *item = &all->items[all->count];
        MP_TRY(count_row(r));
        MP_TRY(make_item(item, r, &b->items[i]));
        item->label = mp_arena_dup(&r->keep, item->label);
        item->value.text = mp_arena_dup(&r->keep, item->value.text);
        item->value.link = mp_str_of(NULL, 0);
        all->count++;
    }
    return MP_OK;
}

static mp_code run_bars(runner *r, const mp_block *b)
{
    bars all = { NULL, 0, 0 };
    if (b->loop.over)
        MP_TRY(go_round(r, b, &b->loop, gather_bars, &all));
    else
        MP_TRY(gather_bars(r, b, &all));
    return all.count ? r->sink->bars(r->self, all.items, all.count, r->err) : MP_OK;
}

/* A new group where its text is another than that of the row before. */
static mp_code group_by(runner *r, const mp_block *b, bool is_first)
{
    mp_str text;
    MP_TRY(say(&text, r, b->group_by));
    if (!is_first && mp_str_eq(text, mp_buf_str(&r->group)))
        return MP_OK;
    mp_buf_clear(&r->group);
    mp_buf_add(&r->group, text);
    MP_TRY(mp_buf_check(&r->group, r->err));
    return r->sink->group(r->self, text, r->err);
}

/* The cells of a row for a column that is spread: where it has too few, the others are empty. */
static mp_code fill_spread(mp_book_cell *cells, size_t count, runner *r, const mp_form_item *item)
{
    mp_form_value v;
    MP_TRY(mp_form_eval(&v, item->cells, &r->env, r->err));
    mp_form_round round = { .outer = r->env.round, .name = item->each.as };
    mp_code code = MP_OK;
    r->env.round = &round;
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        cells[i] = (mp_book_cell){ .kind = MP_CELL_EMPTY };
        if (i >= v.count)
            continue;
        round.item = v.items[i];
        round.number++;
        code = fill(&cells[i], r, item);
    }
    r->env.round = round.outer;
    return code;
}

static mp_code run_row(runner *r, const mp_block *b, void *arg)
{
    size_t *rows = arg, at = 0;
    mp_book_cell *cells = MP_ARENA_ARRAY(r->env.arena, mp_book_cell, r->columns);
    MP_TRY(count_row(r));
    if (!cells)
        return no_memory(r);
    for (size_t i = 0; i < b->item_count; at += r->spread[i++])
        MP_TRY(b->items[i].cells ? fill_spread(cells + at, r->spread[i], r, &b->items[i])
                                       : fill(&cells[at], r, &b->items[i]));
    if (b->group_by)
        MP_TRY(group_by(r, b, *rows == 0));
    ++*rows;
    return r->sink->row(r->self, cells, r->columns, r->err);
}

static mp_code run_group(runner *r, const mp_block *b, void *arg)
{
    mp_str text;
    MP_TRY(say(&text, r, b->group_text));
    MP_TRY(r->sink->group(r->self, text, r->err));
    return go_round(r, b, &b->loop, run_row, arg);
}

/* How many columns each item makes, and all of them together. */
static mp_code count_columns(runner *r, const mp_block *b)
{
    mp_form_value v;
    r->columns = 0;
    r->spread = MP_ARENA_ARRAY(r->env.arena, size_t, b->item_count);
    if (!r->spread)
        return no_memory(r);
    for (size_t i = 0; i < b->item_count; i++) {
        r->spread[i] = 1;
        if (b->items[i].cells) {
            MP_TRY(mp_form_eval(&v, b->items[i].each.over, &r->env, r->err));
            r->spread[i] = v.count;
        }
        r->columns += r->spread[i];
    }
    if (r->columns && r->columns <= MOST_COLUMNS)
        return MP_OK;
    return mp_fail(r->err, MP_LIMIT, MP_NOWHERE, "the form '%.*s' makes a table of %zu columns; wanted are 1 to %d",
                   MP_FMT(r->form->name), r->columns, MOST_COLUMNS);
}

static mp_code head_of(mp_book_column *out, size_t count, runner *r, const mp_form_item *item)
{
    mp_form_value v = { .count = 0 };
    mp_form_round round = { .outer = r->env.round, .name = item->each.as };
    mp_str sample = mp_form_samples(item->text, &r->env);
    mp_code code = MP_OK;
    if (item->cells) {
        MP_TRY(mp_form_eval(&v, item->each.over, &r->env, r->err));
        r->env.round = &round;
    }
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        if (item->cells)
            round.item = v.items[i];
        round.number++;
        out[i] = (mp_book_column){ .width = item->width, .align = item->align, .sample = sample };
        code = say(&out[i].head, r, item->label);
    }
    if (item->cells)
        r->env.round = round.outer;
    return code;
}

static mp_code begin_table(runner *r, const mp_block *b)
{
    size_t at = 0;
    MP_TRY(count_columns(r, b));
    mp_book_column *columns = MP_ARENA_ARRAY(r->env.arena, mp_book_column, r->columns);
    mp_paper_table table = {
        .key = b, .columns = columns, .count = r->columns, .in_loop = b->in_loop, .heading = r->heading
    };
    if (!columns)
        return no_memory(r);
    for (size_t i = 0; i < b->item_count; at += r->spread[i++])
        MP_TRY(head_of(columns + at, r->spread[i], r, &b->items[i]));
    MP_TRY(say(&table.name, r, b->title));
    MP_TRY(say(&table.group_head, r, b->group_head));
    return r->sink->table(r->self, &table, r->err);
}

static mp_code run_table(runner *r, const mp_block *b)
{
    size_t rows = 0;
    MP_TRY(begin_table(r, b));
    if (b->groups.over)
        MP_TRY(go_round(r, b, &b->groups, run_group, &rows));
    else
        MP_TRY(go_round(r, b, &b->loop, run_row, &rows));
    MP_TRY(r->sink->table_end(r->self, r->err));
    if (rows || !b->text)
        return MP_OK;
    mp_str text;
    MP_TRY(say(&text, r, b->text));
    return r->sink->paragraph(r->self, text, MP_LOOK_NOTE, r->err);
}

static mp_code run_body(runner *r, const mp_block *b, void *arg)
{
    (void)arg;
    return run_blocks(r, &b->body);
}

static mp_code run_if(runner *r, const mp_block *b)
{
    bool holds;
    MP_TRY(mp_form_test(&holds, b->test, &r->env, r->err));
    return run_blocks(r, holds ? &b->body : &b->otherwise);
}

static mp_code run_block(runner *r, const mp_block *b)
{
    mp_paper_item *items = NULL;
    size_t count = 0;
    MP_TRY(count_round(r));
    switch (b->kind) {
    case MP_BLOCK_HEADING:
        return run_heading(r, b);
    case MP_BLOCK_TEXT:
        return run_text(r, b);
    case MP_BLOCK_NOTE:
        return run_note(r, b);
    case MP_BLOCK_BARS:
        return run_bars(r, b);
    case MP_BLOCK_TABLE:
        return run_table(r, b);
    case MP_BLOCK_EACH:
        return go_round(r, b, &b->loop, run_body, NULL);
    case MP_BLOCK_IF:
        return run_if(r, b);
    case MP_BLOCK_PAGE:
        return r->sink->page(r->self, r->err);
    case MP_BLOCK_FACTS:
        MP_TRY(make_facts(&items, &count, r, b));
        return count ? r->sink->facts(r->self, items, count, b->level, r->err) : MP_OK;
    case MP_BLOCK_FIGURES:
        MP_TRY(make_items(&items, r, b));
        return r->sink->figures(r->self, items, b->item_count, r->err);
    case MP_BLOCK_SIGNATURES:
        MP_TRY(make_items(&items, r, b));
        return r->sink->signatures(r->self, items, b->item_count, r->err);
    }
    return MP_OK;
}

static mp_code run_blocks(runner *r, const mp_blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++) {
        mp_arena_mark mark = mp_arena_save(r->env.arena);
        mp_code code = run_block(r, &blocks->first[i]);
        mp_arena_restore(r->env.arena, mark);
        if (code != MP_OK)
            return code;
    }
    return MP_OK;
}

/* ---- the records behind the figures ---- */

static mp_code source_row(runner *r, unsigned number, const source *s, size_t from)
{
    mp_buf ids = MP_BUF_INIT;
    mp_book_cell cells[4] = {
        { .kind = MP_CELL_COUNT, .number = number },
        mp_cell_text(s->label),
        mp_cell_text(s->value),
        { .kind = MP_CELL_TEXT },
    };
    char text[16];
    snprintf(text, sizeof text, "%u", number);
    cells[0].text = mp_str_from(text);
    mp_buf_add(&ids, s->said);
    size_t listed = s->count > MOST_IDS ? MOST_IDS : s->count;
    mp_code code = count_row(r);
    for (size_t i = from; i < listed && i < from + IDS_OF_A_ROW && code == MP_OK; i++) {
        mp_form_value v;
        if (i > from)
            mp_buf_add(&ids, MP_S(", "));
        code = mp_form_value_of(&v, s->ids[i], r->env.arena, r->err);
        if (code == MP_OK)
            code = mp_form_show(&ids, &v, &r->env, MP_NOWHERE, r->err);
    }
    if (from + IDS_OF_A_ROW >= listed && s->count > listed) {
        char more[32];
        snprintf(more, sizeof more, "%zu", s->count - listed);
        mp_buf_add(&ids, MP_S(" "));
        mp_say_z(&ids, r->env.lang, "paper.records.more", more, NULL);
    }
    cells[3].text = mp_buf_str(&ids);
    if (code == MP_OK)
        code = mp_buf_check(&ids, r->err);
    if (code == MP_OK)
        code = r->sink->row(r->self, cells, MP_COUNT(cells), r->err);
    mp_buf_free(&ids);
    return code;
}

/* "Appendix", with a number when there is another. */
static mp_code begin_appendix(runner *r, mp_str title, const char *about)
{
    mp_str name = mp_message(r->env.lang, "paper.appendix"), number = name;
    if (r->sources && r->records->count)
        number = mp_arena_printf(&r->keep, "%.*s %u", MP_FMT(name), ++r->appendices);
    if (!number.ptr)
        return no_memory(r);
    MP_TRY(r->sink->heading(r->self, 1, number, title, r->err));
    return r->sink->paragraph(r->self, mp_message(r->env.lang, about), MP_LOOK_NOTE, r->err);
}

static mp_code run_sources(runner *r)
{
    static const char key = 0;
    mp_lang lang = r->env.lang;
    mp_book_column columns[] = {
        { .head = mp_message(lang, "paper.records.number"), .width = 7, .align = MP_ALIGN_CENTER },
        { .head = mp_message(lang, "paper.records.figure"), .width = 28 },
        { .head = mp_message(lang, "paper.records.value"), .width = 14, .align = MP_ALIGN_RIGHT },
        { .head = mp_message(lang, "paper.records.ids"), .width = 70 },
    };
    mp_paper_table table = { .key = &key,
                             .name = mp_message(lang, "paper.records.title"),
                             .columns = columns,
                             .count = MP_COUNT(columns) };
    if (!r->sources)
        return MP_OK;
    MP_TRY(begin_appendix(r, table.name, "paper.records.about"));
    MP_TRY(r->sink->table(r->self, &table, r->err));
    unsigned number = 0;
    for (const source *s = r->sources; s; s = s->next) {
        size_t from = 0, listed = s->count > MOST_IDS ? MOST_IDS : s->count;
        number++;
        do {
            mp_arena_mark mark = mp_arena_save(r->env.arena);
            mp_code code = source_row(r, number, s, from);
            mp_arena_restore(r->env.arena, mark);
            MP_TRY(code);
            from += IDS_OF_A_ROW;
        } while (from < listed);
    }
    return r->sink->table_end(r->self, r->err);
}

/* ---- the records that rows name ---- */

static mp_code record_row(runner *r, const mp_form_record *record)
{
    char number[16];
    int len = snprintf(number, sizeof number, "R%u", record->number);
    mp_book_cell cells[] = {
        { .kind = MP_CELL_TEXT, .text = mp_str_of(number, (size_t)len), .anchor = record->number },
        mp_cell_text(record->name),
        mp_cell_text(record->id),
    };
    MP_TRY(count_row(r));
    return r->sink->row(r->self, cells, MP_COUNT(cells), r->err);
}

static mp_code run_records(runner *r)
{
    static const char key = 0;
    mp_lang lang = r->env.lang;
    mp_book_column columns[] = {
        { .head = mp_message(lang, "paper.refs.number"), .width = 8, .align = MP_ALIGN_CENTER },
        { .head = mp_message(lang, "paper.refs.name"), .width = 34 },
        { .head = mp_message(lang, "paper.refs.id"), .width = 100 },
    };
    mp_paper_table table = { .key = &key,
                             .name = mp_message(lang, "paper.refs.title"),
                             .columns = columns,
                             .count = MP_COUNT(columns) };
    if (!r->records->is_numbered || !r->records->count)
        return MP_OK;
    MP_TRY(begin_appendix(r, table.name, "paper.refs.about"));
    table.heading = table.name;
    MP_TRY(r->sink->table(r->self, &table, r->err));
    for (size_t i = 0; i < r->records->count; i++)
        MP_TRY(record_row(r, r->records->all[i]));
    return r->sink->table_end(r->self, r->err);
}

/* ---- the whole ---- */

static mp_code make_time(mp_ticks *out, runner *r)
{
    mp_form_value v;
    /* What a ZIP and a PDF can say, and nobody takes for a real date. */
    *out = mp_clock_from_unix(315532800);
    if (r->options->made_at) {
        *out = r->options->made_at;
        return MP_OK;
    }
    if (!r->form->made_at)
        return MP_OK;
    MP_TRY(mp_form_eval(&v, r->form->made_at, &r->env, r->err));
    if (v.kind == MP_FORM_NOTHING)
        return MP_OK;
    if (v.kind != MP_FORM_STRING || !mp_clock_parse(out, v.string))
        return mp_fail(r->err, MP_EVALUATION, mp_form_expr_pos(r->form->made_at),
                       "the form '%.*s': \"madeAt\" is no time", MP_FMT(r->form->name));
    return MP_OK;
}

static mp_code make_boxes(mp_paper_front *front, runner *r)
{
    mp_str *boxes = MP_ARENA_ARRAY(&r->keep, mp_str, r->form->box_count + 1);
    if (!boxes)
        return no_memory(r);
    for (size_t i = 0; i < r->form->box_count; i++)
        MP_TRY(say(&boxes[i], r, r->form->boxes[i]));
    front->boxes = boxes;
    front->box_count = r->form->box_count;
    return MP_OK;
}

/* Made in the arena of blocks, which keeps it: no mark lies below. */
static mp_code make_front(mp_paper_front *front, runner *r, const char *digest)
{
    *front = (mp_paper_front){ .digest = digest,
                               .lang = r->env.lang,
                               .zone = r->env.zone,
                               .is_landscape = r->form->is_landscape,
                               .has_cover = r->form->has_cover,
                               .has_contents = r->form->has_contents,
                               .type_size = r->form->type_size,
                               .producer = r->options->producer };
    MP_TRY(make_time(&front->made_at, r));
    MP_TRY(say(&front->title, r, r->form->title));
    MP_TRY(say(&front->over, r, r->form->over));
    MP_TRY(say(&front->under, r, r->form->under));
    MP_TRY(say(&front->id, r, r->form->id));
    if (!front->id.len)
        front->id = mp_arena_printf(&r->keep, "%.*s-%.12s", MP_FMT(r->form->name), digest);
    MP_TRY(make_boxes(front, r));
    if (r->form->facts.count) {
        mp_paper_item *items;
        MP_TRY(make_facts(&items, &front->fact_count, r, r->form->facts.first));
        front->facts = items;
    }
    return MP_OK;
}

static mp_code run_all(runner *r, const char *digest)
{
    mp_paper_front front;
    MP_TRY(make_front(&front, r, digest));
    MP_TRY(r->sink->begin(r->self, &front, r->err));
    MP_TRY(run_blocks(r, &r->form->body));
    MP_TRY(run_sources(r));
    MP_TRY(run_records(r));
    return r->sink->end(r->self, r->err);
}

mp_code mp_form_run(const mp_paper_job *job, const mp_paper_sink *sink, void *self, mp_error *err)
{
    mp_arena blocks = MP_ARENA_INIT;
    unsigned seconds = job->options->max_seconds ? job->options->max_seconds : MOST_SECONDS;
    runner r = {
        .form = job->form,
        .options = job->options,
        .records = job->records,
        .sink = sink,
        .self = self,
        .err = err,
        .env = { .data = job->data,
                 .lang = job->options->lang,
                 .zone = mp_paper_zone_of(job->options->zone, job->options->lang),
                 .arena = &blocks,
                 .words = job->form->words,
                 .form = job->form->name,
                 .records = job->records },
        .until = seconds_now() + seconds,
    };
    r.sources_end = &r.sources;
    mp_code code = run_all(&r, job->digest);
    mp_arena_free(&blocks);
    mp_arena_free(&r.keep);
    mp_buf_free(&r.group);
    return code;
}
