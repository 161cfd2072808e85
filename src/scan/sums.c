/* SPDX-License-Identifier: Apache-2.0 */
#include "sums.h"

#include "map.h"

#include <stdlib.h>

#define NONE UINT32_MAX

/* ---- facts ---- */

static mp_str or_empty(mp_str s) { return s.ptr ? s : MP_S(""); }

static bool same_initiative(const mp_check *a, const mp_check *b)
{
    return a->initiative == b->initiative && a->assignment == b->assignment;
}

/* The number of check i's initiative as its assignment applies it; a new one when it is the first. */
static uint32_t number_initiative(mp_facts *f, const mp_check *checks, const mp_check **firsts,
                                  uint32_t *bases, uint32_t i)
{
    const mp_check *c = &checks[i];
    if (!c->initiative)
        return NONE;
    for (uint32_t k = f->initiative_count; k-- > 0;) /* the last one most often */
        if (same_initiative(firsts[k], c))
            return k;
    uint32_t             n = f->initiative_count++;
    const mp_initiative *from = c->initiative;
    firsts[n] = c;
    bases[n] = f->group_count;
    f->initiatives[n] = (mp_scan_initiative){
        .id = or_empty(from->id), .name = or_empty(from->name),
        .display_name = or_empty(from->display_name), .description = or_empty(from->description),
        .version = or_empty(from->version),
        .assignment_id = c->assignment ? or_empty(c->assignment->id) : MP_S(""),
        .metadata = from->metadata,
    };
    for (uint32_t g = 0; g < from->group_count; g++)
        f->groups[f->group_count++] = (mp_scan_group){
            .name = or_empty(from->groups[g].name),
            .display_name = or_empty(from->groups[g].display_name),
            .category = or_empty(from->groups[g].category), .initiative = n
        };
    return n;
}

static mp_str severity_of(const mp_definition *d)
{
    const mp_json *severity = mp_json_get_fold(d->metadata, MP_S("severity"));
    return mp_json_is(severity, MP_JSON_STRING) ? mp_json_str(severity) : MP_S("");
}

/* Two definitions of one file are not one policy. ptr NULL when memory is short. */
static mp_str policy_id(mp_facts *f, const mp_definition *d)
{
    if (d->id.len || !d->name.len)
        return d->id.len ? d->id : or_empty(d->source.file);
    return mp_arena_printf(&f->arena, "%.*s#%.*s", MP_FMT(d->source.file), MP_FMT(d->name));
}

static mp_scan_check check_facts(mp_facts *f, const mp_check *c)
{
    const mp_definition *d = c->definition;
    return (mp_scan_check){
        .policy_id = policy_id(f, d), .policy_name = or_empty(d->name),
        .display_name = or_empty(d->display_name), .description = or_empty(d->description),
        .category = or_empty(d->category), .version = or_empty(d->version),
        .severity = severity_of(d), .reference_id = or_empty(c->reference_id),
        .assignment_id = c->assignment ? or_empty(c->assignment->id) : MP_S(""),
        .initiative_id = c->initiative ? or_empty(c->initiative->id) : MP_S(""),
        .effect = or_empty(c->effect_text), .mode = or_empty(d->mode_text),
        .not_evaluated = d->mode == MP_MODE_PROVIDER ? MP_S("mode") : MP_S(""),
        .localized = mp_json_get_fold(d->metadata, MP_S("localized")),
    };
}

/* An initiative may name one group twice for a policy; it is in it once. */
static bool number_groups(mp_facts *f, const mp_check *from, mp_scan_check *to, uint32_t base)
{
    uint32_t *groups = MP_ARENA_ARRAY(&f->arena, uint32_t, from->group_count + 1), n = 0;
    if (!groups)
        return false;
    for (uint32_t i = 0; i < from->group_count; i++) {
        uint32_t k = 0;
        while (k < n && groups[k] != base + from->groups[i])
            k++;
        if (k == n)
            groups[n++] = base + from->groups[i];
    }
    to->groups = groups;
    to->group_count = n;
    return true;
}

static size_t groups_at_most(const mp_check *checks, uint32_t count)
{
    size_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        if (checks[i].initiative && (i == 0 || !same_initiative(&checks[i - 1], &checks[i])))
            n += checks[i].initiative->group_count;
    return n;
}

