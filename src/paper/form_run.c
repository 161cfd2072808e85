/* SPDX-License-Identifier: Apache-2.0 */
/* A form and a document become events. What a round of a loop makes is forgotten behind it, so memory follows
 * the deepest row and not the number of rows. */
#include "form_runner.h"

#include <stdio.h>
#include <time.h>

#define MOST_ROWS 200000
#define MOST_ROUNDS 2000000
#define MOST_SECONDS 120

/* ---- limits ---- */

static int64_t seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

mp_code mp_form_count_round(mp_form_runner *r)
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

mp_code mp_form_count_row(mp_form_runner *r)
{
    size_t most = r->options->max_rows ? r->options->max_rows : MOST_ROWS;
    if (++r->rows > most)
        return mp_fail(r->err, MP_LIMIT, MP_NOWHERE,
                       "the form '%.*s' makes more than %zu rows of this document", MP_FMT(r->form->name),
                       most);
    return MP_OK;
}

/* ---- rounds ---- */

mp_code mp_form_go_through(mp_form_runner *r, const mp_form_value *over, const mp_form_loop *loop, mp_form_round_fn *body,
                           const void *what, void *arg)
{
    mp_form_round round = { .outer = r->env.round, .name = loop->as };
    mp_code code = MP_OK;
    r->env.round = &round;
    for (size_t i = 0; i < over->count && code == MP_OK; i++) {
        mp_arena_mark mark = mp_arena_save(r->env.arena);
        bool wanted = true;
        round.item = over->items[i];
        code = mp_form_count_round(r);
        if (code == MP_OK && loop->where)
            code = mp_form_test(&wanted, loop->where, &r->env, r->err);
        if (code == MP_OK && wanted) {
            round.number++;
            code = body(r, what, arg);
        }
        mp_arena_restore(r->env.arena, mark);
    }
    r->env.round = round.outer;
    return code;
}

mp_code mp_form_go_round(mp_form_runner *r, const mp_form_loop *loop, mp_form_round_fn *body, const void *what, void *arg)
{
    mp_form_value over;
    MP_TRY(mp_form_eval(&over, loop->over, &r->env, r->err));
    if (over.kind != MP_FORM_LIST && over.kind != MP_FORM_NOTHING)
        return mp_fail(r->err, MP_EVALUATION, mp_form_expr_pos(loop->over),
                       "the form '%.*s': \"each\" goes through an array, and what is there is none",
                       MP_FMT(r->form->name));
    return mp_form_go_through(r, &over, loop, body, what, arg);
}

/* ---- blocks ---- */

static mp_code run_blocks(mp_form_runner *r, const mp_blocks *blocks);

