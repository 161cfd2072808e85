/* SPDX-License-Identifier: Apache-2.0 */
/* Two rulebooks of the same few assignments, and of each the checks that the other has not, or has otherwise. A
 * resource is judged under both; a check is the same in both by its key. */
#include "foresight.h"

#include "foresight_internal.h"

#include <stdlib.h>
#include <string.h>

#include "changes.h"
#include "judge_estate.h"
#include "keys.h"
#include "rulebook_internal.h"

#define PAGE 200
#define ROWS 100
#define ROWS_MOST 1000

/* One side: its checks that are looked at, and what they said of the resource at hand. */
typedef struct side {
    mp_rulebook *book;
    uint32_t    *checks; /* numbers in its book, rising */
    uint32_t     count;
    mp_bench     bench;
    uint8_t     *said;   /* states, by number in its book */
} side;

typedef struct pair { /* MP_NO_CHECK: the side has it not */
    uint32_t was, will;
} pair;

typedef struct looking {
    mp_foreseeing f;
    mp_foresight *out;
    side          was, will;
    pair         *pairs;
    uint32_t      pair_count;
    mp_str        scope;
    mp_jsonw      w;
    uint32_t      rows;
    uint64_t      compared;
} looking;

/* ---- which checks differ ---- */

static bool differs(looking *l, uint32_t will, uint32_t was)
{
    mp_str key;
    if (was == MP_NO_CHECK)
        return true;
    const mp_rule_facts *a = mp_rulebook_facts(l->was.book, was), *b = mp_rulebook_facts(l->will.book, will);
    if (mp_key_of(&key, b->assignment_id, l->f.arena, NULL) != MP_OK)
        return true;
    return memcmp(a->digest, b->digest, sizeof a->digest) != 0 || mp_map_get(&l->f.terms, key) != NULL;
}

static void add_pair(looking *l, uint32_t was, uint32_t will)
{
    l->pairs[l->pair_count++] = (pair){ was, will };
    if (was != MP_NO_CHECK)
        l->was.checks[l->was.count++] = was;
    if (will != MP_NO_CHECK)
        l->will.checks[l->will.count++] = will;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static mp_code pair_checks(looking *l, mp_error *err)
{
    uint32_t before = mp_rulebook_count(l->was.book), after = mp_rulebook_count(l->will.book);
    l->pairs = MP_ARENA_ARRAY(l->f.arena, pair, (size_t)before + after + 1);
    side *sides[] = { &l->was, &l->will };
    for (unsigned i = 0; i < 2; i++) {
        sides[i]->checks = MP_ARENA_ARRAY(l->f.arena, uint32_t, (size_t)mp_rulebook_count(sides[i]->book) + 1);
        sides[i]->said = MP_ARENA_ARRAY(l->f.arena, uint8_t, (size_t)mp_rulebook_count(sides[i]->book) + 1);
        if (!sides[i]->checks || !sides[i]->said)
            return mp_no_memory(err);
    }
    if (!l->pairs)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < after; i++) {
        uint32_t was = mp_rulebook_find(l->was.book, mp_rulebook_facts(l->will.book, i)->key);
        if (differs(l, i, was))
            add_pair(l, was, i);
    }
    for (uint32_t i = 0; i < before; i++)
        if (mp_rulebook_find(l->will.book, mp_rulebook_facts(l->was.book, i)->key) == MP_NO_CHECK)
            add_pair(l, i, MP_NO_CHECK);
    qsort(l->was.checks, l->was.count, sizeof *l->was.checks, by_number);
    return MP_OK;
}

/* ---- where ---- */

static const mp_rule_facts *facts_of(const looking *l, const pair *p)
{
    return p->will != MP_NO_CHECK ? mp_rulebook_facts(l->will.book, p->will) : mp_rulebook_facts(l->was.book, p->was);
}

