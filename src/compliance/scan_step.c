/* SPDX-License-Identifier: Apache-2.0 */
/* A step is some pieces of the keys, each of some resources. Threads take pieces, one after the other: each reads and
 * judges its resources as of the scan's moment, within a snapshot of its own, and compares there with what is
 * recorded. Then the writer gets only what differs, and how far the scan is. What is recorded of a resource that is
 * not there any more is found by its key between those that are, and judged as a change is. */
#include "scans.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "judge_estate.h"
#include "keys.h"
#include "sql.h"

#define PIECES 16      /* of a step, at most */
#define PAGE_MOST 1000 /* resources that are judged together: a piece has more where many went since */

struct mp_scanning {
    int64_t     number;
    mp_rulebook *book;   /* as of the scan's moment */
    mp_bench    benches[MP_SCAN_JOBS];
    uint64_t    present; /* number of the rulebook that `to` leads to */
    uint32_t   *to;      /* check of the moment to the same check at present, or MP_NO_CHECK */
    uint32_t   *asked;   /* those of the present that are there: asked_count of them, rising */
    uint32_t    asked_count;
    bool        is_all;  /* every check of the present is among them */
};

/* Resources that were judged together, and something is to be done about some. */
typedef struct page {
    mp_judged_batch batch;
    mp_judged_one **differ;
    size_t          differ_count;
    mp_str         *orphans;
    size_t          orphan_count, orphan_cap;
    struct page    *next;
} page;

typedef struct piece {
    mp_str   from, last; /* keys; empty: from the beginning, to the end */
    uint64_t judged, newer;
    uint64_t states[MP_STATE_COUNT];
    page    *first;
    mp_code  code;
    mp_error err;
} piece;

typedef struct stepping {
    const mp_scan_step *step;
    mp_scanning       **scanning;
    mp_full_scan       *scan;
    mp_full_scan        read;  /* as it stood before the write, which may be tried again */
    mp_arena           *arena;
    piece               pieces[PIECES];
    size_t              count;
    atomic_size_t       next;  /* piece to be taken */
    bool                is_last, is_old;
} stepping;

static unsigned jobs_of(const mp_scan_step *step)
{
    return step->jobs == 0 ? 1 : step->jobs < MP_SCAN_JOBS ? step->jobs : MP_SCAN_JOBS;
}
static size_t pieces_of(const mp_scan_step *step)
{
    return step->pieces == 0 || step->pieces > PIECES ? PIECES : step->pieces;
}

void mp_scanning_free(mp_scanning *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < MP_COUNT(s->benches); i++)
        mp_bench_done(&s->benches[i]);
    mp_rulebook_unref(s->book);
    free(s->to);
    free(s->asked);
    free(s);
}

/* ---- the rules of the moment ---- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* Which checks are the same at present: what others say now is none of the scan's business. */
static mp_code follow_present(mp_scanning *s, const mp_rulebook *present, mp_error *err)
{
    uint32_t count = mp_rulebook_count(s->book);
    if (s->to && s->present == mp_rulebook_number(present))
        return MP_OK;
    free(s->to);
    free(s->asked);
    s->to = calloc((size_t)count + 1, sizeof *s->to);
    s->asked = calloc((size_t)count + 1, sizeof *s->asked);
    s->asked_count = 0;
    if (!s->to || !s->asked)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        const mp_rule_facts *facts = mp_rulebook_facts(s->book, i);
        uint32_t             at = mp_rulebook_find(present, facts->key);
        bool is_same = at != MP_NO_CHECK &&
                       memcmp(facts->digest, mp_rulebook_facts(present, at)->digest, sizeof facts->digest) == 0;
        s->to[i] = is_same ? at : MP_NO_CHECK;
        if (is_same)
            s->asked[s->asked_count++] = at;
    }
    qsort(s->asked, s->asked_count, sizeof *s->asked, by_number);
    s->is_all = s->asked_count == mp_rulebook_count(present);
    s->present = mp_rulebook_number(present);
    return MP_OK;
}

static mp_code take_up(stepping *st, mp_tx *tx, mp_error *err)
{
    mp_scanning *s = *st->scanning;
    if (s && s->number == st->scan->number)
        return MP_OK;
    mp_scanning_free(s);
    *st->scanning = s = calloc(1, sizeof *s);
    if (!s)
        return mp_no_memory(err);
    mp_code code = mp_rulebook_make(&s->book, tx, &(mp_rulebook_asked){ .as_of = st->scan->at }, err);
    for (unsigned i = 0; i < jobs_of(st->step) && code == MP_OK; i++) {
        code = mp_bench_init(&s->benches[i], s->book, NULL, 0, err);
        s->benches[i].as_of = st->scan->at;
    }
    if (code != MP_OK) {
        mp_scanning_free(s);
        *st->scanning = NULL;
        return code;
    }
    s->number = st->scan->number;
    return MP_OK;
}

