/* SPDX-License-Identifier: Apache-2.0 */
#include "judge_internal.h"

#include "jsonw.h"

/* What an effect would do, for one resource: its details with every expression evaluated, and for
 * modify and append the document as it would be after. */

struct change {
    mp_str         operation; /* add, addOrReplace, remove, append */
    mp_str         field;     /* as the policy names it */
    mp_path        path;
    const mp_json *value;
    mp_modifiable  modifiable;
};

/* ---- changing a document ----
 * A document is written anew with one value changed at a path: recursion along the path, everything
 * beside it copied. */

struct edit {
    mp_jsonw      *w;
    const mp_path *path;
    const mp_json *value; /* NULL: remove */
    bool           is_add;    /* what is there stays */
    bool           is_append; /* an array takes the value as one element more */
    bool           done;
};

static void edit_value(struct edit *e, const mp_json *v, uint32_t step);

static void edit_leaf(struct edit *e, const mp_json *old)
{
    if (old && old->kind != MP_JSON_NULL && e->is_add && !e->is_append) {
        mp_jsonw_value(e->w, old);
        return;
    }
    e->done = true;
    if (e->is_append && mp_json_is(old, MP_JSON_ARRAY) && e->value->kind != MP_JSON_ARRAY) {
        mp_jsonw_array(e->w);
        for (MP_JSON_EACH(item, old))
            mp_jsonw_value(e->w, item);
        mp_jsonw_value(e->w, e->value);
        mp_jsonw_end(e->w);
        return;
    }
    mp_jsonw_value(e->w, e->value);
}

/* What is missing on the way to the leaf is made; an array that is missing stays so. */
static void make_rest(struct edit *e, uint32_t step)
{
    if (step == e->path->count) {
        edit_leaf(e, NULL);
        return;
    }
    mp_jsonw_object(e->w);
    mp_jsonw_key(e->w, e->path->steps[step].key);
    make_rest(e, step + 1);
    mp_jsonw_end(e->w);
}

static bool rest_has_each(const struct edit *e, uint32_t step)
{
    for (; step < e->path->count; step++)
        if (mp_step_is_each(&e->path->steps[step]))
            return true;
    return false;
}

static void edit_object(struct edit *e, const mp_json *object, uint32_t step)
{
    mp_str         name = e->path->steps[step].key;
    const mp_json *chosen = mp_json_get_fold(object, name);
    bool           is_last = step + 1 == e->path->count;
    mp_jsonw_object(e->w);
    for (MP_JSON_MEMBERS(key, object)) {
        if (key + 1 == chosen && is_last && !e->value) {
            e->done = true; /* removed */
            continue;
        }
        mp_jsonw_key(e->w, mp_json_str(key));
        if (key + 1 == chosen)
            edit_value(e, chosen, step + 1);
        else
            mp_jsonw_value(e->w, key + 1);
    }
    if (!chosen && e->value && !rest_has_each(e, step)) {
        mp_jsonw_key(e->w, name);
        make_rest(e, step + 1);
    }
    mp_jsonw_end(e->w);
}

static void edit_value(struct edit *e, const mp_json *v, uint32_t step)
{
    if (step == e->path->count) {
        edit_leaf(e, v);
        return;
    }
    if (mp_step_is_each(&e->path->steps[step]) && v->kind == MP_JSON_ARRAY) {
        bool is_last = step + 1 == e->path->count;
        mp_jsonw_array(e->w);
        for (MP_JSON_EACH(item, v)) {
            if (is_last && (e->is_append || e->is_add))
                mp_jsonw_value(e->w, item);
            else
                edit_value(e, item, step + 1);
        }
        if (is_last && (e->is_append || e->is_add) && e->value) { /* [*]: one element more */
            mp_jsonw_value(e->w, e->value);
            e->done = true;
        }
        mp_jsonw_end(e->w);
        return;
    }
    if (v->kind == MP_JSON_OBJECT && !mp_step_is_each(&e->path->steps[step])) {
        edit_object(e, v, step);
        return;
    }
    if (v->kind == MP_JSON_NULL && e->value && !rest_has_each(e, step)) {
        make_rest(e, step);
        return;
    }
    mp_jsonw_value(e->w, v); /* nothing here that the path could change */
}

static const mp_json *changed(mp_judge *j, const mp_json *doc, const struct change *c)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_run_arena(j->run));
    bool is_append = mp_str_eq(c->operation, MP_S("append"));
    struct edit e = { .w = &w, .path = &c->path, .value = c->value, .is_append = is_append,
                      .is_add = is_append || mp_str_eq(c->operation, MP_S("add")) };
    edit_value(&e, doc, 0);
    return mp_jsonw_done(&w);
}

/* ---- operations ---- */

