/* SPDX-License-Identifier: Apache-2.0 */
#include "known.h"

/* The condition is lowered alone, keeping what is usually folded: what is left without a document is two values,
 * a failure, or an array that resources of the type do not have. */

static void init_lowering(mp_lowering *l, const mp_known_at *at, mp_arena *arena)
{
    mp_lowering_init(l, arena, at->bound, at->aliases, at->type, true);
    l->api_version = at->api_version;
    if (!at->related_type.ptr)
        return;
    l->related_type = at->related_type;
    l->in_existence = true;
}

static bool has_values(const mp_tree *t)
{
    return t->kind == MP_TREE_TEST && t->kids[0]->kind == MP_TREE_VALUE && t->kids[1]->kind == MP_TREE_VALUE;
}

static void set_outcome(mp_trace *out, const mp_tree *decided)
{
    if (decided->kind == MP_TREE_FAIL) {
        out->outcome = MP_TRACE_FAILED;
        out->message = decided->message;
    } else if (decided->kind == MP_TREE_BOOL) {
        out->outcome = decided->op ? MP_TRACE_TRUE : MP_TRACE_FALSE;
    }
}

/* A test of two values. False when memory is short. */
static bool decide(mp_trace *out, mp_lowering *l, const mp_tree *t)
{
    l->builder.keep_all = false;
    const mp_tree *decided = mp_tree_test(&l->builder, (mp_operator)t->op, t->kids[0], t->kids[1], t->origin);
    if (!decided)
        return false;
    set_outcome(out, decided);
    out->actual = t->kids[0]->value;
    out->wanted = t->kids[1]->value;
    return true;
}

const mp_trace *mp_known_trace(const mp_condition *c, const mp_known_at *at, mp_arena *arena)
{
    mp_lowering l;
    init_lowering(&l, at, arena);
    mp_trace      *out = MP_ARENA_NEW(arena, mp_trace);
    const mp_tree *t = out ? mp_lower_condition(&l, c) : NULL;
    if (!t)
        return NULL;
    *out = (mp_trace){ .kind = MP_TRACE_TEST, .outcome = MP_TRACE_SKIPPED, .op = (uint8_t)c->op,
                       .origin = c->origin };
    if (has_values(t))
        return decide(out, &l, t) ? out : NULL;
    set_outcome(out, t);
    bool is_decided = out->outcome != MP_TRACE_SKIPPED;
    if (is_decided && mp_template_constant(&out->wanted, c->right, at->bound, arena, NULL) == MP_NOMEM)
        return NULL;
    return out;
}
