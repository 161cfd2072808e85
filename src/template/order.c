/* SPDX-License-Identifier: Apache-2.0 */
/* What must come before what: dependsOn, reference() and list*() of resources of the same template, and what stands
 * within or on something else. Microsoft Learn, "Define the order for deploying resources in ARM templates".
 *
 * What dependsOn says, and what is asked for by name, is hard: a cycle of these is an error. What is asked for by id,
 * and a resource's parent, come first where that makes no cycle. */
#include "template_internal.h"

#include <stdio.h>

/* ---- finding resources ---- */

typedef enum how { BY_SYMBOL, BY_LOOP, BY_ID, BY_NAME, BY_TYPE_AND_NAME, BY_TAIL, HOWS } how;

typedef struct wanted {
    mp_str text, type, name; /* type and name: what the text has at its end */
    bool   has_tail;
} wanted;

/* "name" or "name[3]", the instance of a loop. */
static bool fits_symbol(const item *it, mp_str text)
{
    if (it->symbolic.len == 0 || !mp_str_starts(text, it->symbolic))
        return false;
    mp_str rest = mp_str_skip(text, it->symbolic.len);
    char   index[32];
    if (rest.len == 0)
        return true;
    int n = snprintf(index, sizeof index, "[%lld]", it->loops ? (long long)it->loops->index : -1LL);
    return mp_str_eq(rest, mp_str_of(index, (size_t)n));
}

static bool fits_tail(mp_deployment *d, const item *it, const wanted *w)
{
    mp_str type, name;
    mp_arena_mark mark = mp_arena_save(&d->step);
    bool fits = w->has_tail && tpl_split_id(&type, &name, &d->step, it->id) && mp_str_eq_fold(type, w->type) &&
                mp_str_eq_fold(name, w->name);
    mp_arena_restore(&d->step, mark);
    return fits;
}

static bool fits(mp_deployment *d, const item *it, how by, const wanted *w)
{
    bool is_path = mp_str_starts(w->text, MP_S("/"));
    switch (by) {
    case BY_SYMBOL:
        return it->unit->is_symbolic && fits_symbol(it, w->text);
    case BY_LOOP:
        return it->loop_name.len && mp_str_eq_fold(it->loop_name, w->text);
    case BY_ID:
        return is_path && it->id.len && tpl_same_id(it->id, w->text);
    case BY_NAME:
        return !is_path && it->name.len && mp_str_eq_fold(it->name, w->text);
    case BY_TYPE_AND_NAME:
        return !is_path && w->has_tail && mp_str_eq_fold(it->type, w->type) && mp_str_eq_fold(it->name, w->name);
    default:
        return it->id.len && fits_tail(d, it, w);
    }
}

static wanted wanted_of(mp_deployment *d, mp_str text)
{
    wanted w = { .text = text };
    w.has_tail = tpl_split_id(&w.type, &w.name, &d->step, text);
    return w;
}

uint32_t tpl_find_items(item **first, mp_deployment *d, unit *u, mp_str text, bool *by_id)
{
    static const how ways[] = { BY_SYMBOL, BY_ID, BY_NAME, BY_TYPE_AND_NAME };
    wanted           w = wanted_of(d, text);
    for (size_t way = 0; way < MP_COUNT(ways); way++) {
        uint32_t found = 0;
        for (uint32_t i = 0; i < u->count; i++)
            if (fits(d, u->items[i], ways[way], &w) && !found++)
                *first = u->items[i];
        *by_id = ways[way] == BY_ID;
        if (found)
            return found;
    }
    return 0;
}

/* ---- edges ---- */

static bool has_need(const item *it, uint32_t number)
{
    for (uint32_t i = 0; i < it->need_count; i++)
        if (it->needs[i] == number)
            return true;
    return false;
}

static mp_code add_need(mp_deployment *d, item *it, const item *other, mp_error *err)
{
    MP_TRY(tpl_take_steps(d, it->need_count / 16 + 1, err));
    if (has_need(it, other->number))
        return MP_OK;
    if (it->need_count == it->need_cap) {
        uint32_t  cap = it->need_cap ? 2 * it->need_cap : 4;
        uint32_t *needs = MP_ARENA_ARRAY(&d->arena, uint32_t, cap);
        if (!needs)
            return tpl_out_of_memory(d, err);
        if (it->need_count)
            memcpy(needs, it->needs, it->need_count * sizeof *needs);
        it->needs = needs;
        it->need_cap = cap;
    }
    it->needs[it->need_count++] = other->number;
    return MP_OK;
}