static mp_code run_heading(mp_form_runner *r, const mp_block *b)
{
    mp_str text;
    char number[40] = "";
    MP_TRY(mp_form_text_of(&text, r, b->text));
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
static mp_code run_text(mp_form_runner *r, const mp_block *b)
{
    mp_str text;
    mp_cell_look look;
    MP_TRY(mp_form_text_of(&text, r, b->text));
    MP_TRY(mp_form_look_of(&look, r, &b->look));
    return text.len ? r->sink->paragraph(r->self, text, look, r->err) : MP_OK;
}

static mp_code run_note(mp_form_runner *r, const mp_block *b)
{
    mp_str title, text;
    mp_cell_look look;
    MP_TRY(mp_form_text_of(&title, r, b->title));
    MP_TRY(mp_form_text_of(&text, r, b->text));
    MP_TRY(mp_form_look_of(&look, r, &b->look));
    return text.len ? r->sink->note(r->self, title, text, look, r->err) : MP_OK;
}

/* The bars of a loop are gathered: what one round made must outlive it, so it is made in `keep`. */
typedef struct bars {
    mp_paper_item *items;
    size_t count, cap;
} bars;

static mp_code gather_bars(mp_form_runner *r, const void *block, void *arg)
{
    const mp_block *b = block;
    bars *all = arg;
    for (size_t i = 0; i < b->item_count; i++) {
        if (all->count == all->cap) {
            size_t cap = all->cap ? all->cap * 2 : 16;
            mp_paper_item *more = MP_ARENA_ARRAY(&r->keep, mp_paper_item, cap);
            if (!more)
                return mp_no_memory(r->err);
            if (all->count)
                memcpy(more, all->items, all->count * sizeof *more);
            all->items = more;
            all->cap = cap;
        }
        mp_paper_item *item = &all->items[all->count];
        MP_TRY(mp_form_count_row(r));
        MP_TRY(mp_form_make_item(item, r, &b->items[i]));
        item->label = mp_arena_dup(&r->keep, item->label);
        item->value.text = mp_arena_dup(&r->keep, item->value.text);
        item->value.link = mp_str_of(NULL, 0);
        all->count++;
    }
    return MP_OK;
}

static mp_code run_bars(mp_form_runner *r, const mp_block *b)
{
    bars all = { NULL, 0, 0 };
    if (b->loop.over)
        MP_TRY(mp_form_go_round(r, &b->loop, gather_bars, b, &all));
    else
        MP_TRY(gather_bars(r, b, &all));
    return all.count ? r->sink->bars(r->self, all.items, all.count, r->err) : MP_OK;
}

static mp_code run_body(mp_form_runner *r, const void *block, void *none)
{
    (void)none;
    return run_blocks(r, &((const mp_block *)block)->body);
}

static mp_code run_if(mp_form_runner *r, const mp_block *b)
{
    bool holds;
    MP_TRY(mp_form_test(&holds, b->test, &r->env, r->err));
    return run_blocks(r, holds ? &b->body : &b->otherwise);
}

static mp_code run_block(mp_form_runner *r, const mp_block *b)
{
    mp_paper_item *items = NULL;
    size_t count = 0;
    MP_TRY(mp_form_count_round(r));
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
        return mp_form_run_table(r, b);
    case MP_BLOCK_EACH:
        return mp_form_go_round(r, &b->loop, run_body, b, NULL);
    case MP_BLOCK_IF:
        return run_if(r, b);
    case MP_BLOCK_PAGE:
        return r->sink->page(r->self, r->err);
    case MP_BLOCK_FACTS:
        MP_TRY(mp_form_make_facts(&items, &count, r, b));
        return count ? r->sink->facts(r->self, items, count, b->level, r->err) : MP_OK;
    case MP_BLOCK_FIGURES:
        MP_TRY(mp_form_make_items(&items, r, b));
        return r->sink->figures(r->self, items, b->item_count, r->err);
    case MP_BLOCK_SIGNATURES:
        MP_TRY(mp_form_make_items(&items, r, b));
        return r->sink->signatures(r->self, items, b->item_count, r->err);
    }
    return MP_OK;
}

static mp_code run_blocks(mp_form_runner *r, const mp_blocks *blocks)
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

/* ---- the whole ---- */

static mp_code make_time(mp_ticks *out, mp_form_runner *r)
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

static mp_code make_boxes(mp_paper_front *front, mp_form_runner *r)
{
    mp_str *boxes = MP_ARENA_ARRAY(&r->keep, mp_str, r->form->box_count + 1);
    if (!boxes)
        return mp_no_memory(r->err);
    for (size_t i = 0; i < r->form->box_count; i++)
        MP_TRY(mp_form_text_of(&boxes[i], r, r->form->boxes[i]));
    front->boxes = boxes;
    front->box_count = r->form->box_count;
    return MP_OK;
}

/* Made in the arena of blocks, which keeps it: no mark lies below. */
static mp_code make_front(mp_paper_front *front, mp_form_runner *r, const char *digest)
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
    MP_TRY(mp_form_text_of(&front->title, r, r->form->title));
    MP_TRY(mp_form_text_of(&front->over, r, r->form->over));
    MP_TRY(mp_form_text_of(&front->under, r, r->form->under));
    MP_TRY(mp_form_text_of(&front->id, r, r->form->id));
    if (!front->id.len)
        front->id = mp_arena_printf(&r->keep, "%.*s-%.12s", MP_FMT(r->form->name), digest);
    MP_TRY(make_boxes(front, r));
    if (r->form->facts.count) {
        mp_paper_item *items;
        MP_TRY(mp_form_make_facts(&items, &front->fact_count, r, r->form->facts.first));
        front->facts = items;
    }
    return MP_OK;
}

static mp_code run_all(mp_form_runner *r, const char *digest)
{
    mp_paper_front front;
    MP_TRY(make_front(&front, r, digest));
    MP_TRY(r->sink->begin(r->self, &front, r->err));
    MP_TRY(run_blocks(r, &r->form->body));
    MP_TRY(mp_form_run_appendices(r));
    return r->sink->end(r->self, r->err);
}

mp_code mp_form_run(const mp_paper_job *job, const mp_paper_sink *sink, void *self, mp_error *err)
{
    mp_arena blocks = MP_ARENA_INIT;
    unsigned seconds = job->options->max_seconds ? job->options->max_seconds : MOST_SECONDS;
    mp_form_runner r = {
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
