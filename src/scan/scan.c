/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

#include "aside.h"
#include "map.h"
#include "related.h"
#include "seen.h"
#include "sums.h"
#include "turn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* Every thread does the same: take a batch (one at a time), read its records, wait for its turn to say
 * which resources are new, judge, wait for its turn to hand over what it found. Between the turns
 * threads share nothing but what never changes. */



/* A resource put aside for the second pass: this, what was said of it already, the numbers of the items
 * that pend, and the pack. */
struct deferred {
    uint32_t          bytes; /* of all of it */
    uint32_t          said_count, pended_count;
    uint32_t          pack_at;
    mp_waits          waits;
    const mp_program *program;
    mp_origin         origin;
};

struct said { /* a verdict, as far as sums need it */
    uint32_t check, state;
};

struct record {
    const mp_program *program; /* NULL: not made yet */
    uint64_t          id_hash;
    mp_resource resource;
    mp_origin   origin;
    bool        is_read;
    bool        is_new;
};

struct kept { /* a related resource, until it is handed over */
    const mp_program  *program;
    const mp_resource *resource;
    mp_pack           *pack; /* NULL: a container's document */
    struct kept       *next;
};

struct problem {
    mp_scan_problem problem;
    struct problem *next;
};

struct worker {
    mp_scan            *scan;
    mp_judge           *judge;
    mp_sums            *sums;
    mp_inventory_batch *batch;
    mp_json_doc        *doc; /* all records of a batch */
    struct record      *records;
    size_t              cap;
    uint64_t            sequence;
    mp_arena            arena;    /* of the batch */
    mp_buf              out;      /* records, as text */
    mp_buf              deferred; /* struct deferred and packs */
    mp_buf              block;    /* second pass: what was read back */
    struct kept        *kept, *kept_last;
    struct problem     *problems, *problems_last;
    uint64_t            problem_count;
    pthread_t           thread;
    bool                is_caller; /* runs on the thread that called mp_scan_run() */
};

struct mp_scan {
    mp_scan_options    options;
    mp_plan           *plan;
    mp_inventory      *inventory;
    mp_facts           facts;
    mp_scan_summary    summary;
    mp_arena           arena; /* problems and merged sums */
    mp_scan_problem   *problems;
    mp_seen            seen;
    mp_related_store  *related;
    mp_related         ask;
    mp_aside          *aside;
    uint64_t           deferred_count, next_sequence;
    pthread_mutex_t    input; /* taking batches */
    mp_turn            entry, handover;
    struct worker     *workers;
    unsigned           jobs;
    bool               is_second_pass;
    _Atomic(bool)      failed;
    pthread_mutex_t    error_lock;
    mp_error           error;
    _Atomic(uint64_t)  documents;
};

/* ---- failing ---- */

static void fail(mp_scan *s, const mp_error *err)
{
    pthread_mutex_lock(&s->error_lock);
    if (!atomic_load(&s->failed))
        s->error = *err;
    atomic_store(&s->failed, true);
    pthread_mutex_unlock(&s->error_lock);
    mp_turn_end(&s->entry);
    mp_turn_end(&s->handover);
}

/* ---- reading a batch ---- */

static mp_code reserve(struct worker *w, size_t count, mp_error *err)
{
    if (count <= w->cap)
        return MP_OK;
    size_t         cap = count + count / 2 + 64;
    struct record *records = realloc(w->records, cap * sizeof(*records));
    if (!records)
        return mp_no_memory(err);
    w->records = records;
    w->cap = cap;
    return MP_OK;
}

/* What is wrong, without the name of the file that errors of reading begin with: the place says it. */
static mp_str without_name(const mp_error *error, const char *file)
{
    mp_str message = mp_str_from(error->message), name = mp_str_from(file);
    bool   is_named = mp_str_starts(message, name) && mp_str_starts(mp_str_skip(message, name.len), MP_S(": "));
    return is_named ? mp_str_skip(message, name.len + 2) : message;
}

static mp_code stop_at(const mp_origin *origin, const mp_error *error, mp_error *err)
{
    mp_str message = without_name(error, origin->file);
    if (error->pos.line)
        return mp_fail(err, error->code, MP_NOWHERE, "%s:%u:%u: document %llu: %.*s", origin->file, error->pos.line,
                       error->pos.col, (unsigned long long)origin->index, MP_FMT(message));
    return mp_fail(err, error->code, MP_NOWHERE, "%s, document %llu: %.*s", origin->file,
                   (unsigned long long)origin->index, MP_FMT(message));
}

