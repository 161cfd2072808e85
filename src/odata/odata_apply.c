/* SPDX-License-Identifier: Apache-2.0 */
/* $apply as text. What one transformation gives is the table of the next, so names are looked up where they stand. */
#include "odata_apply.h"

#include "odata_parse.h"
#include "text.h"

#define NAME_MAX_BYTES 128

typedef struct applying {
    parsing         *p;
    const mp_filter *filter; /* before the first step */
    mp_apply_step   *steps;
    uint32_t         count;
} applying;

static const char *const method_names[] = {
    [MP_AGGREGATE_COUNT] = "$count", [MP_AGGREGATE_SUM] = "sum",         [MP_AGGREGATE_MIN] = "min",
    [MP_AGGREGATE_MAX] = "max",      [MP_AGGREGATE_AVERAGE] = "average", [MP_AGGREGATE_DISTINCT] = "countdistinct",
};

/* ---- aggregates ---- */

static mp_code parse_method(mp_aggregate_method *out, parsing *p)
{
    if (!odata_at_word(p, "with"))
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted with, as in count with sum as total",
                          MP_FMT(odata_shown(p)));
    MP_TRY(odata_next(p));
    for (int m = MP_AGGREGATE_SUM; m <= MP_AGGREGATE_DISTINCT; m++)
        if (odata_at_word(p, method_names[m])) {
            *out = (mp_aggregate_method)m;
            return odata_next(p);
        }
    return odata_fail(p, MP_COMPILE, p->token.at, "found \"%.*s\", wanted sum, min, max, average or countdistinct",
                      MP_FMT(odata_shown(p)));
}

static mp_code check_method(const parsing *p, mp_aggregate_method method, uint32_t field, size_t at)
{
    const mp_odata_field *f = &p->table->fields[field];
    bool                  is_number = f->type == MP_ODATA_INT || f->type == MP_ODATA_REAL;
    if (f->type == MP_ODATA_LIST)
        return odata_fail(p, MP_COMPILE, at, "%.*s is a list; it cannot be aggregated", MP_FMT(f->name));
    if ((method == MP_AGGREGATE_SUM || method == MP_AGGREGATE_AVERAGE) && !is_number)
        return odata_fail(p, MP_COMPILE, at, "%.*s is no number; wanted min, max or countdistinct", MP_FMT(f->name));
    return MP_OK;
}

static bool is_plain_name(mp_str name)
{
    return name.len <= NAME_MAX_BYTES && mp_str_find(name, '/') == SIZE_MAX && name.ptr[0] != '$' && name.ptr[0] != '@';
}

static bool is_taken(const mp_odata_field *fields, uint32_t count, mp_str name)
{
    for (uint32_t i = 0; i < count; i++)
        if (mp_str_eq_fold(fields[i].name, name))
            return true;
    return false;
}

/* as NAME */
static mp_code parse_alias(mp_str *out, parsing *p, const mp_odata_field *fields, uint32_t count)
{
    if (!odata_at_word(p, "as"))
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted as and a name for the result",
                          MP_FMT(odata_shown(p)));
    MP_TRY(odata_next(p));
    if (p->token.kind != TOKEN_WORD || !is_plain_name(p->token.text))
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted a name of letters, digits and _ for the result",
                          MP_FMT(odata_shown(p)));
    if (is_taken(fields, count, p->token.text))
        return odata_fail(p, MP_COMPILE, p->token.at, "two results are named %.*s", MP_FMT(odata_shown(p)));
    *out = mp_arena_dup(p->arena, p->token.text);
    return out->ptr ? odata_next(p) : odata_nomem(p->err);
}

/* As a field of what comes out. Its column is that of no table, but what SQL gives for it counts as the field's own does. */
static mp_odata_field result_field(const mp_odata_table *in, const mp_aggregate *a)
{
    mp_odata_field field = { .name = a->name, .type = MP_ODATA_INT };
    if (a->method == MP_AGGREGATE_AVERAGE)
        field.type = MP_ODATA_REAL;
    if (a->method == MP_AGGREGATE_MIN || a->method == MP_AGGREGATE_MAX || a->method == MP_AGGREGATE_SUM) {
        field.type = in->fields[a->field].type;
        field.unit = in->fields[a->field].unit;
    }
    return field;
}

/* $count as n, or x with max as m */
static mp_code parse_aggregate(mp_aggregate *out, parsing *p, const mp_odata_field *fields, uint32_t count)
{
    size_t at = p->token.at;
    *out = (mp_aggregate){ .method = MP_AGGREGATE_COUNT };
    if (odata_at_word(p, "$count")) {
        MP_TRY(odata_next(p));
    } else {
        MP_TRY(odata_take_field(&out->field, p));
        MP_TRY(parse_method(&out->method, p));
        MP_TRY(check_method(p, out->method, out->field, at));
    }
    return parse_alias(&out->name, p, fields, count);
}