/* What both scopes hold; an assignment's own when all of them share it, and it is no management group. */
static mp_code find_scope(looking *l, mp_error *err)
{
    mp_str shared = l->pair_count ? facts_of(l, &l->pairs[0])->assignment_scope : MP_S(""), key;
    for (uint32_t i = 0; i < l->pair_count; i++)
        for (unsigned k = 0; k < 2; k++) {
            uint32_t n = k ? l->pairs[i].will : l->pairs[i].was;
            if (n != MP_NO_CHECK &&
                !mp_str_eq_fold(shared, mp_rulebook_facts(k ? l->will.book : l->was.book, n)->assignment_scope))
                shared = MP_S("");
        }
    if (!mp_str_starts_fold(shared, MP_S("/subscriptions/")))
        shared = MP_S("");
    MP_TRY(mp_key_of(&key, shared, l->f.arena, err));
    l->scope = l->f.q->scope.len > 1 && (key.len == 0 || mp_place_holds(key, l->f.q->scope)) ? l->f.q->scope : key;
    return MP_OK;
}

/* ---- one resource ---- */

static mp_code ask(side *s, mp_tx *tx, const mp_estate_item *item, mp_error *err)
{
    mp_judged_batch batch;
    if (s->count == 0)
        return MP_OK;
    for (uint32_t i = 0; i < s->count; i++)
        s->said[s->checks[i]] = MP_STATE_NOT_APPLICABLE;
    mp_batch_begin(&batch);
    mp_code code = mp_bench_judge(&batch, &s->bench, tx, item->key, item, err);
    for (uint32_t i = 0; code == MP_OK && i < batch.first->judged.count; i++)
        s->said[batch.first->judged.verdicts[i].check] = (uint8_t)batch.first->judged.verdicts[i].state;
    mp_batch_end(&batch);
    return code;
}

static mp_code put_row(looking *l, mp_str id, const pair *p, mp_state from, mp_state to, mp_error *err)
{
    const mp_rule_facts *facts = facts_of(l, p);
    const mp_str         texts[] = { facts->assignment_id, facts->reference_id, facts->definition_id };
    static const char *const names[] = { "assignmentId", "referenceId", "definitionId" };
    mp_jsonw_object(&l->w);
    mp_jsonw_put_str(&l->w, "kind", mp_change_kind(from, to));
    mp_jsonw_put_str(&l->w, "resourceId", id);
    for (unsigned i = 0; i < MP_COUNT(texts); i++) { /* the rulebook goes before the answer does */
        mp_str kept = mp_arena_dup(l->f.arena, texts[i].ptr ? texts[i] : MP_S(""));
        if (!kept.ptr)
            return mp_no_memory(err);
        mp_jsonw_put_str(&l->w, names[i], kept);
    }
    mp_change_put_state(&l->w, "from", from);
    mp_change_put_state(&l->w, "to", to);
    mp_jsonw_end(&l->w);
    l->rows++;
    return MP_OK;
}

static mp_code look_at(looking *l, const mp_estate_item *item, mp_error *err)
{
    mp_str id = mp_str_of(NULL, 0);
    MP_TRY(ask(&l->was, l->f.tx, item, err));
    MP_TRY(ask(&l->will, l->f.tx, item, err));
    l->out->resources++;
    for (uint32_t i = 0; i < l->pair_count; i++) {
        const pair *p = &l->pairs[i];
        mp_state    from = p->was == MP_NO_CHECK ? MP_STATE_NOT_APPLICABLE : (mp_state)l->was.said[p->was],
                 to = p->will == MP_NO_CHECK ? MP_STATE_NOT_APPLICABLE : (mp_state)l->will.said[p->will];
        l->compared++;
        l->out->verdicts += from == to && to != MP_STATE_NOT_APPLICABLE;
        if (from == to)
            continue;
        l->out->changes[from][to]++;
        if (!id.ptr && !(id = mp_arena_dup(l->f.arena, item->id)).ptr)
            return mp_no_memory(err);
        MP_TRY(put_row(l, id, p, from, to, err));
    }
    return MP_OK;
}

/* ---- pages ---- */