static mp_code note_problem(struct worker *w, const mp_origin *origin, const mp_error *error, mp_error *err)
{
    if (w->scan->options.strict)
        return stop_at(origin, error, err);
    w->problem_count++;
    struct problem *p = MP_ARENA_NEW(&w->arena, struct problem);
    if (!p)
        return mp_no_memory(err);
    p->problem = (mp_scan_problem){ *origin, error->code, error->pos,
                                    mp_arena_dup(&w->arena, without_name(error, origin->file)) };
    if (!p->problem.message.ptr)
        return mp_no_memory(err);
    if (w->problems_last)
        w->problems_last->next = p;
    else
        w->problems = p;
    w->problems_last = p;
    return MP_OK;
}

static mp_code read_batch(struct worker *w, size_t count, mp_error *err)
{
    MP_TRY(reserve(w, count, err));
    for (size_t i = 0; i < count; i++) {
        struct record *r = &w->records[i];
        mp_error       inner = { 0 };
        mp_code code = mp_record_read(&r->resource, &r->origin, w->batch, i, w->doc, &w->arena, &inner);
        r->is_read = code == MP_OK;
        r->is_new = r->is_read;
        if (r->is_read) {
            mp_json_doc_keep(w->doc);
            r->program = mp_plan_find(w->scan->plan, r->resource.type);
            r->id_hash = mp_hash_fold(r->resource.id);
        }
        if (code == MP_NOMEM)
            return mp_no_memory(err);
        if (code != MP_OK)
            MP_TRY(note_problem(w, &r->origin, &inner, err));
    }
    return MP_OK;
}

/* A resource that is no more is not judged, nor by an older document that comes later. */
static mp_code pass_over(struct worker *w, struct record *r, mp_error *err)
{
    bool is_first;
    r->is_new = false;
    mp_sums_absent(w->sums);
    if (r->resource.presence == MP_PAST || w->scan->options.keep_duplicates)
        return MP_OK;
    return mp_seen_add(&w->scan->seen, r->id_hash, &is_first) ? MP_OK : mp_no_memory(err);
}

/* The first document of an id is the one that counts. */
static mp_code find_new(struct worker *w, size_t count, mp_error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct record *r = &w->records[i];
        if (!r->is_read)
            continue;
        if (r->resource.presence != MP_PRESENT) {
            MP_TRY(pass_over(w, r, err));
            continue;
        }
        /* Made in input order: a type is spelled as its first document does. */
        mp_error inner = { 0 };
        mp_code  code = r->program ? MP_OK
                                   : mp_plan_program(&r->program, w->scan->plan, r->resource.type, &inner);
        if (code == MP_LIMIT) {
            r->is_new = false;
            MP_TRY(note_problem(w, &r->origin, &inner, err));
            continue;
        }
        if (code != MP_OK)
            return mp_no_memory(err);
        if (w->scan->options.keep_duplicates)
            continue;
        if (!mp_seen_add(&w->scan->seen, r->id_hash, &r->is_new))
            return mp_no_memory(err);
        if (!r->is_new)
            mp_sums_duplicate(w->sums);
    }
    return MP_OK;
}

/* ---- judging ---- */

static mp_code write_records(struct worker *w, const mp_origin *origin, const mp_verdict *verdicts,
                             uint32_t count, mp_error *err)
{
    const mp_scan         *s = w->scan;
    const mp_scan_options *o = &s->options;
    for (uint32_t i = 0; i < count; i++) {
        const mp_verdict *v = &verdicts[i];
        if (o->wants && !o->wants(o->context, v->state))
            continue;
        mp_scan_record record = {
            .resource = mp_judge_resource(w->judge), .origin = origin, .check = v->check,
            .state = v->state, .effect = v->effect, .reason = v->reason,
            .detail = v->detail.ptr ? v->detail : MP_S(""), .time = o->now,
        };
        if (o->reasons)
            MP_TRY(mp_judge_decided(w->judge, s->is_second_pass ? &s->ask : NULL, i, &record.conditions,
                                    &record.condition_count, err));
        o->record(&w->out, o->context, &record);
    }
    return MP_OK;
}