/* ---- what is recorded ---- */

/* The verdict of the check with this number at present. NULL: none. */
static const mp_verdict *verdict_of(const stepping *st, const mp_judged *judged, int64_t number)
{
    for (uint32_t i = 0; i < judged->count; i++)
        if (st->step->numbers[judged->verdicts[i].check] == number)
            return &judged->verdicts[i];
    return NULL;
}

static bool is_asked(const stepping *st, int64_t number)
{
    const mp_scanning *s = *st->scanning;
    for (uint32_t i = 0; i < s->asked_count && !s->is_all; i++)
        if (st->step->numbers[s->asked[i]] == number)
            return true;
    return s->is_all;
}

/* Its verdicts under checks that are the same at present, by their numbers there. */
static void to_present(const stepping *st, mp_judged *judged)
{
    const mp_scanning *s = *st->scanning;
    mp_verdict        *kept = (mp_verdict *)judged->verdicts; /* the batch's own */
    uint32_t           count = 0;
    for (uint32_t i = 0; i < judged->count; i++)
        if (s->to[judged->verdicts[i].check] != MP_NO_CHECK) {
            kept[count] = judged->verdicts[i];
            kept[count++].check = s->to[judged->verdicts[i].check];
        }
    judged->count = count;
    judged->judged = s->is_all ? NULL : s->asked;
    judged->judged_count = s->is_all ? 0 : s->asked_count;
}

static mp_code add_differing(page *p, mp_judged_one *one, mp_error *err)
{
    if (!p->differ && !(p->differ = MP_ARENA_ARRAY(&p->batch.arena, mp_judged_one *, p->batch.count)))
        return mp_no_memory(err);
    p->differ[p->differ_count++] = one;
    return MP_OK;
}

static mp_code add_orphan(page *p, mp_str key, mp_error *err)
{
    if (p->orphan_count == p->orphan_cap) {
        size_t  wanted = p->orphan_cap ? p->orphan_cap * 2 : 64;
        mp_str *grown = MP_ARENA_ARRAY(&p->batch.arena, mp_str, wanted);
        if (!grown)
            return mp_no_memory(err);
        if (p->orphan_count)
            memcpy(grown, p->orphans, p->orphan_count * sizeof *grown);
        p->orphans = grown;
        p->orphan_cap = wanted;
    }
    p->orphans[p->orphan_count] = mp_arena_dup(&p->batch.arena, key);
    return p->orphans[p->orphan_count++].ptr ? MP_OK : mp_no_memory(err);
}

/* Rows of what is recorded, in the order of keys, beside what was judged, in the same order. */
typedef struct comparison {
    const stepping *st;
    piece          *piece;
    page           *page;
    mp_judged_one  *left;   /* the next that was judged */
    mp_judged_one  *one;    /* whose rows come; NULL: nobody's, or of one that is not looked at */
    int64_t         number; /* of the resource whose rows come; 0: none yet */
    uint32_t        found, said;
    bool            differs;
} comparison;

/* All its rows were seen. */
static mp_code finish(comparison *c, mp_error *err)
{
    mp_judged_one *one = c->one;
    c->one = NULL;
    return one && (c->differs || c->found != c->said) ? add_differing(c->page, one, err) : MP_OK;
}

static mp_code take_unrecorded(comparison *c, mp_error *err)
{
    mp_judged_one *one = c->left;
    c->left = one->next;
    to_present(c->st, &one->judged);
    return add_differing(c->page, one, err);
}

/* Columns: key, number, version, at, gone. */
static mp_code begin_resource(comparison *c, const mp_rows *rows, mp_error *err)
{
    const mp_full_scan *scan = c->st->scan;
    mp_str              key = mp_rows_bytes(rows, 0);
    int                 order = 1;
    mp_ticks            at = mp_rows_int(rows, 3);
    bool                is_gone = mp_rows_int(rows, 4) != 0;
    c->number = mp_rows_int(rows, 1);
    while (c->left && (order = mp_str_cmp(c->left->place.key, key)) < 0)
        MP_TRY(take_unrecorded(c, err));
    if (!c->left || order > 0)
        return !is_gone && at <= scan->at && mp_place_holds(scan->scope, key) ? add_orphan(c->page, key, err) : MP_OK;
    mp_judged_one *one = c->left;
    c->left = one->next;
    if (at > scan->at || mp_rows_int(rows, 2) > one->judged.version) {
        c->piece->newer++;
        return MP_OK;
    }
    to_present(c->st, &one->judged);
    c->one = one;
    c->differs = is_gone;
    c->found = c->said = 0;
    for (uint32_t i = 0; i < one->judged.count; i++)
        c->said += one->judged.verdicts[i].state != MP_STATE_NOT_APPLICABLE;
    return MP_OK;
}

