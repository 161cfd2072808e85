/* SPDX-License-Identifier: Apache-2.0 */
#include "reads.h"

typedef struct reading {
    const mp_bound *bound;
    mp_arena       *arena;
    mp_reads_visit *visit;
    void           *context;
    bool            failed; /* memory was short */
} reading;

static void read_name(reading *r, const mp_template *t)
{
    const mp_json *name = NULL;
    mp_code        code = mp_template_constant(&name, t, r->bound, r->arena, NULL);
    bool           is_known = code == MP_OK && mp_json_is(name, MP_JSON_STRING);
    r->failed = r->failed || code == MP_NOMEM;
    r->visit(r->context, is_known ? mp_json_str(name) : mp_str_of(NULL, 0));
}

static void read_expr(reading *r, mp_expr *e)
{
    bool is_field = e->kind == MP_EXPR_CALL && e->count &&
                    (e->context == MP_CONTEXT_FIELD || e->context == MP_CONTEXT_CURRENT);
    if (is_field)
        read_name(r, &(mp_template){ .kind = MP_TEMPLATE_EXPR, .expr = e->args[0] });
    for (uint32_t i = 0; i < e->count; i++)
        read_expr(r, e->args[i]);
}

static void read_template(reading *r, const mp_template *t)
{
    if (t->kind == MP_TEMPLATE_EXPR)
        read_expr(r, t->expr);
    for (uint32_t i = 0; i < t->count; i++)
        read_template(r, t->kids[i]);
}

static void read_condition(reading *r, const mp_condition *c)
{
    if (c->kind != MP_CONDITION_TEST) {
        for (uint32_t i = 0; i < c->count; i++)
            read_condition(r, c->kids[i]);
        return;
    }
    if (c->left_kind == MP_LEFT_FIELD)
        read_name(r, c->left);
    else if (c->left_kind == MP_LEFT_VALUE)
        read_template(r, c->left);
    else if (c->counted->field)
        read_name(r, c->counted->field);
    else
        read_template(r, c->counted->value);
    if (c->left_kind == MP_LEFT_COUNT && c->counted->where)
        read_condition(r, c->counted->where);
    read_template(r, c->right);
}

static mp_code end(const reading *r, mp_error *err)
{
    return r->failed ? mp_no_memory(err) : MP_OK;
}

mp_code mp_reads_of_condition(const mp_condition *c, const mp_bound *bound, mp_arena *arena,
                              mp_reads_visit *visit, void *context, mp_error *err)
{
    reading r = { bound, arena, visit, context, false };
    read_condition(&r, c);
    return end(&r, err);
}

mp_code mp_reads_of_template(const mp_template *t, const mp_bound *bound, mp_arena *arena,
                             mp_reads_visit *visit, void *context, mp_error *err)
{
    reading r = { bound, arena, visit, context, false };
    read_template(&r, t);
    return end(&r, err);
}