/* Put aside what pends, with what was said already: the sums want a resource's verdicts together. */
static mp_code put_aside(struct worker *w, const mp_program *program, const mp_origin *origin,
                         const mp_alone *alone, mp_error *err)
{
    mp_pack *pack = mp_judge_pack(w->judge, alone->waits, &w->arena);
    if (!pack)
        return mp_no_memory(err);
    mp_pack_detach(pack);
    size_t items = (alone->pended_count + 1) / 2 * 2 * sizeof(*alone->pended); /* the pack stays aligned */
    size_t pack_at = sizeof(struct deferred) + alone->count * sizeof(struct said) + items;
    char  *to = mp_buf_reserve(&w->deferred, pack_at + pack->bytes);
    if (!to)
        return mp_no_memory(err);
    struct deferred head = { (uint32_t)(pack_at + pack->bytes), alone->count, alone->pended_count,
                             (uint32_t)pack_at, alone->waits, program, *origin };
    memcpy(to, &head, sizeof(head));
    struct said *said = (struct said *)(void *)(to + sizeof(head));
    for (uint32_t i = 0; i < alone->count; i++)
        said[i] = (struct said){ alone->verdicts[i].check, alone->verdicts[i].state };
    memcpy(said + alone->count, alone->pended, alone->pended_count * sizeof(*alone->pended));
    memcpy(to + pack_at, pack, pack->bytes);
    w->deferred.len += head.bytes;
    return MP_OK;
}

static mp_code judge(struct worker *w, const mp_program *program, const mp_origin *origin, mp_error *err)
{
    mp_alone alone;
    MP_TRY(mp_judge_run_alone(w->judge, &alone, err));
    if (alone.pended_count)
        MP_TRY(put_aside(w, program, origin, &alone, err));
    else
        MP_TRY(mp_sums_add(w->sums, program, mp_judge_resource(w->judge), alone.verdicts, alone.count, err));
    return w->scan->options.record ? write_records(w, origin, alone.verdicts, alone.count, err) : MP_OK;
}

/* Sum what was said of it in both passes. */
static mp_code sum_pended(struct worker *w, const struct deferred *d, const mp_resource *resource,
                          const mp_verdict *verdicts, uint32_t count, mp_error *err)
{
    const struct said *said = (const struct said *)(d + 1);
    mp_verdict        *all = MP_ARENA_ARRAY(&w->arena, mp_verdict, d->said_count + count + 1);
    if (!all)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < d->said_count; i++)
        all[i] = (mp_verdict){ .check = said[i].check, .state = (mp_state)said[i].state };
    if (count)
        memcpy(all + d->said_count, verdicts, count * sizeof(*all));
    return mp_sums_add(w->sums, d->program, resource, all, d->said_count + count, err);
}

static const uint32_t *pended_of(const struct deferred *d)
{
    return (const uint32_t *)((const struct said *)(d + 1) + d->said_count);
}

static mp_code judge_pended(struct worker *w, const struct deferred *d, const mp_pack *pack, mp_error *err)
{
    mp_surroundings   around = { .now = w->scan->options.now };
    const mp_verdict *verdicts;
    uint32_t          count;
    MP_TRY(mp_judge_begin_pack(w->judge, d->program, pack, &around, err));
    MP_TRY(mp_judge_run_pended(w->judge, &w->scan->ask, pended_of(d), d->pended_count, &verdicts, &count, err));
    MP_TRY(sum_pended(w, d, mp_judge_resource(w->judge), verdicts, count, err));
    return w->scan->options.record ? write_records(w, &d->origin, verdicts, count, err) : MP_OK;
}

static mp_str text_in(const mp_pack *pack, mp_input which)
{
    const mp_json *v = mp_pack_get(pack, which);
    return v ? mp_json_str(v) : MP_S("");
}

/* It waited for the documents of its group and subscription, and there are none: that is quickly said, where
 * nobody wants to read it. */
static mp_code sum_without_context(struct worker *w, const struct deferred *d, const mp_pack *pack, mp_error *err)
{
    mp_resource resource = { .id = text_in(pack, MP_INPUT_ID), .type = text_in(pack, MP_INPUT_TYPE),
                             .name = text_in(pack, MP_INPUT_NAME) };
    mp_verdict *verdicts = MP_ARENA_ARRAY(&w->arena, mp_verdict, d->pended_count);
    if (!verdicts)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < d->pended_count; i++)
        verdicts[i] = mp_judge_without_context(d->program, pended_of(d)[i]);
    return sum_pended(w, d, &resource, verdicts, d->pended_count, err);
}

