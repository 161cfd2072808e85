/* SPDX-License-Identifier: Apache-2.0 */
/* A page is read and judged as of the scan's moment, within one snapshot, and compared there with what is recorded: the writer gets only what differs, and how far the scan
 * is. What is recorded of a resource that is not there any more is found by the keys between those of the page, and judged as a change is. */
#include "scans.h"

#include <stdlib.h>

#include "judge_estate.h"
#include "keys.h"
#include "map.h"
#include "sql.h"

#define AT_ONCE 500

struct mp_scanning {
    int64_t     number;
    mp_rulebook *book;   /* as of the scan's moment */
    mp_bench    bench;
    uint64_t    present; /* number of the rulebook that `to` leads to */
    uint32_t   *to;      /* check of the moment to the same check at present, or MP_NO_CHECK */
    uint32_t   *asked;   /* those of the present that are there: asked_count of them, rising */
    uint32_t    asked_count;
    bool        is_all;  /* every check of the present is among them */
};

typedef struct stepping {
    const mp_scan_step *step;
    mp_scanning       **scanning;
    mp_full_scan       *scan;
    mp_full_scan        read;  /* as it stood before the write, which may be tried again */
    mp_arena           *arena;
    mp_judged_batch     batch;
    mp_judged_one     **differ;
    size_t              differ_count;
    mp_str             *orphans;
    size_t              orphan_count;
    bool                is_last, is_old;
} stepping;

