/* SPDX-License-Identifier: Apache-2.0 */
#include "enforce_internal.h"

#include "selector.h"

#include <stdlib.h>

/* The order of append and modify, which Microsoft's text leaves open, is decided here: the assignment of the
 * widest scope first, that of the resource itself last, so that for addOrReplace the nearest one has its way;
 * among those of one scope by the assignment's name; within an assignment in the order of the initiative.
 * All of them are evaluated on the request as it came, and none a second time for what another one changed.
 *
 * Two definitions that change one property (Microsoft Learn, "Azure Policy definitions modify effect",
 * conflictEffect): where both deny, the request is refused; where one denies, that one has its way and the
 * other does nothing; where both audit, neither does anything. One definition that is assigned twice is no
 * conflict, as for resources that exist (change.h): then the order decides. */

struct changer {
    uint32_t        number; /* of the verdict */
    uint32_t        rank;   /* of its assignment's scope: more is nearer */
    const mp_item  *item;
    mp_effect       effect;
    mp_applied     *operations;
    uint32_t        count;
    const mp_check *other;     /* it conflicts with */
    mp_str          message;
    bool            refuses, skips;
};

/* ---- order ---- */

static uint32_t rank_of(const mp_assignment *a)
{
    if (!a || a->scope.len == 0)
        return 0;
    if (mp_scope_is_group(a->scope))
        return 1;
    mp_str   scope = mp_scope_trim(a->scope);
    uint32_t rank = 2;
    for (size_t i = 0; i < scope.len; i++)
        rank += scope.ptr[i] == '/';
    return rank;
}

/* Two management groups that hold one resource: one is above the other. */
static int by_hierarchy(const mp_check *a, const mp_check *b)
{
    const mp_hierarchy *h = a->hierarchy;
    mp_str              x = a->assignment->scope, y = b->assignment->scope;
    if (!h || mp_scope_equal(x, y))
        return 0;
    return h->holds(h->context, x, y) ? -1 : h->holds(h->context, y, x) ? 1 : 0;
}

static int by_order(const void *x, const void *y)
{
    const struct changer *a = x, *b = y;
    const mp_assignment  *of_a = a->item->check->assignment, *of_b = b->item->check->assignment;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    int groups = a->rank == 1 ? by_hierarchy(a->item->check, b->item->check) : 0;
    if (groups)
        return groups;
    int names = mp_str_cmp_fold(of_a ? of_a->name : MP_S(""), of_b ? of_b->name : MP_S(""));
    if (names)
        return names;
    return (a->item->check_index > b->item->check_index) - (a->item->check_index < b->item->check_index);
}

/* ---- reading ---- */

static bool is_changing(mp_effect effect) { return effect == MP_EFFECT_MODIFY || effect == MP_EFFECT_APPEND; }

static bool is_broken(const mp_applied *a) { return a->broken || a->modifiable == MP_MODIFIABLE_NO; }

/* What the definition names cannot be changed: its conflictEffect says what then. */
static mp_code find_broken(mp_enforcer *e, struct changer *c, mp_error *err)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const mp_applied *a = &c->operations[i];
        if (!is_broken(a))
            continue;
        mp_error why;
        if (a->broken)
            why = *a->broken;
        else
            mp_fail(&why, MP_EVALUATION, MP_NOWHERE, "the alias \"%.*s\" may not be modified",
                    MP_FMT(a->field));
        c->message = mp_arena_dup(&e->arena, mp_str_from(why.message));
        c->refuses = c->effect == MP_EFFECT_APPEND || c->item->changes->denies;
        c->skips = true;
        return c->message.ptr ? MP_OK : mp_no_memory(err);
    }
    return MP_OK;
}

static mp_code failed(mp_enforcer *e, uint32_t number, const mp_error *inner, mp_error *err)
{
    MP_TRY(mp_enforcer_act(e, MP_ACT_FAILED, e->asked, number, true, err));
    mp_act *act = &e->acts[e->act_count - 1];
    act->message = mp_arena_dup(&e->arena, mp_str_from(inner->message));
    return act->message.ptr ? MP_OK : mp_no_memory(err);
}

/* *reads: its operations are to be carried out. A failure to evaluate them is an act of its own. */
static mp_code read_changer(mp_enforcer *e, uint32_t number, struct changer *c, bool *reads, mp_error *err)
{
    mp_error inner = { 0 };
    *c = (struct changer){ .number = number, .item = e->asked->items[number],
                           .effect = mp_effect_find(e->asked->verdicts[number].effect), .message = MP_S("") };
    c->rank = rank_of(c->item->check->assignment);
    mp_code code = mp_applied_read(&c->operations, &c->count, e->asked, c->item, &e->arena, &inner);
    *reads = code == MP_OK;
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    return code == MP_OK ? find_broken(e, c, err) : failed(e, number, &inner, err);
}

/* ---- conflicts ---- */

