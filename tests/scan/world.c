/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdlib.h>

#include "test.h"

mp_code world_open(world *w, mp_error *err)
{
    *w = (world){ 0 };
    return mp_library_new(&w->library, err);
}

mp_code world_read(world *w, const char *file, const char *text, mp_error *err)
{
    char *copy = strdup(text);
    if (!copy)
        return mp_no_memory(err);
    for (char *c = copy; *c; c++)
        if (*c == '`')
            *c = '"';
    mp_code code = mp_library_read(w->library, mp_str_from(file), mp_str_from(copy), MP_ROLE_JUDGED, err);
    free(copy);
    return code;
}

mp_code world_plan(world *w, mp_error *err)
{
    const mp_check *checks;
    uint32_t        count;
    MP_TRY(mp_library_checks(w->library, &checks, &count, err));
    const mp_diagnostics *d = mp_library_diagnostics(w->library);
    if (d->errors)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "%.*s: %s", MP_FMT(d->first->file),
                       d->first->error.message);
    return mp_plan_new(&w->plan, checks, count, &(mp_plan_options){ .aliases = w->aliases }, err);
}

void world_close(world *w)
{
    mp_plan_free(w->plan);
    mp_aliases_free(w->aliases);
    mp_library_free(w->library);
}

/* ---- records ---- */

static void add_value(mp_buf *out, const mp_json *v)
{
    if (v)
        mp_buf_add_json(out, v);
    else
        mp_buf_add_z(out, "absent");
}

static void add_record(mp_buf *out, void *context, const mp_scan_record *r)
{
    (void)context;
    mp_buf_printf(out, "%s:%llu:%llu %.*s (%.*s, %.*s, %.*s) check %u %.*s %.*s", r->origin->file,
                  (unsigned long long)r->origin->index, (unsigned long long)r->origin->line,
                  MP_FMT(r->resource->id), MP_FMT(r->resource->type), MP_FMT(r->resource->name),
                  MP_FMT(r->resource->location), r->check, MP_FMT(mp_states[r->state].text),
                  MP_FMT(mp_scan_reasons[r->reason]));
    mp_buf_printf(out, " \"%.*s\"\n", MP_FMT(r->detail));
    for (uint32_t i = 0; i < r->condition_count; i++) {
        const mp_scan_condition *c = &r->conditions[i];
        mp_buf_printf(out, "  %.*s %.*s %.*s %.*s %d ", MP_FMT(c->pointer), MP_FMT(c->subject),
                      MP_FMT(c->path), MP_FMT(c->op), c->outcome);
        add_value(out, c->actual);
        mp_buf_add_c(out, ' ');
        add_value(out, c->wanted);
        mp_buf_printf(out, " %.*s %.*s\n", MP_FMT(c->message), MP_FMT(c->resource));
    }
}

static mp_code keep(void *context, mp_str bytes, mp_error *err)
{
    world_run *run = context;
    run->written += bytes.len;
    if (run->fail_after && run->written > run->fail_after)
        return mp_fail(err, MP_IO, MP_NOWHERE, "the sink is full");
    mp_buf_add(&run->records, bytes);
    return mp_buf_check(&run->records, err);
}

/* ---- sums ---- */

static void add_tally(mp_buf *b, const mp_tally *t)
{
    for (size_t i = 0; i < MP_STATE_COUNT; i++)
        mp_buf_printf(b, " %llu", (unsigned long long)t->by_state[i]);
    mp_buf_add_c(b, '\n');
}

static void add_worst(mp_buf *b, const mp_scan_worst *w)
{
    mp_buf_printf(b, "worst %.*s %.*s %.*s %u/%u:", MP_FMT(w->id), MP_FMT(w->type), MP_FMT(w->name),
                  w->non_compliant, w->total);
    for (uint32_t i = 0; i < w->check_count; i++)
        mp_buf_printf(b, " %u", w->checks[i]);
    mp_buf_add_c(b, '\n');
}