static mp_code no_memory(mp_error *err) { return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a scan"); }

void mp_scanning_free(mp_scanning *s)
{
    if (!s)
        return;
    mp_bench_done(&s->bench);
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
        return no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        const mp_rule_facts *facts = mp_rulebook_facts(s->book, i);
        uint32_t             at = mp_rulebook_find(present, facts->key);
        bool is_same = at != MP_NO_CHECK && memcmp(facts->digest, mp_rulebook_facts(present, at)->digest, sizeof facts->digest) == 0;
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
        return no_memory(err);
    mp_code code = mp_rulebook_make(&s->book, tx, &(mp_rulebook_asked){ .as_of = st->scan->at }, err);
    if (code == MP_OK)
        code = mp_bench_init(&s->bench, s->book, NULL, 0, err);
    if (code != MP_OK) {
        mp_scanning_free(s);
        *st->scanning = NULL;
        return code;
    }
    s->bench.as_of = st->scan->at;
    s->number = st->scan->number;
    return MP_OK;
}

/* ---- what is recorded ---- */

typedef struct recorded {
    int64_t  number, version;
    mp_ticks at;
    bool     is_there;
} recorded;

static mp_code read_recorded(recorded *out, mp_tx *tx, mp_str key, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = false;
    *out = (recorded){ .number = 0 };
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT number, version, at, gone FROM judged WHERE key = ?1", MP_VALUES(mp_text(key)), err));
    mp_code code = mp_rows_next(&more, rows, err);
    if (code == MP_OK && more)
        *out = (recorded){ mp_rows_int(rows, 0), mp_rows_int(rows, 1), mp_rows_int(rows, 2), mp_rows_int(rows, 3) == 0 };
    mp_rows_close(rows);
    return code;
}

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

static mp_code compare(bool *differs, stepping *st, mp_tx *tx, const mp_judged *judged, int64_t resource, mp_error *err)
{
    mp_rows *rows = NULL;
    bool     more = true;
    uint32_t found = 0, said = 0;
    for (uint32_t i = 0; i < judged->count; i++)
        said += judged->verdicts[i].state != MP_STATE_NOT_APPLICABLE;
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT rule, state, reason, effect, detail FROM verdict WHERE resource = ?1", MP_VALUES(mp_int(resource)), err));
    mp_code code = MP_OK;
    while (!*differs && (code = mp_rows_next(&more, rows, err)) == MP_OK && more) {
        const mp_verdict *v = verdict_of(st, judged, mp_rows_int(rows, 0));
        bool is_same = v && (int64_t)v->state == mp_rows_int(rows, 1) && (int64_t)v->reason == mp_rows_int(rows, 2) && mp_str_eq(v->effect, mp_rows_bytes(rows, 3)) &&
                       mp_str_eq(v->detail, mp_rows_bytes(rows, 4));
        found += is_same;
        *differs = !is_same && (v || is_asked(st, mp_rows_int(rows, 0)));
    }
    mp_rows_close(rows);
    *differs = *differs || found != said;
    return code;
}

/* Its verdicts under checks that are the same at present, by their numbers there. */
static void to_present(stepping *st, mp_judged *judged)
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

static mp_code look_at(stepping *st, mp_tx *tx, mp_judged_one *one, mp_error *err)
{
    recorded was;
    bool     differs = false;
    for (uint32_t i = 0; i < one->judged.count; i++)
        st->scan->states[one->judged.verdicts[i].state]++;
    st->scan->judged++;
    MP_TRY(read_recorded(&was, tx, one->place.key, err));
    if (was.number && (was.at > st->scan->at || was.version > one->judged.version)) {
        st->scan->newer++;
        return MP_OK;
    }
    to_present(st, &one->judged);
    differs = !was.number || !was.is_there;
    if (!differs)
        MP_TRY(compare(&differs, st, tx, &one->judged, was.number, err));
    if (differs)
        st->differ[st->differ_count++] = one;
    return MP_OK;
}

/* ---- what is recorded, and was not there ---- */

static mp_code add_orphan(stepping *st, mp_str key, size_t *cap, mp_error *err)
{
    if (st->orphan_count == *cap) {
        *cap = *cap ? *cap * 2 : 64;
        mp_str *grown = MP_ARENA_ARRAY(st->arena, mp_str, *cap);
        if (!grown)
            return no_memory(err);
        if (st->orphan_count)
            memcpy(grown, st->orphans, st->orphan_count * sizeof *grown);
        st->orphans = grown;
    }
    st->orphans[st->orphan_count] = mp_arena_dup(st->arena, key);
    return st->orphans[st->orphan_count++].ptr ? MP_OK : no_memory(err);
}

/* Between the last key of the page before and this page's last one: to the end on the last page. */
static mp_code find_orphans(stepping *st, mp_tx *tx, const mp_map *seen, mp_str from, mp_str to, mp_error *err)
{
    mp_str   scope = st->scan->scope.len > 1 ? st->scan->scope : MP_S(""), below = mp_arena_printf(st->arena, "%.*s/", MP_FMT(scope)),
             behind = mp_arena_printf(st->arena, "%.*s0", MP_FMT(scope));
    mp_rows *rows = NULL;
    bool     more = true;
    size_t   cap = 0;
    if (!below.ptr || !behind.ptr)
        return no_memory(err);
    MP_TRY(mp_sql_ask(&rows, tx, "SELECT key FROM judged WHERE gone = 0 AND at <= ?1 AND key > ?2 AND (?3 = '' OR key <= ?3) AND (?4 = '' OR key = ?4 OR (key >= ?5 AND key < ?6))",
                      MP_VALUES(mp_int(st->scan->at), mp_text(from), mp_text(to), mp_text(scope), mp_text(below), mp_text(behind)), err));
    mp_code code = MP_OK;
    while (code == MP_OK && (code = mp_rows_next(&more, rows, err)) == MP_OK && more)
        if (!mp_map_get(seen, mp_rows_bytes(rows, 0)))
            code = add_orphan(st, mp_rows_bytes(rows, 0), &cap, err);
    mp_rows_close(rows);
    return code;
}

/* ---- a page ---- */

static mp_code judge_items(stepping *st, mp_tx *tx, const mp_estate_page *page, mp_map *seen, mp_error *err)
{
    st->differ = MP_ARENA_ARRAY(st->arena, mp_judged_one *, page->count + 1);
    if (!st->differ)
        return no_memory(err);
    for (size_t i = 0; i < page->count; i++) {
        MP_TRY(mp_bench_judge(&st->batch, &(*st->scanning)->bench, tx, page->items[i].key, &page->items[i], err));
        MP_TRY(mp_map_put(seen, page->items[i].key, st, err));
    }
    for (mp_judged_one *one = st->batch.first; one; one = one->next)
        MP_TRY(look_at(st, tx, one, err));
    return MP_OK;
}

static mp_code judge_page(stepping *st, mp_tx *tx, mp_map *seen, mp_error *err)
{
    mp_full_scan   *scan = st->scan;
    mp_estate_query query = { .scope = scan->scope, .with_groups = true, .after = scan->position, .limit = AT_ONCE, .as_of = scan->at };
    mp_estate_page  page;
    mp_str          last = scan->last;
    MP_TRY(mp_estate_list(&page, tx, &query, st->arena, err));
    MP_TRY(judge_items(st, tx, &page, seen, err));
    st->is_last = page.next.len == 0;
    if (page.count)
        last = page.items[page.count - 1].key;
    if (page.count || st->is_last)
        MP_TRY(find_orphans(st, tx, seen, scan->last, st->is_last ? MP_S("") : last, err));
    scan->last = last;
    scan->position = page.next;
    return MP_OK;
}

static mp_code read_page(mp_tx *tx, void *arg, mp_error *err)
{
    stepping *st = arg;
    mp_map    seen = MP_MAP_INIT;
    MP_TRY(mp_scan_last(st->scan, tx, st->arena, err));
    if (!st->scan->number || st->scan->stage != MP_SCAN_RUNNING) {
        st->scan->number = 0;
        return MP_OK;
    }
    MP_TRY(take_up(st, tx, err));
    MP_TRY(follow_present(*st->scanning, st->step->book, err));
    mp_code code = judge_page(st, tx, &seen, err);
    mp_map_free(&seen);
    return code;
}

/* ---- storing ---- */

static mp_code is_waiting(bool *out, mp_tx *tx, mp_str key, mp_error *err)
{
    int64_t count = 0;
    MP_TRY(mp_sql_int(&count, tx, "SELECT COUNT(*) FROM dirty WHERE key = ?1", MP_VALUES(mp_text(key)), err));
    *out = count > 0;
    return MP_OK;
}

static mp_code put_right(stepping *st, mp_tx *tx, mp_error *err)
{
    mp_verdict_writer *writer;
    uint32_t           changed = 0;
    mp_code            code = MP_OK;
    if (st->differ_count == 0)
        return MP_OK;
    MP_TRY(mp_verdicts_begin(&writer, tx, st->step->book, st->step->numbers, err));
    for (size_t i = 0; i < st->differ_count && code == MP_OK; i++) {
        bool     waits = false;
        recorded was;
        code = is_waiting(&waits, tx, st->differ[i]->place.key, err);
        if (code == MP_OK)
            code = read_recorded(&was, tx, st->differ[i]->place.key, err);
        if (code == MP_OK && (waits || was.at > st->scan->at))
            st->scan->newer++; /* since the page was read */
        else if (code == MP_OK)
            code = mp_verdicts_put(writer, &st->differ[i]->judged, err);
    }
    mp_code ended = mp_verdicts_end(&changed, writer, code == MP_OK ? err : NULL);
    st->scan->mended += changed;
    return code == MP_OK ? ended : code;
}

static mp_code store_page(mp_tx *tx, void *arg, mp_error *err)
{
    stepping    *st = arg;
    mp_full_scan now;
    bool         is_current;
    *st->scan = st->read;
    MP_TRY(mp_rulebook_is_current(&is_current, st->step->books, st->step->book, tx, err));
    MP_TRY(mp_scan_last(&now, tx, mp_tx_arena(tx), err));
    st->is_old = now.number != st->scan->number || now.stage != MP_SCAN_RUNNING || !is_current;
    if (st->is_old)
        return MP_OK;
    MP_TRY(put_right(st, tx, err));
    for (size_t i = 0; i < st->orphan_count; i++)
        MP_TRY(mp_dirty_add(tx, st->orphans[i], false, err));
    if (st->is_last) {
        st->scan->stage = MP_SCAN_DONE;
        st->scan->ended = mp_tx_time(tx);
        st->scan->total = st->scan->judged;
        MP_TRY(st->step->note(st->step->ctx, tx, st->scan, err));
    }
    return mp_scan_note(tx, st->scan, err);
}

mp_code mp_scan_some(bool *did, mp_full_scan *scan, mp_scanning **scanning, const mp_scan_step *step, mp_arena *arena, mp_error *err)
{
    stepping st = { .step = step, .scanning = scanning, .scan = scan, .arena = arena };
    mp_batch_begin(&st.batch);
    mp_code code = mp_store_read(step->store, read_page, &st, err);
    *did = code == MP_OK && scan->number != 0;
    st.read = *scan;
    if (*did)
        code = mp_store_write(step->store, store_page, &st, err);
    mp_batch_end(&st.batch);
    if (*scanning && (!*did || st.is_last)) { /* memory of rules that nobody needs any more */
        mp_scanning_free(*scanning);
        *scanning = NULL;
    }
    return code;
}
