/* SPDX-License-Identifier: Apache-2.0 */
#include "apply.h"

#include "jsonw.h"
#include "judge_internal.h"

/* ---- where a field stands ---- */

static mp_code place_tag(mp_applied *a, mp_str tag, mp_arena *arena, mp_error *err)
{
    mp_step *steps = MP_ARENA_ARRAY(arena, mp_step, 2);
    if (!steps || !tag.ptr)
        return mp_no_memory(err);
    steps[0].key = MP_S("tags");
    steps[1].key = tag; /* whatever it holds */
    a->path = (mp_path){ steps, 2 };
    return MP_OK;
}

/* It cannot be carried out: the sentence is the caller's. */
static mp_code breaks(mp_applied *a, mp_error **why, mp_arena *arena, mp_error *err)
{
    *why = MP_ARENA_NEW(arena, mp_error);
    a->broken = *why;
    return *why ? MP_OK : mp_no_memory(err);
}

static mp_code place_alias(mp_judge *j, mp_applied *a, mp_arena *arena, mp_error *err)
{
    const mp_plan_options *options = mp_plan_options_of(j->plan);
    mp_alias_match match;
    mp_alias       alias;
    MP_TRY(mp_alias_find(&match, &alias, options->aliases, j->program->type, a->field, options->api_version,
                         arena, err));
    a->is_alias = true;
    mp_error *why;
    if (match != MP_ALIAS_FOUND) {
        MP_TRY(breaks(a, &why, arena, err));
        mp_fail(why, MP_EVALUATION, MP_NOWHERE, "the field \"%.*s\" is no alias of type %.*s", MP_FMT(a->field),
                MP_FMT(j->program->type));
        return MP_OK;
    }
    if (alias.extract.len) {
        MP_TRY(breaks(a, &why, arena, err));
        mp_fail(why, MP_EVALUATION, MP_NOWHERE,
                "the field \"%.*s\" is a part of an id and cannot be changed by itself", MP_FMT(a->field));
        return MP_OK;
    }
    a->path = alias.path;
    if (!mp_str_eq(a->operation, MP_S("append")))
        a->modifiable = alias.modifiable;
    return MP_OK;
}

/* What a resource is called does not change while it is written. */
static bool is_identity(mp_str field)
{
    static const mp_str names[] = { MP_S_INIT("id"), MP_S_INIT("name"), MP_S_INIT("type"),
                                    MP_S_INIT("fullName"), MP_S_INIT("apiVersion") };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (mp_str_eq_fold(names[i], field))
            return true;
    return false;
}

static mp_code place(mp_judge *j, mp_applied *a, mp_arena *arena, mp_error *err)
{
    mp_str   tag;
    mp_error inner = { 0 }, *why;
    if (mp_tag_name(&tag, a->field, arena))
        return place_tag(a, tag, arena, err);
    if (is_identity(a->field)) {
        MP_TRY(breaks(a, &why, arena, err));
        mp_fail(why, MP_EVALUATION, MP_NOWHERE,
                "the field \"%.*s\" tells which resource it is, and no policy changes that", MP_FMT(a->field));
        return MP_OK;
    }
    mp_code code = mp_str_find(a->field, '/') != SIZE_MAX ? place_alias(j, a, arena, &inner)
                                                          : mp_path_parse(&a->path, a->field, arena, &inner);
    if (code == MP_NOMEM)
        return mp_no_memory(err);
    if (code == MP_OK && (a->broken || a->path.count))
        return MP_OK;
    MP_TRY(breaks(a, &why, arena, err));
    if (code == MP_OK)
        mp_fail(why, MP_EVALUATION, MP_NOWHERE, "the field of an operation has no name");
    else
        *why = inner;
    return MP_OK;
}

/* ---- one operation ---- */

/* *skipped: its condition does not hold. */
static mp_code read_one(mp_applied *a, bool *skipped, mp_judge *j, const mp_item *item, uint32_t i,
                        mp_arena *arena, mp_error *err)
{
    uint32_t       entry = item->first_operation + 3 * i;
    const mp_json *condition, *field;
    MP_TRY(mp_run_value(&condition, j->run, entry, err));
    if (!mp_json_is(condition, MP_JSON_BOOL))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "the condition of an operation is true or false");
    *skipped = !condition->u.integer;
    if (*skipped)
        return MP_OK;
    *a = (mp_applied){ .operation = item->check->definition->details.operations[i].operation,
                       .modifiable = MP_MODIFIABLE_UNKNOWN };
    MP_TRY(mp_run_value(&field, j->run, entry + 1, err));
    MP_TRY(mp_run_value(&a->value, j->run, entry + 2, err));
    if (!mp_json_is(field, MP_JSON_STRING))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "the field of an operation is a string");
    a->field = mp_json_str(field);
    if (mp_str_eq(a->operation, MP_S("remove")))
        a->value = NULL;
    else if (!a->value)
        a->value = mp_json_make_null();
    return place(j, a, arena, err);
}

mp_code mp_applied_read(mp_applied **out, uint32_t *count, mp_judge *j, const mp_item *item, mp_arena *arena,
                        mp_error *err)
{
    uint32_t    n = item->first_operation == MP_NO_ENTRY ? 0 : item->check->definition->details.operation_count;
    mp_applied *list = MP_ARENA_ARRAY(arena, mp_applied, (size_t)n + 1);
    if (!list)
        return mp_no_memory(err);
    *out = list;
    *count = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool skipped;
        MP_TRY(read_one(&list[*count], &skipped, j, item, i, arena, err));
        *count += !skipped;
    }
    return MP_OK;
}

/* ---- carrying out ---- */

/* A member on the way that is missing is taken for left out on purpose, and modify does nothing there
 * (Microsoft Learn, "Azure Policy definitions modify effect", Skipped modification); but tags and
 * identity are always made. */
mp_code mp_applied_run(mp_applied *list, uint32_t count, const mp_json **doc, mp_arena *arena, mp_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        mp_applied *a = &list[i];
        if (a->broken || a->modifiable == MP_MODIFIABLE_NO)
            continue;
        bool    is_append = mp_str_eq(a->operation, MP_S("append"));
        mp_edit edit = { .path = a->path, .value = a->value,
                         .keeps = is_append || mp_str_eq(a->operation, MP_S("add")),
                         .makes_parents = is_append || !a->is_alias };
        a->before = mp_edit_value_at(*doc, a->path);
        MP_TRY(mp_edit_document(doc, &a->how, *doc, &edit, arena, err));
        a->after = mp_edit_value_at(*doc, a->path);
    }
    return MP_OK;
}