static void add_summary(mp_buf *b, const mp_scan_summary *s)
{
    mp_buf_printf(b, "documents %llu, duplicates %llu, without policy %llu, bad %llu, bytes %llu\nresources",
                  (unsigned long long)s->documents, (unsigned long long)s->duplicates,
                  (unsigned long long)s->without_policy, (unsigned long long)s->bad_documents,
                  (unsigned long long)s->bytes);
    add_tally(b, &s->resources);
    mp_buf_add_z(b, "pairs");
    add_tally(b, &s->pairs);
    for (uint32_t i = 0; i < s->check_count; i++) {
        mp_buf_printf(b, "check %u %.*s", i, MP_FMT(s->checks[i].policy_name));
        add_tally(b, &s->checks[i].resources);
    }
    for (uint32_t i = 0; i < s->group_count; i++) {
        mp_buf_printf(b, "group %u %.*s", i, MP_FMT(s->groups[i].name));
        add_tally(b, &s->groups[i].resources);
        mp_buf_add_z(b, " policies");
        add_tally(b, &s->groups[i].policies);
    }
    for (uint32_t i = 0; i < s->initiative_count; i++) {
        mp_buf_printf(b, "initiative %u %.*s", i, MP_FMT(s->initiatives[i].name));
        add_tally(b, &s->initiatives[i].resources);
    }
    for (uint32_t i = 0; i < s->worst_count; i++)
        add_worst(b, &s->worst[i]);
    for (uint32_t i = 0; i < s->type_count; i++) {
        mp_buf_printf(b, "type %.*s %llu", MP_FMT(s->types[i].type),
                      (unsigned long long)s->types[i].documents);
        add_tally(b, &s->types[i].resources);
    }
    for (uint32_t i = 0; i < s->problem_count; i++)
        mp_buf_printf(b, "problem %s:%llu:%llu %d %u:%u %.*s\n", s->problems[i].origin.file,
                      (unsigned long long)s->problems[i].origin.index,
                      (unsigned long long)s->problems[i].origin.line, (int)s->problems[i].code,
                      s->problems[i].pos.line, s->problems[i].pos.col, MP_FMT(s->problems[i].message));
}

/* ---- running ---- */

mp_code world_scan(const world *w, world_run *run, const char *const *paths, size_t count, mp_error *err)
{
    mp_inventory        *inventory = NULL;
    mp_scan             *scan = NULL;
    mp_inventory_options reading = { .batch_bytes = run->batch_bytes };
    run->options.record = add_record;
    run->options.write = keep;
    run->options.context = run;
    mp_code code = mp_inventory_open(&inventory, paths, count, &reading, err);
    if (code == MP_OK)
        code = mp_scan_new(&scan, w->plan, inventory, &run->options, err);
    if (code == MP_OK)
        code = mp_scan_run(scan, err);
    if (code == MP_OK) {
        add_summary(&run->summary, mp_scan_result(scan));
        code = mp_buf_check(&run->summary, err);
    }
    mp_scan_free(scan);
    mp_inventory_close(inventory);
    return code;
}

void world_run_free(world_run *run)
{
    mp_buf_free(&run->records);
    mp_buf_free(&run->summary);
}

void world_check_same(const mp_buf *found, const mp_buf *wanted, const char *what)
{
    if (mp_str_eq(mp_buf_str(found), mp_buf_str(wanted)))
        return;
    size_t at = 0, line = 0;
    while (at < found->len && at < wanted->len && found->ptr[at] == wanted->ptr[at]) {
        at++;
        if (found->ptr[at - 1] == '\n')
            line = at;
    }
    fail_msg("%s: at byte %zu (of %zu and %zu):\n%.400s\nwanted\n%.400s", what, at, found->len, wanted->len,
             line < found->len ? found->ptr + line : "", line < wanted->len ? wanted->ptr + line : "");
}