static bool meet(const struct changer *a, const struct changer *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        for (uint32_t k = 0; k < b->count; k++)
            if (mp_edit_paths_meet(a->operations[i].path, b->operations[k].path))
                return true;
    return false;
}

static void lose(struct changer *c, const struct changer *to, bool refuses)
{
    c->skips = true;
    c->refuses = c->refuses || refuses;
    if (!c->other)
        c->other = to->item->check;
}

static void find_conflicts(struct changer *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = i + 1; k < count; k++) {
            struct changer *a = &list[i], *b = &list[k];
            bool are_two = a->effect == MP_EFFECT_MODIFY && b->effect == MP_EFFECT_MODIFY &&
                           !a->message.len && !b->message.len &&
                           a->item->check->definition != b->item->check->definition;
            if (!are_two || !meet(a, b))
                continue;
            bool a_denies = a->item->changes->denies, b_denies = b->item->changes->denies;
            if (a_denies == b_denies || b_denies)
                lose(a, b, a_denies);
            if (a_denies == b_denies || a_denies)
                lose(b, a, b_denies);
        }
}

/* ---- carrying out ---- */

static bool is_refused(const struct changer *c)
{
    bool refuses = c->refuses;
    for (uint32_t i = 0; i < c->count; i++)
        refuses = refuses || mp_applied_conflicts(&c->operations[i]);
    return refuses;
}

static bool leads_nowhere(const struct changer *c)
{
    for (uint32_t i = 0; i < c->count; i++)
        if (c->operations[i].how == MP_EDITED_NOWHERE)
            return true;
    return false;
}

static mp_code carry_out(mp_enforcer *e, struct changer *c, const mp_json **doc, bool *refused, mp_error *err)
{
    const mp_json *before = *doc;
    if (!c->skips)
        MP_TRY(mp_applied_run(c->operations, c->count, doc, &e->arena, err));
    bool refuses = is_refused(c), changed = *doc != before;
    if (!refuses && !changed && !c->skips && !leads_nowhere(c))
        return MP_OK; /* all was so already */
    mp_act *act = mp_enforcer_add(e, refuses ? MP_ACT_CONFLICT : changed ? MP_ACT_CHANGED : MP_ACT_SKIPPED,
                                  e->asked, c->number);
    if (!act)
        return mp_no_memory(err);
    act->refuses = refuses;
    act->operations = c->operations;
    act->operation_count = c->count;
    act->other = c->other;
    act->message = c->message;
    *refused = *refused || refuses;
    return MP_OK;
}

/* *changes: it is to be carried out. One whose condition failed refuses the request. */
static mp_code would_change(mp_enforcer *e, uint32_t number, bool *changes, bool *refused, mp_error *err)
{
    const mp_verdict *v = &e->asked->verdicts[number];
    bool enforced = mp_check_is_enforced(e->asked->items[number]->check), failed_before = mp_verdict_failed(v);
    bool holds = v->state == MP_STATE_NON_COMPLIANT || v->state == MP_STATE_CONFLICTING;
    *changes = false;
    if ((!failed_before && !holds) || !is_changing(mp_effect_find(v->effect)))
        return MP_OK;
    *changes = holds && enforced;
    *refused = *refused || (failed_before && enforced);
    return failed_before ? mp_enforcer_act(e, MP_ACT_FAILED, e->asked, number, true, err) : MP_OK;
}

static mp_code change_by_all(mp_enforcer *e, struct changer *list, uint32_t count, const mp_json **doc,
                             bool *refused, mp_error *err)
{
    qsort(list, count, sizeof(*list), by_order);
    find_conflicts(list, count);
    for (uint32_t i = 0; i < count; i++)
        MP_TRY(carry_out(e, &list[i], doc, refused, err));
    return MP_OK;
}

mp_code mp_enforcer_change(mp_enforcer *e, const mp_json **doc, bool *refused, mp_error *err)
{
    struct changer *list = NULL;
    uint32_t        count = 0;
    for (uint32_t i = 0; i < e->asked->verdict_count; i++) {
        bool reads;
        MP_TRY(would_change(e, i, &reads, refused, err));
        if (!reads)
            continue;
        if (!list)
            list = MP_ARENA_ARRAY(&e->arena, struct changer, e->asked->verdict_count - i);
        if (!list)
            return mp_no_memory(err);
        MP_TRY(read_changer(e, i, &list[count], &reads, err));
        count += reads;
        *refused = *refused || !reads;
    }
    return count ? change_by_all(e, list, count, doc, refused, err) : MP_OK;
}

mp_code mp_enforcer_change_by(mp_enforcer *e, uint32_t number, const mp_json **doc, bool *refused,
                              mp_error *err)
{
    struct changer one;
    bool           reads;
    MP_TRY(read_changer(e, number, &one, &reads, err));
    *refused = !reads;
    return reads ? change_by_all(e, &one, 1, doc, refused, err) : MP_OK;
}