/* ( ... ) behind "aggregate"; results are added to `fields` behind the keys. */
static mp_code parse_aggregates(mp_apply_step *step, parsing *p, mp_odata_field *fields)
{
    mp_aggregate *all = MP_ARENA_ARRAY(p->arena, mp_aggregate, MP_APPLY_AGGREGATES_MAX);
    uint32_t      count = 0;
    if (!all)
        return odata_nomem(p->err);
    MP_TRY(odata_take_mark(p, '('));
    for (;;) {
        if (count == MP_APPLY_AGGREGATES_MAX)
            return odata_fail(p, MP_LIMIT, p->token.at, "more than %d results are aggregated", MP_APPLY_AGGREGATES_MAX);
        MP_TRY(parse_aggregate(&all[count], p, fields, step->key_count + count));
        fields[step->key_count + count] = result_field(p->table, &all[count]);
        count++;
        if (!odata_at_mark(p, ','))
            break;
        MP_TRY(odata_next(p));
    }
    step->aggregates = all;
    step->aggregate_count = count;
    return odata_take_mark(p, ')');
}

/* ---- steps ---- */

/* ( a, b ) */
static mp_code parse_keys(mp_apply_step *step, parsing *p, mp_odata_field *fields)
{
    uint32_t *keys = MP_ARENA_ARRAY(p->arena, uint32_t, MP_APPLY_KEYS_MAX), count = 0;
    if (!keys)
        return odata_nomem(p->err);
    MP_TRY(odata_take_mark(p, '('));
    for (;;) {
        size_t at = p->token.at;
        if (count == MP_APPLY_KEYS_MAX)
            return odata_fail(p, MP_LIMIT, at, "rows are grouped by more than %d fields", MP_APPLY_KEYS_MAX);
        MP_TRY(odata_take_field(&keys[count], p));
        const mp_odata_field *f = &p->table->fields[keys[count]];
        if (f->type == MP_ODATA_LIST)
            return odata_fail(p, MP_COMPILE, at, "%.*s is a list; rows cannot be grouped by it", MP_FMT(f->name));
        if (is_taken(fields, count, f->name))
            return odata_fail(p, MP_COMPILE, at, "rows are grouped by %.*s twice", MP_FMT(f->name));
        fields[count++] = (mp_odata_field){ .name = f->name, .type = f->type, .unit = f->unit };
        if (!odata_at_mark(p, ','))
            break;
        MP_TRY(odata_next(p));
    }
    step->keys = keys;
    step->key_count = count;
    return odata_take_mark(p, ')');
}

static mp_code parse_groupby(mp_apply_step *step, parsing *p, mp_odata_field *fields)
{
    MP_TRY(odata_take_mark(p, '('));
    MP_TRY(parse_keys(step, p, fields));
    if (odata_at_mark(p, ')'))
        return odata_next(p);
    MP_TRY(odata_take_mark(p, ','));
    if (!odata_at_word(p, "aggregate"))
        return odata_fail(p, MP_COMPILE, p->token.at, "found \"%.*s\", wanted aggregate(...)", MP_FMT(odata_shown(p)));
    MP_TRY(odata_next(p));
    MP_TRY(parse_aggregates(step, p, fields));
    return odata_take_mark(p, ')');
}

/* groupby or aggregate: what comes out is a table of its own, which the caller's functions know nothing of. */
static mp_code parse_grouping(applying *a, mp_apply_kind kind)
{
    parsing        *p = a->p;
    mp_apply_step  *step = &a->steps[a->count];
    mp_odata_table *out = MP_ARENA_NEW(p->arena, mp_odata_table);
    mp_odata_field *fields = MP_ARENA_ARRAY(p->arena, mp_odata_field, MP_APPLY_KEYS_MAX + MP_APPLY_AGGREGATES_MAX);
    if (!out || !fields)
        return odata_nomem(p->err);
    *step = (mp_apply_step){ .kind = kind, .in = p->table, .out = out };
    if (kind == MP_APPLY_GROUP)
        MP_TRY(parse_groupby(step, p, fields));
    else
        MP_TRY(parse_aggregates(step, p, fields));
    out->fields = fields;
    out->field_count = step->key_count + step->aggregate_count;
    p->table = out;
    a->count++;
    return MP_OK;
}

static mp_code parse_filter(applying *a)
{
    parsing         *p = a->p;
    const mp_filter *filter;
    MP_TRY(odata_take_mark(p, '('));
    MP_TRY(odata_parse_condition(&filter, p));
    if (!odata_at_mark(p, ')'))
        return odata_fail(p, MP_SYNTAX, p->token.at, "found \"%.*s\", wanted \")\", and or or", MP_FMT(odata_shown(p)));
    MP_TRY(odata_next(p));
    if (a->count == 0)
        return mp_filter_and(&a->filter, p->arena, a->filter, filter, p->err);
    a->steps[a->count++] = (mp_apply_step){ .kind = MP_APPLY_FILTER, .in = p->table, .out = p->table, .filter = filter };
    return MP_OK;
}