mp_code mp_facts_init(mp_facts *f, const mp_plan *plan, mp_error *err)
{
    uint32_t        count;
    const mp_check *checks = mp_plan_checks(plan, &count);
    *f = (mp_facts){ .check_count = count };
    f->checks = MP_ARENA_ARRAY(&f->arena, mp_scan_check, count + 1);
    f->initiative_of = MP_ARENA_ARRAY(&f->arena, uint32_t, count + 1);
    f->initiatives = MP_ARENA_ARRAY(&f->arena, mp_scan_initiative, count + 1);
    f->groups = MP_ARENA_ARRAY(&f->arena, mp_scan_group, groups_at_most(checks, count) + 1);
    const mp_check **firsts = MP_ARENA_ARRAY(&f->arena, const mp_check *, count + 1);
    uint32_t        *bases = MP_ARENA_ARRAY(&f->arena, uint32_t, count + 1);
    if (!f->checks || !f->initiative_of || !f->initiatives || !f->groups || !firsts || !bases)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t n = number_initiative(f, checks, firsts, bases, i);
        f->initiative_of[i] = n;
        f->checks[i] = check_facts(f, &checks[i]);
        bool is_short = !f->checks[i].policy_id.ptr;
        if (is_short || (n != NONE && !number_groups(f, &checks[i], &f->checks[i], bases[n])))
            return mp_no_memory(err);
    }
    return MP_OK;
}

void mp_facts_done(mp_facts *f) { mp_arena_free(&f->arena); }

/* ---- one thread's sums ---- */

/* The worst resources: a heap with the least bad at the top, strings in memory of their own. */
struct worst {
    char    *text; /* id, type and name, one behind the other */
    size_t   cap;
    uint32_t id_len, type_len, name_len;
    uint32_t non_compliant, total;
    uint32_t checks[MP_SCAN_WORST_CHECKS];
    uint32_t check_count;
};

struct type_sum {
    const mp_program *program; /* NULL: free */
    mp_tally          resources;
    uint64_t          documents;
};

/* A state that is gathered while one resource is looked at. */
struct part {
    uint64_t of; /* the resource's number; another one: nothing gathered yet */
    mp_state state;
};

struct mp_sums {
    const mp_facts  *facts;
    mp_tally         resources, pairs;
    mp_tally        *checks, *groups, *initiatives;
    struct part     *group_parts, *initiative_parts;
    uint32_t        *touched; /* groups, then initiatives, of the resource at hand */
    uint64_t         number;  /* of the resource at hand */
    uint64_t         documents, duplicates, absent, without_policy;
    struct type_sum *types;
    uint32_t         type_mask, type_len;
    struct worst     worst[MP_SCAN_WORST];
    uint32_t         worst_count;
};

mp_code mp_sums_new(mp_sums **out, const mp_facts *facts, mp_error *err)
{
    mp_sums *s = calloc(1, sizeof(*s));
    if (!s)
        return mp_no_memory(err);
    s->facts = facts;
    s->checks = calloc(facts->check_count + 1, sizeof(*s->checks));
    s->groups = calloc(facts->group_count + 1, sizeof(*s->groups));
    s->initiatives = calloc(facts->initiative_count + 1, sizeof(*s->initiatives));
    s->group_parts = calloc(facts->group_count + 1, sizeof(*s->group_parts));
    s->initiative_parts = calloc(facts->initiative_count + 1, sizeof(*s->initiative_parts));
    s->touched = calloc(facts->group_count + facts->initiative_count + 1, sizeof(*s->touched));
    s->types = calloc(64, sizeof(*s->types));
    s->type_mask = 63;
    if (!s->checks || !s->groups || !s->initiatives || !s->group_parts || !s->initiative_parts ||
        !s->touched || !s->types) {
        mp_sums_free(s);
        return mp_no_memory(err);
    }
    *out = s;
    return MP_OK;
}

void mp_sums_free(mp_sums *s)
{
    if (!s)
        return;
    free(s->checks);
    free(s->groups);
    free(s->initiatives);
    free(s->group_parts);
    free(s->initiative_parts);
    free(s->touched);
    free(s->types);
    for (uint32_t i = 0; i < MP_SCAN_WORST; i++)
        free(s->worst[i].text);
    free(s);
}