/* "SKIP.TOKEN": so many of the page that the token begins are done with. */
static mp_code read_after(uint32_t *skip, mp_str *token, mp_str after, mp_error *err)
{
    size_t dot = mp_str_find(after, '.');
    *skip = 0;
    *token = MP_S("");
    if (!after.len)
        return MP_OK;
    for (size_t i = 0; i < dot && dot != SIZE_MAX; i++) {
        if (after.ptr[i] < '0' || after.ptr[i] > '9' || *skip > PAGE)
            dot = SIZE_MAX;
        else
            *skip = *skip * 10 + (uint32_t)(after.ptr[i] - '0');
    }
    if (dot == SIZE_MAX || dot == 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the continuation is none that this question gave");
    *token = mp_str_skip(after, dot + 1);
    return MP_OK;
}

static mp_code look_page(bool *is_full, looking *l, mp_str *token, uint32_t skip, mp_arena *arena, mp_error *err)
{
    uint32_t        most = l->f.q->rows == 0 ? ROWS : l->f.q->rows > ROWS_MOST ? ROWS_MOST : l->f.q->rows;
    mp_estate_query query = { .scope = l->scope, .with_groups = true, .after = *token, .limit = PAGE };
    mp_estate_page  page;
    MP_TRY(mp_estate_list(&page, l->f.tx, &query, arena, err));
    size_t i = skip;
    for (; i < page.count && !*is_full; i++) {
        MP_TRY(look_at(l, &page.items[i], err));
        *is_full = l->rows >= most || l->compared >= MP_FORESIGHT_VERDICTS || l->out->resources >= MP_FORESIGHT_RESOURCES;
    }
    bool is_within = *is_full && i < page.count;
    if (*is_full && (is_within || page.next.len)) {
        mp_str at = is_within ? *token : page.next;
        l->out->next = mp_arena_printf(l->f.arena, "%zu.%.*s", is_within ? i : (size_t)0, MP_FMT(at));
        return l->out->next.ptr ? MP_OK : mp_no_memory(err);
    }
    *token = mp_arena_dup(l->f.arena, page.next);
    *is_full = *is_full || page.next.len == 0;
    return token->ptr ? MP_OK : mp_no_memory(err);
}

static mp_code look(looking *l, mp_error *err)
{
    uint32_t skip;
    mp_str   token;
    MP_TRY(read_after(&skip, &token, l->f.q->after, err));
    for (bool is_full = l->pair_count == 0; !is_full; skip = 0) {
        mp_arena arena = MP_ARENA_INIT;
        mp_code  code = look_page(&is_full, l, &token, skip, &arena, err);
        mp_arena_free(&arena);
        MP_TRY(code);
    }
    return MP_OK;
}

/* ---- together ---- */

static mp_code foresee(looking *l, mp_error *err)
{
    mp_rulebook_asked asked = { .assignments = NULL };
    MP_TRY(mp_foresight_changes(&l->f, err));
    MP_TRY(mp_foresight_touched(&l->f, err));
    mp_jsonw_init(&l->w, l->f.arena);
    mp_jsonw_array(&l->w);
    if (l->f.touched_count) {
        asked.assignments = l->f.touched;
        asked.assignment_count = l->f.touched_count;
        MP_TRY(mp_rulebook_make(&l->was.book, l->f.tx, &asked, err));
        asked.beside = l->was.book;
        asked.changes = l->f.changes;
        asked.change_count = l->f.change_count;
        MP_TRY(mp_rulebook_make(&l->will.book, l->f.tx, &asked, err));
        MP_TRY(pair_checks(l, err));
        MP_TRY(find_scope(l, err));
        if (l->was.count)
            MP_TRY(mp_bench_init(&l->was.bench, l->was.book, l->was.checks, l->was.count, err));
        if (l->will.count)
            MP_TRY(mp_bench_init(&l->will.bench, l->will.book, l->will.checks, l->will.count, err));
        MP_TRY(look(l, err));
    }
    mp_jsonw_end(&l->w);
    l->out->value = mp_jsonw_done(&l->w);
    return l->out->value ? MP_OK : mp_no_memory(err);
}

mp_code mp_foresee(mp_foresight *out, mp_object_fault *fault, mp_tx *tx, const mp_foresight_query *query,
                   mp_arena *arena, mp_error *err)
{
    looking l = { .f = { .q = query, .fault = fault, .tx = tx, .arena = arena, .terms = MP_MAP_INIT }, .out = out };
    *out = (mp_foresight){ .resources = 0 };
    *fault = (mp_object_fault){ .code = NULL };
    mp_code code = foresee(&l, err);
    mp_bench_done(&l.was.bench);
    mp_bench_done(&l.will.bench);
    mp_rulebook_unref(l.was.book);
    mp_rulebook_unref(l.will.book);
    mp_map_free(&l.f.terms);
    return code;
}