static mp_code unknown_step(const parsing *p)
{
    static const mp_str names[] = { MP_S_INIT("filter"), MP_S_INIT("groupby"), MP_S_INIT("aggregate") };
    mp_str              nearest = mp_text_nearest(p->token.text, names, MP_COUNT(names));
    if (nearest.ptr)
        return odata_fail(p, MP_COMPILE, p->token.at, "there is no transformation \"%.*s\"; did you mean \"%.*s\"?",
                          MP_FMT(odata_shown(p)), MP_FMT(nearest));
    return odata_fail(p, MP_COMPILE, p->token.at, "found \"%.*s\", wanted filter(...), groupby(...) or aggregate(...)",
                      MP_FMT(odata_shown(p)));
}

static mp_code parse_step(applying *a)
{
    parsing *p = a->p;
    if (a->count == MP_APPLY_STEPS_MAX)
        return odata_fail(p, MP_LIMIT, p->token.at, "more than %d transformations stand behind each other",
                          MP_APPLY_STEPS_MAX);
    bool is_filter = odata_at_word(p, "filter"), groups = odata_at_word(p, "groupby");
    if (!is_filter && !groups && !odata_at_word(p, "aggregate"))
        return unknown_step(p);
    MP_TRY(odata_next(p));
    if (is_filter)
        return parse_filter(a);
    return parse_grouping(a, groups ? MP_APPLY_GROUP : MP_APPLY_AGGREGATE);
}

mp_code mp_apply_parse(mp_apply *out, mp_arena *arena, const mp_odata_table *table, mp_str text, mp_error *err)
{
    parsing  p;
    applying a = { .p = &p, .steps = MP_ARENA_ARRAY(arena, mp_apply_step, MP_APPLY_STEPS_MAX) };
    if (!a.steps)
        return odata_nomem(err);
    MP_TRY(odata_begin(&p, "$apply", arena, table, text, err));
    MP_TRY(parse_step(&a));
    while (odata_at_mark(&p, '/')) {
        MP_TRY(odata_next(&p));
        MP_TRY(parse_step(&a));
    }
    if (p.token.kind != TOKEN_END)
        return odata_fail(&p, MP_SYNTAX, p.token.at, "found \"%.*s\", wanted \"/\" or the end", MP_FMT(odata_shown(&p)));
    *out = (mp_apply){ .filter = a.filter, .steps = a.steps, .count = a.count, .out = p.table };
    return MP_OK;
}

/* ---- text again ---- */

static void print_aggregates(mp_buf *out, const mp_apply_step *step)
{
    mp_buf_add_z(out, "aggregate(");
    for (uint32_t i = 0; i < step->aggregate_count; i++) {
        const mp_aggregate *a = &step->aggregates[i];
        if (i)
            mp_buf_add_c(out, ',');
        if (a->method == MP_AGGREGATE_COUNT) {
            mp_buf_add_z(out, "$count");
        } else {
            mp_buf_add(out, step->in->fields[a->field].name);
            mp_buf_printf(out, " with %s", method_names[a->method]);
        }
        mp_buf_add_z(out, " as ");
        mp_buf_add(out, a->name);
    }
    mp_buf_add_c(out, ')');
}

static void print_filter(mp_buf *out, const mp_filter *filter)
{
    mp_buf_add_z(out, "filter(");
    mp_filter_print(out, filter);
    mp_buf_add_c(out, ')');
}

static void print_step(mp_buf *out, const mp_apply_step *step)
{
    if (step->kind == MP_APPLY_FILTER) {
        print_filter(out, step->filter);
        return;
    }
    if (step->kind == MP_APPLY_AGGREGATE) {
        print_aggregates(out, step);
        return;
    }
    mp_buf_add_z(out, "groupby((");
    for (uint32_t i = 0; i < step->key_count; i++) {
        if (i)
            mp_buf_add_c(out, ',');
        mp_buf_add(out, step->in->fields[step->keys[i]].name);
    }
    mp_buf_add_c(out, ')');
    if (step->aggregate_count) {
        mp_buf_add_c(out, ',');
        print_aggregates(out, step);
    }
    mp_buf_add_c(out, ')');
}

void mp_apply_print(mp_buf *out, const mp_apply *apply)
{
    if (apply->filter)
        print_filter(out, apply->filter);
    for (uint32_t i = 0; i < apply->count; i++) {
        if (i || apply->filter)
            mp_buf_add_c(out, '/');
        print_step(out, &apply->steps[i]);
    }
}