/* Does `from`, directly or not, need `to`? Every item is looked at once. */
static mp_code needs_it(bool *out, mp_deployment *d, unit *u, const item *from, const item *to, mp_error *err)
{
    uint32_t *stack = MP_ARENA_ARRAY(&d->step, uint32_t, (size_t)u->count + 1), len = 0;
    bool     *seen = MP_ARENA_ARRAY(&d->step, bool, (size_t)u->count + 1);
    if (!stack || !seen)
        return tpl_out_of_memory(d, err);
    *out = false;
    stack[len++] = from->number;
    seen[from->number] = true;
    while (len && !*out) {
        const item *it = u->items[stack[--len]];
        *out = it == to;
        MP_TRY(tpl_take_steps(d, it->need_count / 4 + 1, err));
        for (uint32_t i = 0; i < it->need_count; i++)
            if (!seen[it->needs[i]]) {
                seen[it->needs[i]] = true;
                stack[len++] = it->needs[i];
            }
    }
    return MP_OK;
}

static bool is_deployed(const item *it) { return !it->is_dropped && !it->is_existing; }

static mp_code prefer(mp_deployment *d, unit *u, item *it, const item *other, mp_error *err)
{
    bool is_cycle = false;
    if (it == other || !is_deployed(other) || has_need(it, other->number))
        return MP_OK;
    mp_arena_mark mark = mp_arena_save(&d->step);
    mp_code       code = needs_it(&is_cycle, d, u, other, it, err);
    mp_arena_restore(&d->step, mark);
    MP_TRY(code);
    return is_cycle ? MP_OK : add_need(d, it, other, err);
}

/* ---- dependsOn ---- */

static mp_code depend_on(mp_deployment *d, item *it, const mp_json *node, mp_str text, mp_error *err)
{
    unit  *u = it->unit;
    wanted w = wanted_of(d, text);
    for (how by = 0; by < HOWS; by++) {
        bool is_found = false;
        for (uint32_t i = 0; i < u->count; i++) {
            item *other = u->items[i];
            if (!fits(d, other, by, &w))
                continue;
            is_found = true;
            if (other == it)
                return tpl_placed(d, u->source, node,
                              mp_fail(err, MP_CONFLICT, MP_NOWHERE, "\"%.*s\" depends on itself", MP_FMT(text)), err);
            if (is_deployed(other))
                MP_TRY(add_need(d, it, other, err));
        }
        if (is_found)
            return MP_OK;
    }
    return tpl_placed(d, u->source, node,
                  mp_fail(err, MP_REFERENCE, MP_NOWHERE,
                          "dependsOn names \"%.*s\", which is no resource of the template", MP_FMT(text)), err);
}

static mp_code add_depends_on(mp_deployment *d, item *it, mp_error *err)
{
    const mp_json *node = mp_json_get_fold(it->node, MP_S("dependsOn"));
    eval           e = tpl_item_eval(d, it, PLACE_SHAPE);
    value          list;
    e.arena = &d->arena;
    if (!node)
        return MP_OK;
    MP_TRY(tpl_eval_node(&list, &e, node, err));
    if (list.json->kind == MP_JSON_NULL)
        return MP_OK;
    bool is_list = list.json->kind == MP_JSON_ARRAY && !list.is_unknown && !list.is_secure;
    if (is_list)
        for (MP_JSON_EACH(one, list.json)) {
            is_list = is_list && (one->kind == MP_JSON_STRING || one->kind == MP_JSON_NULL);
            if (is_list && one->kind == MP_JSON_STRING && one->count)
                MP_TRY(depend_on(d, it, node, mp_json_str(one), err));
        }
    return is_list ? MP_OK
                   : tpl_placed(d, it->unit->source, node,
                            mp_fail(err, MP_COMPILE, MP_NOWHERE, "\"dependsOn\" wants an array of strings"), err);
}

/* ---- what is asked for ---- */

static mp_code prefer_call(mp_deployment *d, item *it, eval *e, const mp_expr *x, mp_error *err)
{
    value target;
    item *other = NULL;
    bool  by_id;
    e->place = PLACE_SHAPE; /* what is only known later makes no order */
    mp_code code = x->count ? tpl_eval_expr(&target, e, x->args[0], NULL) : MP_EVALUATION;
    d->met_unknown = false;
    if (code == MP_NOMEM || d->steps < 0)
        return code == MP_NOMEM ? tpl_out_of_memory(d, err) : tpl_take_steps(d, 0, err);
    if (code != MP_OK || target.is_unknown || target.json->kind != MP_JSON_STRING)
        return MP_OK;
    mp_str text = mp_json_str(target.json);
    if (!tpl_find_items(&other, d, it->unit, text, &by_id))
        return MP_OK;
    for (uint32_t i = 0; i < it->unit->count; i++) { /* all instances of a symbolic name */
        item *one = it->unit->items[i];
        bool  is_meant = one == other || (it->unit->is_symbolic && fits_symbol(one, text));
        if (is_meant && one != it && is_deployed(one))
            MP_TRY(by_id ? prefer(d, it->unit, it, one, err) : add_need(d, it, one, err));
    }
    return MP_OK;
}

static mp_code prefer_calls(mp_deployment *d, item *it, eval *e, const mp_expr *x, mp_error *err)
{
    if (tpl_is_runtime_call(x))
        MP_TRY(prefer_call(d, it, e, x, err));
    for (uint32_t i = 0; i < x->count; i++)
        MP_TRY(prefer_calls(d, it, e, x->args[i], err));
    return MP_OK;
}