void mp_sums_duplicate(mp_sums *s) { s->duplicates++; }
void mp_sums_absent(mp_sums *s) { s->absent++; }

static struct type_sum *find_type(const mp_sums *s, const mp_program *program)
{
    uint64_t h = (uint64_t)(uintptr_t)program * UINT64_C(0x9E3779B97F4A7C15) >> 32;
    while (s->types[h & s->type_mask].program && s->types[h & s->type_mask].program != program)
        h++;
    return &s->types[h & s->type_mask];
}

static bool grow_types(mp_sums *s)
{
    struct type_sum *old = s->types;
    uint32_t         old_size = s->type_mask + 1;
    s->types = calloc(2 * (size_t)old_size, sizeof(*s->types));
    if (!s->types) {
        s->types = old;
        return false;
    }
    s->type_mask = 2 * old_size - 1;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].program)
            *find_type(s, old[i].program) = old[i];
    free(old);
    return true;
}

/* The sums of a type, made when it is new; NULL when memory is short. */
static struct type_sum *type_of(mp_sums *s, const mp_program *program)
{
    struct type_sum *t = find_type(s, program);
    if (t->program)
        return t;
    if (2 * ++s->type_len > s->type_mask) {
        if (!grow_types(s))
            return NULL;
        t = find_type(s, program);
    }
    t->program = program;
    return t;
}

mp_code mp_sums_document(mp_sums *s, const mp_program *program, mp_error *err)
{
    struct type_sum *t = type_of(s, program);
    if (!t)
        return mp_no_memory(err);
    t->documents++;
    s->documents++;
    return MP_OK;
}

/* ---- the worst ---- */

static mp_scan_worst view(const struct worst *w)
{
    return (mp_scan_worst){
        .id = mp_str_of(w->text, w->id_len), .type = mp_str_of(w->text + w->id_len, w->type_len),
        .name = mp_str_of(w->text + w->id_len + w->type_len, w->name_len),
        .non_compliant = w->non_compliant, .total = w->total,
        .checks = w->checks, .check_count = w->check_count
    };
}

static int compare_checks(const mp_scan_worst *a, const mp_scan_worst *b)
{
    for (uint32_t i = 0; i < a->check_count && i < b->check_count; i++)
        if (a->checks[i] != b->checks[i])
            return a->checks[i] < b->checks[i] ? -1 : 1;
    return (a->check_count > b->check_count) - (a->check_count < b->check_count);
}

/* The order of the list. Of one id there may be several when duplicates are judged too. All that is shown is
 * compared, so that what is kept, and in which order, does not depend on how threads shared the work. */
static int compare_worst(const void *left, const void *right)
{
    const mp_scan_worst *a = left, *b = right;
    if (a->non_compliant != b->non_compliant)
        return a->non_compliant > b->non_compliant ? -1 : 1;
    int order = mp_str_cmp(a->id, b->id);
    if (order == 0)
        order = (a->total > b->total) - (a->total < b->total);
    if (order == 0)
        order = compare_checks(a, b);
    if (order == 0)
        order = mp_str_cmp(a->type, b->type);
    return order ? order : mp_str_cmp(a->name, b->name);
}

static void sink(struct worst *heap, uint32_t count, uint32_t i)
{
    for (;;) {
        uint32_t least = i;
        for (uint32_t kid = 2 * i + 1; kid <= 2 * i + 2 && kid < count; kid++) {
            mp_scan_worst a = view(&heap[least]), b = view(&heap[kid]);
            if (compare_worst(&a, &b) < 0)
                least = kid;
        }
        if (least == i)
            return;
        struct worst swap = heap[i];
        heap[i] = heap[least];
        heap[least] = swap;
        i = least;
    }
}