static bool is_short(const mp_scan *s, const struct deferred *d, const mp_pack *pack)
{
    const mp_scan_options *o = &s->options;
    bool is_read = o->record && (!o->wants || o->wants(o->context, MP_STATE_NOT_EVALUATED));
    return d->waits == MP_WAITS_CONTEXT && !is_read &&
           !mp_judge_context_known(d->program, text_in(pack, MP_INPUT_ID), &s->ask);
}

static bool is_container(const mp_program *program)
{
    return mp_str_eq_fold(program->type, MP_S("Microsoft.Resources/subscriptions")) ||
           mp_str_eq_fold(program->type, MP_S("Microsoft.Resources/subscriptions/resourceGroups"));
}

/* Remember what other resources may look for. */
static mp_code keep(struct worker *w, const mp_program *program, const mp_resource *resource, mp_error *err)
{
    bool as_container = mp_plan_reads_context(w->scan->plan) && is_container(program);
    for (int i = 0; i < 2; i++) {
        if (i == 0 ? !program->as_related : !as_container)
            continue;
        struct kept *k = MP_ARENA_NEW(&w->arena, struct kept);
        if (!k)
            return mp_no_memory(err);
        *k = (struct kept){ program, resource, NULL, NULL };
        if (i == 0 && !(k->pack = mp_related_pack(program->as_related, resource, &w->arena)))
            return mp_no_memory(err);
        if (k->pack)
            mp_pack_detach(k->pack); /* it is copied once more: as offsets */
        if (w->kept_last)
            w->kept_last->next = k;
        else
            w->kept = k;
        w->kept_last = k;
    }
    return MP_OK;
}

static mp_code first_look(struct worker *w, const struct record *r, mp_error *err)
{
    const mp_program *program = r->program;
    mp_surroundings   around = { .now = w->scan->options.now };
    MP_TRY(mp_sums_document(w->sums, program, err));
    if (program->as_related || program->item_count == 0 || mp_plan_reads_context(w->scan->plan))
        MP_TRY(keep(w, program, &r->resource, err));
    if (program->item_count == 0)
        return mp_sums_add(w->sums, program, &r->resource, NULL, 0, err);
    MP_TRY(mp_judge_begin(w->judge, program, &r->resource, &around, err));
    return judge(w, program, &r->origin, err);
}

/* ---- handing over, in input order ---- */

static mp_code keep_problems(mp_scan *s, const struct problem *p, mp_error *err)
{
    for (; p && s->summary.problem_count < MP_SCAN_PROBLEMS; p = p->next) {
        mp_scan_problem *to = &s->problems[s->summary.problem_count++];
        *to = p->problem;
        to->message = mp_arena_dup(&s->arena, p->problem.message);
        if (!to->message.ptr)
            return mp_no_memory(err);
    }
    return MP_OK;
}

static mp_code hand_over(struct worker *w, mp_error *err)
{
    mp_scan *s = w->scan;
    s->summary.bad_documents += w->problem_count;
    MP_TRY(keep_problems(s, w->problems, err));
    for (const struct kept *k = w->kept; k; k = k->next)
        MP_TRY(k->pack ? mp_related_store_add(s->related, k->program->as_related, k->resource->id,
                                              k->resource->scope, k->pack, err)
                       : mp_related_store_add_container(s->related, k->resource->id, k->resource->doc, err));
    if (w->deferred.len) {
        s->deferred_count++;
        MP_TRY(mp_aside_write(s->aside, mp_buf_str(&w->deferred), err));
    }
    MP_TRY(mp_buf_check(&w->out, err));
    return w->out.len ? s->options.write(s->options.context, mp_buf_str(&w->out), err) : MP_OK;
}

static void forget_batch(struct worker *w)
{
    mp_arena_reset(&w->arena);
    mp_json_doc_forget(w->doc);
    mp_buf_clear(&w->out);
    mp_buf_clear(&w->deferred);
    w->kept = w->kept_last = NULL;
    w->problems = w->problems_last = NULL;
    w->problem_count = 0;
}

/* ---- the two passes ---- */