/* Columns behind those: rule, state, reason, effect, detail. */
static void look_at_row(comparison *c, const mp_rows *rows)
{
    int64_t           number = mp_rows_int(rows, 5);
    const mp_verdict *v = verdict_of(c->st, &c->one->judged, number);
    bool is_same = v && (int64_t)v->state == mp_rows_int(rows, 6) && (int64_t)v->reason == mp_rows_int(rows, 7) &&
                   mp_str_eq(v->effect, mp_rows_bytes(rows, 8)) && mp_str_eq(v->detail, mp_rows_bytes(rows, 9));
    c->found += is_same;
    c->differs = !is_same && (v || is_asked(c->st, number));
}

static mp_code compare_rows(comparison *c, mp_rows *rows, mp_error *err)
{
    for (bool more = true;;) {
        MP_TRY(mp_rows_next(&more, rows, err));
        if (!more)
            return finish(c, err);
        if (mp_rows_int(rows, 1) != c->number) {
            MP_TRY(finish(c, err));
            MP_TRY(begin_resource(c, rows, err));
        }
        if (c->one && !c->differs && !mp_rows_is_null(rows, 5))
            look_at_row(c, rows);
    }
}

/* What changed and is not judged yet is looked at by that. */
static mp_code leave_waiting(piece *pc, page *pg, mp_tx *tx, mp_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < pg->differ_count; i++) {
        int64_t count = 0;
        MP_TRY(mp_sql_int(&count, tx, "SELECT COUNT(*) FROM dirty WHERE key = ?1",
                          MP_VALUES(mp_text(pg->differ[i]->place.key)), err));
        pc->newer += count > 0;
        if (count == 0)
            pg->differ[kept++] = pg->differ[i];
    }
    pg->differ_count = kept;
    return MP_OK;
}

static mp_code compare(const stepping *st, piece *pc, page *pg, mp_tx *tx, mp_str from, mp_str last, mp_error *err)
{
    comparison c = { .st = st, .piece = pc, .page = pg, .left = pg->batch.first };
    mp_rows   *rows = NULL;
    MP_TRY(mp_sql_ask(
        &rows, tx,
        "SELECT j.key, j.number, j.version, j.at, j.gone, v.rule, v.state, v.reason, v.effect, v.detail FROM judged j LEFT JOIN verdict v"
        " ON v.resource = j.number WHERE j.key >= ?1 AND j.key <= ?2 ORDER BY j.key",
        MP_VALUES(mp_text(from), mp_text(last)), err));
    mp_code code = compare_rows(&c, rows, err);
    mp_rows_close(rows);
    while (code == MP_OK && c.left)
        code = take_unrecorded(&c, err);
    return code == MP_OK ? leave_waiting(pc, pg, tx, err) : code;
}

/* ---- a piece ---- */

static mp_code judge_page(mp_str *next, const stepping *st, piece *pc, page *pg, mp_bench *bench, mp_tx *tx,
                          const mp_estate_run *run, mp_error *err)
{
    mp_estate_page found;
    mp_str         from, last;
    MP_TRY(mp_estate_range(&found, tx, run, PAGE_MOST, &pg->batch.arena, err));
    MP_TRY(mp_estate_ends(&from, &last, run, &pg->batch.arena, err));
    *next = found.next;
    last = found.next.len ? found.next : last;
    mp_batch_at_hand(&pg->batch, &found, from, last);
    for (size_t i = 0; i < found.count; i++)
        MP_TRY(mp_bench_judge(&pg->batch, bench, tx, found.items[i].key, &found.items[i], err));
    for (const mp_judged_one *one = pg->batch.first; one; one = one->next)
        for (uint32_t i = 0; i < one->judged.count; i++)
            pc->states[one->judged.verdicts[i].state]++;
    pc->judged += found.count;
    return compare(st, pc, pg, tx, from, last, err);
}

static void free_page(page *pg)
{
    mp_batch_end(&pg->batch);
    free(pg);
}