static bool set_texts(struct worst *w, const mp_scan_worst *from)
{
    mp_str parts[] = { from->id, from->type, from->name };
    size_t need = from->id.len + from->type.len + from->name.len;
    if (need > w->cap || !w->text) {
        char *text = realloc(w->text, need + 64);
        if (!text)
            return false;
        w->text = text;
        w->cap = need + 64;
    }
    char *at = w->text;
    for (size_t i = 0; i < MP_COUNT(parts); i++) {
        if (parts[i].len)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    w->id_len = (uint32_t)from->id.len;
    w->type_len = (uint32_t)from->type.len;
    w->name_len = (uint32_t)from->name.len;
    return true;
}

static bool keep_worst(mp_sums *s, const mp_scan_worst *found)
{
    bool          is_full = s->worst_count == MP_SCAN_WORST;
    struct worst *w = is_full ? &s->worst[0] : &s->worst[s->worst_count];
    if (is_full) {
        mp_scan_worst least = view(w);
        if (compare_worst(found, &least) >= 0)
            return true;
    }
    if (!set_texts(w, found))
        return false;
    w->non_compliant = found->non_compliant;
    w->total = found->total;
    w->check_count = found->check_count;
    memcpy(w->checks, found->checks, found->check_count * sizeof(*w->checks));
    if (is_full) {
        sink(s->worst, MP_SCAN_WORST, 0);
    } else if (++s->worst_count == MP_SCAN_WORST) { /* full now: make it a heap */
        for (uint32_t i = MP_SCAN_WORST / 2; i-- > 0;)
            sink(s->worst, MP_SCAN_WORST, i);
    }
    return true;
}

static bool note_worst(mp_sums *s, const mp_resource *r, const mp_verdict *verdicts, uint32_t count,
                       uint32_t bad)
{
    uint32_t checks[MP_SCAN_WORST_CHECKS], n = 0;
    bool     is_full = s->worst_count == MP_SCAN_WORST;
    if (bad == 0 || (is_full && bad < s->worst[0].non_compliant))
        return true;
    for (uint32_t i = 0; i < count && n < MP_SCAN_WORST_CHECKS; i++)
        if (verdicts[i].state == MP_STATE_NON_COMPLIANT)
            checks[n++] = verdicts[i].check;
    return keep_worst(s, &(mp_scan_worst){ r->id, r->type, r->name, bad, count, checks, n });
}

/* ---- adding ---- */

static void gather(struct part *part, uint64_t number, mp_state state, uint32_t index,
                   uint32_t *touched, uint32_t *touched_count)
{
    if (part->of != number) {
        *part = (struct part){ number, state };
        touched[(*touched_count)++] = index;
    } else {
        part->state = mp_state_rollup(part->state, state);
    }
}

mp_code mp_sums_add(mp_sums *s, const mp_program *program, const mp_resource *resource,
                    const mp_verdict *verdicts, uint32_t count, mp_error *err)
{
    const mp_facts *f = s->facts;
    if (count == 0) {
        s->without_policy++;
        return MP_OK;
    }
    s->number++;
    mp_state  whole = MP_STATE_NOT_APPLICABLE;
    uint32_t  groups = 0, initiatives = 0, bad = 0;
    uint32_t *touched_initiatives = s->touched + f->group_count;
    for (uint32_t i = 0; i < count; i++) {
        mp_state             state = verdicts[i].state;
        uint32_t             check = verdicts[i].check, initiative = f->initiative_of[check];
        const mp_scan_check *facts = &f->checks[check];
        s->checks[check].by_state[state]++;
        s->pairs.by_state[state]++;
        whole = mp_state_rollup(whole, state);
        bad += state == MP_STATE_NON_COMPLIANT;
        if (initiative != NONE)
            gather(&s->initiative_parts[initiative], s->number, state, initiative,
                   touched_initiatives, &initiatives);
        for (uint32_t g = 0; g < facts->group_count; g++)
            gather(&s->group_parts[facts->groups[g]], s->number, state, facts->groups[g], s->touched,
                   &groups);
    }
    for (uint32_t i = 0; i < groups; i++)
        s->groups[s->touched[i]].by_state[s->group_parts[s->touched[i]].state]++;
    for (uint32_t i = 0; i < initiatives; i++)
        s->initiatives[touched_initiatives[i]]
            .by_state[s->initiative_parts[touched_initiatives[i]].state]++;
    s->resources.by_state[whole]++;
    struct type_sum *type = type_of(s, program);
    if (!type || !note_worst(s, resource, verdicts, count, bad))
        return mp_no_memory(err);
    type->resources.by_state[whole]++;
    return MP_OK;
}

/* ---- merging ---- */

static mp_code merge_worst(mp_scan_summary *out, mp_sums *const *sums, uint32_t count, mp_arena *arena,
                           mp_error *err)
{
    mp_scan_worst *all = MP_ARENA_ARRAY(arena, mp_scan_worst, count * MP_SCAN_WORST + 1);
    if (!all)
        return mp_no_memory(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < sums[i]->worst_count; k++) {
            mp_scan_worst w = view(&sums[i]->worst[k]);
            uint32_t     *checks = MP_ARENA_ARRAY(arena, uint32_t, MP_SCAN_WORST_CHECKS);
            all[n] = w;
            all[n].id = mp_arena_dup(arena, w.id);
            all[n].type = mp_arena_dup(arena, w.type);
            all[n].name = mp_arena_dup(arena, w.name);
            if (!all[n].id.ptr || !all[n].type.ptr || !all[n].name.ptr || !checks)
                return mp_no_memory(err);
            memcpy(checks, w.checks, w.check_count * sizeof(*checks));
            all[n++].checks = checks;
        }
    qsort(all, n, sizeof(*all), compare_worst);
    out->worst = all;
    out->worst_count = n < MP_SCAN_WORST ? n : MP_SCAN_WORST;
    return MP_OK;
}

static int by_type(const void *a, const void *b)
{
    return mp_str_cmp_fold(((const mp_scan_type *)a)->type, ((const mp_scan_type *)b)->type);
}

static mp_code merge_types(mp_scan_summary *out, mp_sums *const *sums, uint32_t count, mp_arena *arena,
                           mp_error *err)
{
    size_t most = 1;
    for (uint32_t i = 0; i < count; i++)
        most += sums[i]->type_len;
    mp_scan_type *all = MP_ARENA_ARRAY(arena, mp_scan_type, most);
    if (!all)
        return mp_no_memory(err);
    uint32_t n = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k <= sums[i]->type_mask; k++) {
            const struct type_sum *t = &sums[i]->types[k];
            if (t->program)
                all[n++] = (mp_scan_type){ t->program->type, t->resources, t->documents };
        }
    qsort(all, n, sizeof(*all), by_type);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (kept && by_type(&all[kept - 1], &all[i]) == 0) {
            mp_tally_add(&all[kept - 1].resources, &all[i].resources);
            all[kept - 1].documents += all[i].documents;
        } else {
            all[kept++] = all[i];
        }
    }
    out->types = all;
    out->type_count = kept;
    return MP_OK;
}

