/* SPDX-License-Identifier: Apache-2.0 */
#include "judge_estate.h"

#include <mapae/inventory.h>

#include "rulebook_internal.h"

/* ---- a bench ---- */

static mp_code make_plan(mp_bench *bench, mp_error *err)
{
    mp_check *checks = MP_ARENA_ARRAY(&bench->arena, mp_check, (size_t)bench->count + 1);
    if (!checks)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < bench->count; i++)
        checks[i] = bench->book->checks[bench->checks[i]];
    return mp_plan_new(&bench->plan, checks, bench->count, mp_plan_options_of(bench->book->plan), err);
}

mp_code mp_bench_init(mp_bench *out, mp_rulebook *book, const uint32_t *checks, uint32_t count, mp_error *err)
{
    *out = (mp_bench){ .book = book, .checks = checks, .count = checks ? count : book->count };
    atomic_fetch_add(&book->refs, 1);
    mp_code code = checks ? make_plan(out, err) : MP_OK;
    if (code == MP_OK)
        code = mp_judge_new(&out->judge, out->plan ? out->plan : book->plan, err);
    if (code != MP_OK)
        mp_bench_done(out);
    return code;
}

void mp_bench_done(mp_bench *bench)
{
    mp_judge_free(bench->judge);
    mp_plan_free(bench->plan);
    mp_arena_free(&bench->arena);
    mp_rulebook_unref(bench->book);
    *bench = (mp_bench){ .book = NULL };
}

/* ---- a batch ---- */

void mp_batch_begin(mp_judged_batch *batch)
{
    *batch = (mp_judged_batch){ .arena = MP_ARENA_INIT, .kept = MP_AROUND_KEPT_INIT };
    batch->last = &batch->first;
}

void mp_batch_end(mp_judged_batch *batch)
{
    mp_around_kept_done(&batch->kept);
    mp_arena_free(&batch->arena);
}

void mp_batch_at_hand(mp_judged_batch *batch, const mp_estate_page *page, mp_str from, mp_str last)
{
    batch->kept.items = page->items;
    batch->kept.count = page->count;
    batch->kept.from = from;
    batch->kept.last = last;
}

static mp_judged_one *add(mp_judged_batch *batch)
{
    mp_judged_one *one = MP_ARENA_NEW(&batch->arena, mp_judged_one);
    if (!one)
        return NULL;
    *batch->last = one;
    batch->last = &one->next;
    batch->count++;
    return one;
}

/* Verdicts with the rulebook's numbers; texts of the judge go with its next resource. */
static mp_code keep_verdicts(mp_judged *to, const mp_bench *bench, const mp_verdict *from, uint32_t count,
                             mp_arena *arena, mp_error *err)
{
    mp_verdict *verdicts = MP_ARENA_ARRAY(arena, mp_verdict, (size_t)count + 1);
    if (!verdicts)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        verdicts[i] = from[i];
        verdicts[i].check = bench->checks ? bench->checks[from[i].check] : from[i].check;
        verdicts[i].effect = mp_arena_dup(arena, from[i].effect);
        verdicts[i].detail = mp_arena_dup(arena, from[i].detail);
        if (!verdicts[i].effect.ptr || !verdicts[i].detail.ptr)
            return mp_no_memory(err);
    }
    to->verdicts = verdicts;
    to->count = count;
    return MP_OK;
}

/* "East US 2" is eastus2. */
static mp_str normal_location(mp_str s, mp_arena *arena)
{
    char *copy = mp_arena_alloc(arena, s.len + 1), *at = copy;
    for (size_t i = 0; copy && i < s.len; i++)
        if (s.ptr[i] != ' ')
            *at++ = (char)(s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? s.ptr[i] | 0x20 : s.ptr[i]);
    if (!copy)
        return mp_str_of(NULL, 0);
    *at = '\0';
    return mp_str_of(copy, (size_t)(at - copy));
}

static bool looks_around(const mp_program *p) { return p->names_context || p->reads_group || p->reads_subscription; }

/* What applies to its type. A resource that nothing applies to is quickly done with. */
static mp_code run(mp_judged_one *one, mp_bench *bench, mp_around *around, const mp_resource *resource,
                   const mp_program *program, mp_error *err)
{
    mp_ticks          now = bench->as_of ? bench->as_of : mp_tx_time(around->tx);
    mp_surroundings   surroundings = { .now = now };
    const mp_verdict *verdicts;
    uint32_t          count;
    if (program->item_count == 0)
        return MP_OK;
    if (looks_around(program))
        MP_TRY(mp_around_fill(&surroundings, around, &one->place, NULL, now, err));
    if (one->place.kind == MP_PLACE_GROUP)
        surroundings.resource_group = resource->doc;
    MP_TRY(mp_judge_begin(bench->judge, program, resource, &surroundings, err));
    MP_TRY(mp_judge_run(bench->judge, &around->related, &verdicts, &count, err));
    MP_TRY(mp_around_check(around, err));
    return keep_verdicts(&one->judged, bench, verdicts, count, around->arena, err);
}

static mp_code judge(mp_judged_batch *batch, mp_judged_one *one, mp_bench *bench, mp_tx *tx,
                     const mp_estate_item *item, mp_error *err)
{
    mp_around         around;
    mp_resource       resource;
    const mp_program *program;
    mp_around_init(&around, tx, &batch->arena, bench->as_of);
    around.kept = &batch->kept;
    MP_TRY(mp_resource_from_arm(&resource, item->document, &batch->arena, err));
    MP_TRY(mp_plan_program(&program, bench->plan ? bench->plan : bench->book->plan, resource.type, err));
    one->judged = (mp_judged){ .place = &one->place,
                               .location = normal_location(resource.location, &batch->arena),
                               .tags = resource.tags,
                               .version = item->version,
                               .judged = bench->checks,
                               .judged_count = bench->checks ? bench->count : 0 };
    if (!one->judged.location.ptr)
        return mp_no_memory(err);
    return item->is_presumed ? MP_OK : run(one, bench, &around, &resource, program, err); /* nothing is guessed */
}

mp_code mp_bench_judge(mp_judged_batch *batch, mp_bench *bench, mp_tx *tx, mp_str key, const mp_estate_item *item,
                       mp_error *err)
{
    mp_judged_one *one = add(batch);
    if (!one)
        return mp_no_memory(err);
    MP_TRY(item ? mp_place_of_item(&one->place, item, &batch->arena, err)
                : mp_place_of(&one->place, key, &batch->arena, err));
    one->is_gone = !item;
    return item ? judge(batch, one, bench, tx, item, err) : MP_OK;
}

static mp_code put_all(const mp_judged_batch *batch, mp_verdict_writer *writer, mp_error *err)
{
    for (const mp_judged_one *one = batch->first; one; one = one->next)
        MP_TRY(one->is_gone ? mp_verdicts_drop(writer, one->place.key, err) : mp_verdicts_put(writer, &one->judged, err));
    return MP_OK;
}

mp_code mp_batch_store(mp_judged_batch *batch, mp_tx *tx, const mp_rulebook *book, const int64_t *numbers, mp_error *err)
{
    mp_verdict_writer *writer;
    MP_TRY(mp_verdicts_begin(&writer, tx, book, numbers, err));
    mp_code code = put_all(batch, writer, err);
    mp_code ended = mp_verdicts_end(&batch->changed, writer, code == MP_OK ? err : NULL);
    return code == MP_OK ? ended : code;
}