/* A page is kept while something is to be done about it. */
static mp_code judge_next_page(mp_str *next, const stepping *st, piece *pc, mp_bench *bench, mp_tx *tx,
                               const mp_estate_run *run, mp_arena *arena, mp_error *err)
{
    page *pg = calloc(1, sizeof *pg);
    if (!pg)
        return mp_no_memory(err);
    mp_batch_begin(&pg->batch);
    mp_code code = judge_page(next, st, pc, pg, bench, tx, run, err);
    if (code == MP_OK && next->len && !(*next = mp_arena_dup(arena, *next)).ptr)
        code = mp_no_memory(err);
    if (code != MP_OK || (pg->differ_count == 0 && pg->orphan_count == 0)) {
        free_page(pg);
        return code;
    }
    pg->next = pc->first;
    pc->first = pg;
    return MP_OK;
}

typedef struct working {
    stepping *st;
    mp_bench *bench;
    piece    *piece; /* at hand */
    pthread_t thread;
} working;

static mp_code judge_piece(mp_tx *tx, void *arg, mp_error *err)
{
    working      *w = arg;
    mp_arena     *arena = mp_tx_arena(tx);
    mp_estate_run run = {
        .scope = w->st->scan->scope, .from = w->piece->from, .last = w->piece->last, .as_of = w->st->scan->at
    };
    for (mp_str next = MP_S("");; next = MP_S("")) {
        MP_TRY(judge_next_page(&next, w->st, w->piece, w->bench, tx, &run, arena, err));
        if (!next.len)
            return MP_OK;
        run.from = mp_record_behind(next, arena);
        if (!run.from.ptr)
            return mp_no_memory(err);
    }
}

static void *work(void *arg)
{
    working *w = arg;
    for (size_t i; (i = atomic_fetch_add(&w->st->next, 1)) < w->st->count;) {
        w->piece = &w->st->pieces[i];
        w->piece->code = mp_store_read(w->st->step->store, judge_piece, w, &w->piece->err);
    }
    return NULL;
}

/* ---- a step ---- */

static mp_code cut_pieces(stepping *st, mp_tx *tx, mp_error *err)
{
    mp_str        cuts[PIECES];
    size_t        most = pieces_of(st->step), count = most;
    mp_estate_run run = { .scope = st->scan->scope,
                          .from = st->scan->last.len ? mp_record_behind(st->scan->last, st->arena) : MP_S("") };
    mp_str        from = run.from;
    if (!from.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_estate_cuts(cuts, &count, tx, &run, MP_SCAN_PIECE, st->arena, err));
    st->is_last = count < most;
    st->count = st->is_last ? count + 1 : count;
    for (size_t i = 0; i < st->count; i++) {
        st->pieces[i] = (piece){ .from = from, .last = i < count ? cuts[i] : mp_str_of(NULL, 0) };
        if (i < count && !(from = mp_record_behind(cuts[i], st->arena)).ptr)
            return mp_no_memory(err);
    }
    return MP_OK;
}

static mp_code prepare(mp_tx *tx, void *arg, mp_error *err)
{
    stepping *st = arg;
    MP_TRY(mp_scan_last(st->scan, tx, st->arena, err));
    if (!st->scan->number || st->scan->stage != MP_SCAN_RUNNING) {
        st->scan->number = 0;
        return MP_OK;
    }
    MP_TRY(take_up(st, tx, err));
    MP_TRY(follow_present(*st->scanning, st->step->book, err));
    return cut_pieces(st, tx, err);
}

/* What the pieces found, in their order. */
static mp_code gather(stepping *st, mp_error *err)
{
    for (size_t i = 0; i < st->count; i++) {
        const piece *pc = &st->pieces[i];
        if (pc->code != MP_OK && err)
            *err = pc->err;
        MP_TRY(pc->code);
        st->scan->judged += pc->judged;
        st->scan->newer += pc->newer;
        for (unsigned k = 0; k < MP_STATE_COUNT; k++)
            st->scan->states[k] += pc->states[k];
        if (pc->last.len)
            st->scan->last = pc->last;
    }
    return MP_OK;
}

/* This thread, and others as far as there are pieces for them. */
static mp_code judge_pieces(stepping *st, mp_error *err)
{
    working  all[MP_SCAN_JOBS];
    unsigned others = 0;
    for (unsigned i = 0; i < MP_SCAN_JOBS; i++)
        all[i] = (working){ .st = st, .bench = &(*st->scanning)->benches[i] };
    while (others + 1 < jobs_of(st->step) && others + 1 < st->count &&
           pthread_create(&all[others + 1].thread, NULL, work, &all[others + 1]) == 0)
        others++;
    work(&all[0]);
    for (unsigned i = 1; i <= others; i++)
        pthread_join(all[i].thread, NULL);
    return gather(st, err);
}