static mp_code finish_batch(struct worker *w, mp_error *err)
{
    if (!mp_turn_wait(&w->scan->handover, w->sequence))
        return MP_OK;
    MP_TRY(hand_over(w, err));
    mp_turn_pass(&w->scan->handover);
    return MP_OK;
}

static mp_code first_pass_batch(struct worker *w, mp_error *err)
{
    mp_scan *s = w->scan;
    size_t   count = mp_inventory_batch_count(w->batch);
    w->sequence = mp_inventory_batch_sequence(w->batch);
    forget_batch(w);
    mp_code code = read_batch(w, count, err);
    if (!mp_turn_wait(&s->entry, w->sequence))
        return MP_OK;
    MP_TRY(code); /* now: of several bad documents the first is the one to name */
    MP_TRY(find_new(w, count, err));
    mp_turn_pass(&s->entry);
    for (size_t i = 0; i < count; i++)
        if (w->records[i].is_new)
            MP_TRY(first_look(w, &w->records[i], err));
    atomic_fetch_add_explicit(&s->documents, count, memory_order_relaxed);
    return finish_batch(w, err);
}

static mp_code second_pass_block(struct worker *w, mp_error *err)
{
    forget_batch(w);
    for (size_t at = 0; at < w->block.len;) {
        struct deferred *d = (struct deferred *)(void *)(w->block.ptr + at);
        mp_pack         *pack = (mp_pack *)(void *)(w->block.ptr + at + d->pack_at);
        mp_pack_attach(pack);
        MP_TRY(is_short(w->scan, d, pack) ? sum_without_context(w, d, pack, err)
                                          : judge_pended(w, d, pack, err));
        at += d->bytes;
    }
    return finish_batch(w, err);
}

static mp_code take(struct worker *w, bool *more, mp_error *err)
{
    mp_scan *s = w->scan;
    pthread_mutex_lock(&s->input);
    mp_code code;
    if (s->is_second_pass) {
        code = mp_aside_read(s->aside, &w->block, more, err);
        w->sequence = s->next_sequence++;
    } else {
        code = mp_inventory_next(s->inventory, w->batch, more, err);
    }
    pthread_mutex_unlock(&s->input);
    return code;
}

static void report_progress(struct worker *w)
{
    mp_scan *s = w->scan;
    if (!w->is_caller || !s->options.progress || s->is_second_pass)
        return;
    pthread_mutex_lock(&s->input);
    uint64_t bytes = mp_inventory_read_bytes(s->inventory), total = mp_inventory_total_bytes(s->inventory);
    pthread_mutex_unlock(&s->input);
    s->options.progress(s->options.progress_context, bytes, total, atomic_load(&s->documents));
}

static void *work(void *arg)
{
    struct worker *w = arg;
    mp_scan       *s = w->scan;
    mp_error       err = { 0 };
    while (!atomic_load(&s->failed)) {
        bool    more = false;
        mp_code code = take(w, &more, &err);
        if (code == MP_OK && !more)
            break;
        if (code == MP_OK)
            code = s->is_second_pass ? second_pass_block(w, &err) : first_pass_batch(w, &err);
        if (code != MP_OK) {
            fail(s, &err);
            break;
        }
        report_progress(w);
    }
    return NULL;
}

static mp_code run_pass(mp_scan *s, mp_error *err)
{
    unsigned started = 1; /* worker 0 is the caller */
    mp_turn_init(&s->entry);
    mp_turn_init(&s->handover);
    for (; started < s->jobs; started++)
        if (pthread_create(&s->workers[started].thread, NULL, work, &s->workers[started]) != 0)
            break; /* fewer threads do the same work */
    work(&s->workers[0]);
    for (unsigned i = 1; i < started; i++)
        pthread_join(s->workers[i].thread, NULL);
    mp_turn_done(&s->entry);
    mp_turn_done(&s->handover);
    if (!atomic_load(&s->failed))
        return MP_OK;
    if (err)
        *err = s->error;
    return s->error.code;
}