/* Where the named field stands: tags are members of "tags", whatever their names hold. */
static mp_code place(mp_judge *j, struct change *c, mp_error *err)
{
    mp_arena *arena = mp_run_arena(j->run);
    c->modifiable = MP_MODIFIABLE_UNKNOWN;
    if (mp_str_starts_fold(c->field, MP_S("tags")) && c->field.len > 5) {
        mp_str   key = mp_str_skip(c->field, 5);
        mp_step *steps = MP_ARENA_ARRAY(arena, mp_step, 2);
        if (!steps)
            return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for an operation");
        if (c->field.ptr[4] == '[' && key.len && key.ptr[key.len - 1] == ']')
            key.len--;
        while (key.len >= 2 && key.ptr[0] == '\'' && key.ptr[key.len - 1] == '\'')
            key = mp_str_of(key.ptr + 1, key.len - 2);
        steps[0].key = MP_S("tags");
        steps[1].key = key;
        c->path = (mp_path){ steps, 2 };
        return MP_OK;
    }
    if (mp_str_find(c->field, '/') == SIZE_MAX)
        return mp_path_parse(&c->path, c->field, arena, err);
    const mp_plan_options *options = mp_plan_options_of(j->plan);
    mp_alias_match match;
    mp_alias       alias;
    MP_TRY(mp_alias_find(&match, &alias, options->aliases, j->program->type, c->field,
                         options->api_version, arena, err));
    if (match != MP_ALIAS_FOUND)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "the field \"%.*s\" is no alias of type %.*s",
                       MP_FMT(c->field), MP_FMT(j->program->type));
    c->path = alias.path;
    c->modifiable = alias.modifiable;
    return MP_OK;
}

/* *skipped: the operation's condition does not hold. */
static mp_code evaluate(mp_judge *j, const mp_item *item, uint32_t i, struct change *c, bool *skipped,
                        mp_error *err)
{
    uint32_t       entry = item->first_operation + 3 * i;
    const mp_json *condition, *field;
    MP_TRY(mp_run_value(&condition, j->run, entry, err));
    if (!mp_json_is(condition, MP_JSON_BOOL))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "the condition of an operation is true or false");
    *skipped = !condition->u.integer;
    if (*skipped)
        return MP_OK;
    MP_TRY(mp_run_value(&field, j->run, entry + 1, err));
    MP_TRY(mp_run_value(&c->value, j->run, entry + 2, err));
    if (!mp_json_is(field, MP_JSON_STRING))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "the field of an operation is a string");
    c->operation = item->check->definition->details.operations[i].operation;
    c->field = mp_json_str(field);
    if (mp_str_eq(c->operation, MP_S("remove")))
        c->value = NULL;
    else if (!c->value)
        c->value = mp_json_make_null();
    return place(j, c, err);
}

static void write_change(mp_jsonw *w, const struct change *c, bool is_append)
{
    mp_jsonw_object(w);
    if (!is_append) {
        mp_jsonw_key(w, MP_S("operation"));
        mp_jsonw_str(w, c->operation);
    }
    mp_jsonw_key(w, MP_S("field"));
    mp_jsonw_str(w, c->field);
    if (c->value) {
        mp_jsonw_key(w, MP_S("value"));
        mp_jsonw_value(w, c->value);
    }
    if (c->modifiable == MP_MODIFIABLE_NO) {
        mp_jsonw_key(w, MP_S("modifiable"));
        mp_jsonw_bool(w, false);
    }
    mp_jsonw_end(w);
}

/* All operations, in order; each sees the document as the ones before left it. */
static mp_code run_operations(mp_judge *j, const mp_item *item, struct change *changes, uint32_t *count,
                              const mp_json **doc, mp_error *err)
{
    uint32_t n = item->check->definition->details.operation_count;
    *count = 0;
    *doc = j->resource.doc;
    for (uint32_t i = 0; i < n; i++) {
        bool           skipped;
        struct change *c = &changes[*count];
        MP_TRY(evaluate(j, item, i, c, &skipped, err));
        if (skipped)
            continue;
        ++*count;
        if (!*doc || c->modifiable == MP_MODIFIABLE_NO)
            continue;
        *doc = changed(j, *doc, c);
        if (!*doc)
            return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for an operation");
    }
    return MP_OK;
}

mp_code mp_judge_details(const mp_json **out, mp_judge *j, uint32_t i, mp_error *err)
{
    const mp_item    *item = j->items[i];
    const mp_details *details = &item->check->definition->details;
    mp_arena         *arena = mp_run_arena(j->run);
    const mp_json    *members = NULL, *doc = NULL;
    uint32_t          count = 0;
    bool is_append = details->node && details->node->kind == MP_JSON_ARRAY;
    struct change *changes = MP_ARENA_ARRAY(arena, struct change, details->operation_count + 1);
    if (!changes)
        return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for an effect's details");
    if (item->details != MP_NO_ENTRY)
        MP_TRY(mp_run_value(&members, j->run, item->details, err));
    if (details->operation_count)
        MP_TRY(run_operations(j, item, changes, &count, &doc, err));
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    if (mp_json_is(members, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, members)) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    if (details->operation_count) {
        mp_jsonw_key(&w, is_append ? MP_S("fields") : MP_S("operations"));
        mp_jsonw_array(&w);
        for (uint32_t k = 0; k < count; k++)
            write_change(&w, &changes[k], is_append);
        mp_jsonw_end(&w);
        if (doc) {
            mp_jsonw_key(&w, MP_S("resource"));
            mp_jsonw_value(&w, doc);
        }
    }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for an effect's details");
}
