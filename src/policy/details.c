/* SPDX-License-Identifier: Apache-2.0 */
#include "judge_internal.h"

#include "functions.h"
#include "jsonw.h"

/* What an effect would do, for one resource: its details with every expression evaluated, and for
 * modify and append the document as it would be after. */

struct change {
    mp_str         operation; /* add, addOrReplace, remove, append */
    mp_str         field;     /* as the policy names it */
    mp_path        path;
    const mp_json *value;
    mp_modifiable  modifiable;
    bool           is_alias;
    bool           conflicts; /* append: another value is there */
};

/* ---- changing a document ----
 * A document is written anew with one value changed at a path: recursion along the path, everything
 * beside it copied. What stands in Microsoft Learn, "Author policies for arrays", Modifying arrays, is
 * decided in edit_leaf() and edit_elements(). */

struct edit {
    mp_jsonw      *w;
    const mp_path *path;
    const mp_json *value;      /* NULL: remove */
    bool           keeps;      /* what is there stays */
    bool           makes_parents;
    bool           is_kept;    /* something was there, and it is not the value */
};

static void edit_value(struct edit *e, const mp_json *v, uint32_t step);

static bool is_missing(const mp_json *v) { return !v || v->kind == MP_JSON_NULL; }

static bool is_each(const struct edit *e, uint32_t step) { return mp_step_is_each(&e->path->steps[step]); }

static void edit_leaf(struct edit *e, const mp_json *old)
{
    bool stays = e->keeps && !is_missing(old), is_same = false;
    if (stays && mp_value_equal(&is_same, old, e->value, e->w->arena, NULL) != MP_OK)
        e->w->failed = true;
    e->is_kept = e->is_kept || (stays && !is_same);
    mp_jsonw_value(e->w, stays ? old : e->value);
}

/* May what the path names from `step` on be made where nothing is? An array is made for an element of its
 * own; a member on the way only where that was asked for. */
static bool may_make(const struct edit *e, uint32_t step)
{
    uint32_t end = e->path->count;
    end -= is_each(e, end - 1);
    for (uint32_t i = step; i < end; i++)
        if (is_each(e, i))
            return false;
    return e->value && step < end && (e->makes_parents || step + 1 == end);
}

static void make(struct edit *e, uint32_t step)
{
    if (step == e->path->count) {
        edit_leaf(e, NULL);
        return;
    }
    bool in_array = is_each(e, step);
    if (in_array) {
        mp_jsonw_array(e->w);
    } else {
        mp_jsonw_object(e->w);
        mp_jsonw_key(e->w, e->path->steps[step].key);
    }
    make(e, step + 1);
    mp_jsonw_end(e->w);
}

static void edit_members(struct edit *e, const mp_json *object, uint32_t step)
{
    mp_str         name = e->path->steps[step].key;
    const mp_json *chosen = mp_json_get_fold(object, name);
    bool           removes = !e->value && step + 1 == e->path->count;
    mp_jsonw_object(e->w);
    for (MP_JSON_MEMBERS(key, object)) {
        if (key + 1 == chosen && removes)
            continue;
        mp_jsonw_key(e->w, mp_json_str(key));
        if (key + 1 != chosen)
            mp_jsonw_value(e->w, key + 1);
        else if (chosen->kind == MP_JSON_NULL && may_make(e, step))
            make(e, step + 1);
        else
            edit_value(e, chosen, step + 1);
    }
    if (!chosen && may_make(e, step)) {
        mp_jsonw_key(e->w, name);
        make(e, step + 1);
    }
    mp_jsonw_end(e->w);
}

/* At the end of the path [*] is one element more, or instead of all. */
static void edit_elements(struct edit *e, const mp_json *array, uint32_t step)
{
    bool is_last = step + 1 == e->path->count;
    mp_jsonw_array(e->w);
    for (MP_JSON_EACH(item, array)) {
        if (!is_last)
            edit_value(e, item, step + 1);
        else if (e->keeps)
            mp_jsonw_value(e->w, item);
    }
    if (is_last)
        mp_jsonw_value(e->w, e->value);
    mp_jsonw_end(e->w);
}

static void edit_value(struct edit *e, const mp_json *v, uint32_t step)
{
    if (step == e->path->count)
        edit_leaf(e, v);
    else if (is_each(e, step) && v->kind == MP_JSON_ARRAY && e->value)
        edit_elements(e, v, step);
    else if (!is_each(e, step) && v->kind == MP_JSON_OBJECT)
        edit_members(e, v, step);
    else
        mp_jsonw_value(e->w, v); /* nothing here that the path could change */
}

/* A member on the way that is missing is taken for left out on purpose, and modify does nothing there
 * (Microsoft Learn, "Azure Policy definitions modify effect", Skipped modification); but tags and
 * identity are always made. */
static const mp_json *changed(mp_judge *j, const mp_json *doc, struct change *c)
{
    mp_jsonw w;
    mp_jsonw_init(&w, mp_run_arena(j->run));
    bool        is_append = mp_str_eq(c->operation, MP_S("append"));
    struct edit e = { .w = &w, .path = &c->path, .value = c->value,
                      .keeps = is_append || mp_str_eq(c->operation, MP_S("add")),
                      .makes_parents = is_append || !c->is_alias };
    edit_value(&e, doc, 0);
    c->conflicts = is_append && e.is_kept;
    return mp_jsonw_done(&w);
}

/* ---- operations ---- */

/* Where the named field stands: tags are members of "tags", whatever their names hold. */
static mp_code place(mp_judge *j, struct change *c, mp_error *err)
{
    mp_arena *arena = mp_run_arena(j->run);
    c->modifiable = MP_MODIFIABLE_UNKNOWN;
    mp_str key;
    if (mp_tag_name(&key, c->field, arena)) {
        mp_step *steps = MP_ARENA_ARRAY(arena, mp_step, 2);
        if (!steps || !key.ptr)
            return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for an operation");
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
    c->is_alias = true;
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
    if (!is_append)
        mp_jsonw_put_str(w, "operation", c->operation);
    mp_jsonw_put_str(w, "field", c->field);
    if (c->value)
        mp_jsonw_put_value(w, "value", c->value);
    if (c->modifiable == MP_MODIFIABLE_NO)
        mp_jsonw_put_bool(w, "modifiable", false);
    if (c->conflicts) { /* such an append refuses the request (Microsoft Learn, "append effect") */
        mp_jsonw_put_bool(w, "conflict", true);
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
        bool           skipped = false;
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
        if (doc)
            mp_jsonw_put_value(&w, "resource", doc);
    }
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for an effect's details");
}