/* ---- storing ---- */

/* Did it change since it was read, or will it be judged anyway? */
static mp_code is_newer(bool *out, const stepping *st, mp_tx *tx, mp_str key, mp_error *err)
{
    int64_t count = 0;
    MP_TRY(mp_sql_int(
        &count, tx,
        "SELECT (SELECT COUNT(*) FROM dirty WHERE key = ?1) + (SELECT COUNT(*) FROM judged WHERE key = ?1 AND at > ?2)",
        MP_VALUES(mp_text(key), mp_int(st->scan->at)), err));
    *out = count > 0;
    return MP_OK;
}

static mp_code put_page_right(stepping *st, mp_verdict_writer *writer, mp_tx *tx, const page *pg, mp_error *err)
{
    for (size_t i = 0; i < pg->differ_count; i++) {
        bool is_new = false;
        MP_TRY(is_newer(&is_new, st, tx, pg->differ[i]->place.key, err));
        if (is_new)
            st->scan->newer++;
        else
            MP_TRY(mp_verdicts_put(writer, &pg->differ[i]->judged, err));
    }
    for (size_t i = 0; i < pg->orphan_count; i++)
        MP_TRY(mp_dirty_add(tx, pg->orphans[i], false, err));
    return MP_OK;
}

static mp_code put_right(stepping *st, mp_tx *tx, mp_error *err)
{
    mp_verdict_writer *writer = NULL;
    uint32_t           changed = 0;
    mp_code            code = MP_OK;
    for (size_t i = 0; i < st->count && code == MP_OK; i++) {
        for (const page *pg = st->pieces[i].first; pg && code == MP_OK; pg = pg->next) {
            if (!writer)
                MP_TRY(mp_verdicts_begin(&writer, tx, st->step->book, st->step->numbers, err));
            code = put_page_right(st, writer, tx, pg, err);
        }
    }
    mp_code ended = writer ? mp_verdicts_end(&changed, writer, code == MP_OK ? err : NULL) : MP_OK;
    st->scan->mended += changed;
    return code == MP_OK ? ended : code;
}

static bool has_something(const stepping *st)
{
    bool has = false;
    for (size_t i = 0; i < st->count; i++)
        has = has || st->pieces[i].first;
    return has;
}

static mp_code store_step(mp_tx *tx, void *arg, mp_error *err)
{
    stepping    *st = arg;
    mp_full_scan now;
    bool         is_current;
    *st->scan = st->read;
    MP_TRY(mp_rulebook_is_current(&is_current, st->step->books, st->step->book, tx, err));
    MP_TRY(mp_scan_last(&now, tx, mp_tx_arena(tx), err));
    /* Where all is as it should be no rule is applied: the scan goes on however often they change. */
    st->is_old = now.number != st->scan->number || now.stage != MP_SCAN_RUNNING || (!is_current && has_something(st));
    if (st->is_old)
        return MP_OK;
    MP_TRY(put_right(st, tx, err));
    if (st->is_last) {
        st->scan->stage = MP_SCAN_DONE;
        st->scan->ended = mp_tx_time(tx);
        st->scan->total = st->scan->judged;
        MP_TRY(st->step->note(st->step->ctx, tx, st->scan, err));
    }
    return mp_scan_note(tx, st->scan, err);
}

static void free_pieces(stepping *st)
{
    for (size_t i = 0; i < st->count; i++)
        for (page *pg = st->pieces[i].first, *next; pg; pg = next) {
            next = pg->next;
            free_page(pg);
        }
}

mp_code mp_scan_some(bool *did, mp_full_scan *scan, mp_scanning **scanning, const mp_scan_step *step, mp_arena *arena,
                     mp_error *err)
{
    stepping st = { .step = step, .scanning = scanning, .scan = scan, .arena = arena };
    mp_code  code = mp_store_read(step->store, prepare, &st, err);
    *did = code == MP_OK && scan->number != 0;
    if (*did)
        code = judge_pieces(&st, err);
    st.read = *scan;
    if (*did && code == MP_OK)
        code = mp_store_write(step->store, store_step, &st, err);
    free_pieces(&st);
    if (*scanning && (!*did || st.is_last)) { /* memory of rules that nobody needs any more */
        mp_scanning_free(*scanning);
        *scanning = NULL;
    }
    return code;
}