/* A policy's own state is the rollup of its resources'. */
static mp_state state_of_check(const mp_tally *t)
{
    for (size_t i = 0; i < MP_STATE_COUNT; i++)
        if (t->by_state[i])
            return (mp_state)i;
    return MP_STATE_NOT_APPLICABLE;
}

mp_code mp_sums_merge(mp_scan_summary *out, mp_facts *f, mp_sums *const *sums, uint32_t count,
                      mp_arena *arena, mp_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        const mp_sums *s = sums[i];
        mp_tally_add(&out->resources, &s->resources);
        mp_tally_add(&out->pairs, &s->pairs);
        out->documents += s->documents;
        out->duplicates += s->duplicates;
        out->absent += s->absent;
        out->without_policy += s->without_policy;
        for (uint32_t k = 0; k < f->check_count; k++)
            mp_tally_add(&f->checks[k].resources, &s->checks[k]);
        for (uint32_t k = 0; k < f->group_count; k++)
            mp_tally_add(&f->groups[k].resources, &s->groups[k]);
        for (uint32_t k = 0; k < f->initiative_count; k++)
            mp_tally_add(&f->initiatives[k].resources, &s->initiatives[k]);
    }
    for (uint32_t i = 0; i < f->check_count; i++)
        for (uint32_t g = 0; g < f->checks[i].group_count; g++)
            f->groups[f->checks[i].groups[g]].policies.by_state[state_of_check(&f->checks[i].resources)]++;
    MP_TRY(merge_worst(out, sums, count, arena, err));
    return merge_types(out, sums, count, arena, err);
}
