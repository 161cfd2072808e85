/* SPDX-License-Identifier: Apache-2.0 */
#include <mapae/engine.h>

#include "definition.h"
#include "engine_internal.h"

#include <assert.h>
#include <stdlib.h>

mp_code mp_engine_new(mp_engine **out, mp_error *err)
{
    mp_engine *e = calloc(1, sizeof(*e));
    if (!e)
        return mp_no_memory(err);
    mp_code code = mp_library_new(&e->library, err);
    if (code != MP_OK) {
        free(e);
        return code;
    }
    *out = e;
    return MP_OK;
}

void mp_engine_free(mp_engine *e)
{
    if (!e)
        return;
    mp_plan_free(e->plan);
    mp_library_free(e->library);
    mp_arena_free(&e->arena);
    free(e);
}

/* ---- adding ---- */

static mp_code still_open(const mp_engine *e, mp_error *err)
{
    return e->is_closed ? mp_fail(err, MP_USAGE, MP_NOWHERE, "an engine that is compiled takes nothing more")
                        : MP_OK;
}

mp_code mp_engine_add(mp_engine *e, mp_str name, mp_str text, mp_engine_role role, mp_error *err)
{
    MP_TRY(still_open(e, err));
    return mp_library_read(e->library, name, text,
                           role == MP_ENGINE_JUDGED ? MP_ROLE_JUDGED : MP_ROLE_REFERENCED, err);
}

mp_code mp_engine_add_parameters(mp_engine *e, mp_str name, mp_str text, mp_error *err)
{
    MP_TRY(still_open(e, err));
    return mp_library_read_parameters(e->library, name, text, err);
}

/* ---- findings ---- */

size_t mp_engine_finding_count(const mp_engine *e)
{
    size_t n = 0; /* the list's own count has those too that were not kept */
    for (const mp_diagnostic *d = mp_library_diagnostics(e->library)->first; d; d = d->next)
        n++;
    return n;
}

static mp_str or_empty(mp_str s) { return s.ptr ? s : MP_S(""); }

mp_engine_finding mp_engine_finding_at(const mp_engine *e, size_t i)
{
    const mp_diagnostic *d = mp_library_diagnostics(e->library)->first;
    while (i-- && d)
        d = d->next;
    assert(d && "the number of a finding is less than mp_engine_finding_count()");
    return (mp_engine_finding){
        .is_error = d->severity == MP_SEVERITY_ERROR,
        .code = d->error.code,
        .name = or_empty(d->file),
        .pos = d->error.pos,
        .message = mp_str_from(d->error.message),
        .line = or_empty(d->line),
        .nearest = or_empty(d->nearest),
    };
}

/* The first error stands in the message, so that it is seen even by who does not ask for the others. */
static mp_code refuse(const mp_diagnostics *list, mp_error *err)
{
    const mp_diagnostic *d = list->first;
    while (d && d->severity != MP_SEVERITY_ERROR)
        d = d->next;
    if (!d)
        return mp_fail(err, MP_COMPILE, MP_NOWHERE, "the policies cannot be compiled");
    return mp_fail(err, MP_COMPILE, d->error.pos, "the policies have %u errors; the first is in %.*s: %s",
                   list->errors, MP_FMT(or_empty(d->file)), d->error.message);
}

/* ---- compiling ---- */

static mp_code describe(mp_engine_policy *out, const mp_check *c, mp_arena *arena, mp_error *err)
{
    const mp_definition *d = c->definition;
    mp_str              *groups = MP_ARENA_ARRAY(arena, mp_str, c->group_count + 1);
    if (!groups)
        return mp_no_memory(err);
    for (uint32_t g = 0; g < c->group_count; g++)
        groups[g] = or_empty(c->initiative->groups[c->groups[g]].name);
    *out = (mp_engine_policy){
        .id = d->id.len ? d->id : or_empty(d->source.file),
        .name = or_empty(d->name),
        .display_name = or_empty(d->display_name),
        .reference_id = or_empty(c->reference_id),
        .initiative_id = c->initiative ? or_empty(c->initiative->id) : MP_S(""),
        .assignment_id = c->assignment ? or_empty(c->assignment->id) : MP_S(""),
        .effect = or_empty(c->effect_text),
        .mode = or_empty(d->mode_text),
        .groups = groups,
        .group_count = c->group_count,
    };
    return MP_OK;
}

static mp_code make_plan(mp_engine *e, const mp_check *checks, uint32_t count,
                         const mp_engine_options *o, mp_error *err)
{
    mp_plan_options options = { .aliases = o->aliases, .api_version = MP_S(""),
                                .details = o->with_details, .any_location = o->any_location };
    if (o->api_version.len) {
        options.api_version = mp_arena_dup(&e->arena, o->api_version);
        if (!options.api_version.ptr)
            return mp_no_memory(err);
    }
    return mp_plan_new(&e->plan, checks, count, &options, err);
}

mp_code mp_engine_compile(mp_engine *e, const mp_engine_options *given, mp_error *err)
{
    static const mp_engine_options plain = { .aliases = NULL };
    const mp_engine_options       *o = given ? given : &plain;
    const mp_check                *checks;
    uint32_t                       count;
    MP_TRY(still_open(e, err));
    e->is_closed = true;
    MP_TRY(mp_library_checks(e->library, &checks, &count, err));
    const mp_diagnostics *diagnostics = mp_library_diagnostics(e->library);
    if (diagnostics->errors && !o->despite_errors)
        return refuse(diagnostics, err);
    e->policies = MP_ARENA_ARRAY(&e->arena, mp_engine_policy, count + 1);
    if (!e->policies)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < count; i++)
        MP_TRY(describe(&e->policies[i], &checks[i], &e->arena, err));
    e->policy_count = count;
    e->with_details = o->with_details;
    return make_plan(e, checks, count, o, err);
}

size_t mp_engine_policy_count(const mp_engine *e) { return e->policy_count; }

const mp_engine_policy *mp_engine_policy_at(const mp_engine *e, size_t i)
{
    assert(i < e->policy_count);
    return &e->policies[i];
}