/* Expressions of an inner template are not of this scope; resources within are items of their own. */
static mp_code add_references(mp_deployment *d, item *it, mp_error *err)
{
    const mp_json *opaque = tpl_nested_is_inner(it->node) ? tpl_inline_template(it->node) : NULL;
    const mp_json *children = mp_json_get_fold(it->node, MP_S("resources"));
    eval           e = tpl_item_eval(d, it, PLACE_SHAPE);
    for (const mp_json *v = it->node, *end = mp_json_next(it->node); v < end;) {
        mp_expr *x = NULL;
        if (v == opaque || (v == children && v->kind >= MP_JSON_ARRAY)) {
            v = mp_json_next(v);
            continue;
        }
        if (v->kind == MP_JSON_STRING) {
            MP_TRY(tpl_parsed_expression(&x, &e, v, err));
            e.node = v;
        }
        if (x)
            MP_TRY(prefer_calls(d, it, &e, x, err));
        v++;
    }
    return MP_OK;
}

/* A resource comes after what its id, or a nested deployment's target, stands below. */
static mp_code add_parents(mp_deployment *d, item *it, mp_error *err)
{
    unit *u = it->unit;
    for (uint32_t i = 0; i < u->count; i++) {
        const item *other = u->items[i];
        bool        is_below = other->id.len && it->id.len > other->id.len && it->id.ptr[other->id.len] == '/' &&
                        mp_str_starts_fold(it->id, other->id);
        if (is_below)
            MP_TRY(prefer(d, u, it, other, err));
    }
    return MP_OK;
}

/* ---- the order ---- */

static const item *next_in_circle(const unit *u, const item *it, const bool *is_placed)
{
    for (uint32_t i = 0; i < it->need_count; i++)
        if (!is_placed[it->needs[i]])
            return u->items[it->needs[i]];
    return it;
}

/* Every item that is left needs one that is left: after as many steps as there are items, we are in the circle. */
static mp_code name_cycle(mp_deployment *d, const unit *u, const bool *is_placed, mp_error *err)
{
    enum { SHOWN = 160 };
    uint32_t i = 0;
    mp_buf   b = MP_BUF_INIT;
    while (is_placed[i])
        i++;
    const item *start = u->items[i];
    for (i = 0; i < u->count; i++)
        start = next_in_circle(u, start, is_placed);
    const item *at = start;
    do {
        mp_buf_add(&b, at->name);
        mp_buf_add(&b, MP_S(" > "));
        at = next_in_circle(u, at, is_placed);
    } while (at != start && b.len < SHOWN);
    mp_buf_add(&b, at == start ? start->name : MP_S("..."));
    mp_str path = mp_arena_dup(&d->step, mp_buf_str(&b));
    mp_buf_free(&b);
    if (!path.ptr)
        return tpl_out_of_memory(d, err);
    return tpl_placed_at(
        u->pointer,
        mp_fail(err, MP_CONFLICT, MP_NOWHERE, "resources depend on each other in a circle: %.*s", MP_FMT(path)), err);
}

static bool is_ready(const item *it, const bool *is_placed)
{
    for (uint32_t i = 0; i < it->need_count; i++)
        if (!is_placed[it->needs[i]])
            return false;
    return true;
}

/* In the template's order as far as needs allow: always the first that is ready. */
static mp_code sort_items(mp_deployment *d, unit *u, mp_error *err)
{
    bool    *is_placed = MP_ARENA_ARRAY(&d->step, bool, (size_t)u->count + 1);
    uint32_t left = 0;
    u->order = MP_ARENA_ARRAY(&d->arena, uint32_t, (size_t)u->count + 1);
    if (!is_placed || !u->order)
        return tpl_out_of_memory(d, err);
    for (uint32_t i = 0; i < u->count; i++) {
        is_placed[i] = !is_deployed(u->items[i]);
        left += !is_placed[i];
    }
    while (u->ordered < left) {
        uint32_t i = 0;
        while (i < u->count && (is_placed[i] || !is_ready(u->items[i], is_placed)))
            i++;
        if (i == u->count)
            return name_cycle(d, u, is_placed, err);
        is_placed[i] = true;
        u->order[u->ordered++] = i;
    }
    return MP_OK;
}

mp_code tpl_unit_order(mp_deployment *d, unit *u, mp_error *err)
{
    for (uint32_t i = 0; i < u->count; i++)
        if (is_deployed(u->items[i]))
            MP_TRY(add_depends_on(d, u->items[i], err));
    for (uint32_t i = 0; i < u->count; i++)
        if (is_deployed(u->items[i]))
            MP_TRY(add_references(d, u->items[i], err));
    for (uint32_t i = 0; i < u->count; i++)
        if (is_deployed(u->items[i]))
            MP_TRY(add_parents(d, u->items[i], err));
    return sort_items(d, u, err);
}