static mp_code second_pass(mp_scan *s, mp_error *err)
{
    if (s->deferred_count == 0)
        return MP_OK;
    MP_TRY(mp_related_store_close(s->related, err));
    s->ask = mp_related_store_ask(s->related);
    s->is_second_pass = true;
    return run_pass(s, err);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

mp_code mp_scan_run(mp_scan *s, mp_error *err)
{
    double started = seconds_now();
    s->summary.started = mp_clock_now();
    MP_TRY(run_pass(s, err));
    MP_TRY(second_pass(s, err));
    mp_sums **sums = MP_ARENA_ARRAY(&s->arena, mp_sums *, s->jobs);
    if (!sums)
        return mp_no_memory(err);
    for (unsigned i = 0; i < s->jobs; i++)
        sums[i] = s->workers[i].sums;
    MP_TRY(mp_sums_merge(&s->summary, &s->facts, sums, s->jobs, &s->arena, err));
    s->summary.seconds = seconds_now() - started;
    s->summary.bytes = mp_inventory_read_bytes(s->inventory);
    return MP_OK;
}

/* ---- making and freeing ---- */

static mp_code init_worker(struct worker *w, mp_scan *s, mp_error *err)
{
    w->scan = s;
    w->is_caller = w == s->workers;
    w->out = w->deferred = w->block = (mp_buf)MP_BUF_INIT;
    MP_TRY(mp_json_doc_new(&w->doc, err));
    MP_TRY(mp_judge_new(&w->judge, s->plan, err));
    MP_TRY(mp_sums_new(&w->sums, &s->facts, err));
    return mp_inventory_batch_new(&w->batch, err);
}

static mp_code init(mp_scan *s, mp_error *err)
{
    MP_TRY(mp_facts_init(&s->facts, s->plan, err));
    s->summary = (mp_scan_summary){
        .checks = s->facts.checks, .check_count = s->facts.check_count, .groups = s->facts.groups,
        .group_count = s->facts.group_count, .initiatives = s->facts.initiatives,
        .initiative_count = s->facts.initiative_count,
        .policy_errors = s->options.policy_errors,
    };
    s->problems = MP_ARENA_ARRAY(&s->arena, mp_scan_problem, MP_SCAN_PROBLEMS);
    s->workers = calloc(s->jobs, sizeof(*s->workers));
    if (!s->problems || !s->workers)
        return mp_no_memory(err);
    s->summary.problems = s->problems;
    MP_TRY(mp_related_store_new(&s->related, err));
    MP_TRY(mp_aside_new(&s->aside, MP_ASIDE_MEMORY, err));
    for (unsigned i = 0; i < s->jobs; i++)
        MP_TRY(init_worker(&s->workers[i], s, err));
    return MP_OK;
}

mp_code mp_scan_new(mp_scan **out, mp_plan *plan, mp_inventory *inventory,
                    const mp_scan_options *options, mp_error *err)
{
    mp_scan *s = calloc(1, sizeof(*s));
    if (!s)
        return mp_no_memory(err);
    s->options = *options;
    s->plan = plan;
    s->inventory = inventory;
    s->jobs = options->jobs ? options->jobs : 1;
    pthread_mutex_init(&s->input, NULL);
    pthread_mutex_init(&s->error_lock, NULL);
    mp_code code = init(s, err);
    if (code != MP_OK) {
        mp_scan_free(s);
        return code;
    }
    *out = s;
    return MP_OK;
}

static void done_worker(struct worker *w)
{
    mp_judge_free(w->judge);
    mp_sums_free(w->sums);
    mp_inventory_batch_free(w->batch);
    mp_json_doc_free(w->doc);
    free(w->records);
    mp_arena_free(&w->arena);
    mp_buf_free(&w->out);
    mp_buf_free(&w->deferred);
    mp_buf_free(&w->block);
}

void mp_scan_free(mp_scan *s)
{
    if (!s)
        return;
    for (unsigned i = 0; s->workers && i < s->jobs; i++)
        done_worker(&s->workers[i]);
    free(s->workers);
    mp_related_store_free(s->related);
    mp_aside_free(s->aside);
    mp_seen_done(&s->seen);
    mp_facts_done(&s->facts);
    mp_arena_free(&s->arena);
    pthread_mutex_destroy(&s->input);
    pthread_mutex_destroy(&s->error_lock);
    free(s);
}

const mp_scan_summary *mp_scan_facts(const mp_scan *s) { return &s->summary; }
const mp_scan_summary *mp_scan_result(const mp_scan *s) { return &s->summary; }
size_t mp_scan_related_bytes(const mp_scan *s) { return mp_related_store_bytes(s->related); }
