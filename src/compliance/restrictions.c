/* SPDX-License-Identifier: Apache-2.0 */
#include "restrictions.h"

#include <mapae/inventory.h>

#include "jsonw.h"
#include "restriction.h"
#include "surroundings.h"

#define PENDING_MAX 64 /* as policy/restriction.h has it */

typedef struct asking {
    mp_compliance             *c;
    const mp_restrictions_ask *ask;
    mp_arena                  *arena;
    mp_rulebook               *book;
    mp_pending_field           pending[PENDING_MAX];
    uint32_t                   pending_count;
    const mp_json             *types; /* values of a pending type; NULL: it is not pending, or without values */
    bool                       has_pending_type;
    mp_place                   place; /* of the resource, as far as one can say */
    mp_surroundings            around;
} asking;

static mp_str text(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get_fold(object, mp_str_from(member));
    return mp_json_text(v);
}

/* ---- what is asked ---- */

static mp_code read_field(asking *a, const mp_json *one, mp_error *err)
{
    mp_str         field = text(one, "field");
    const mp_json *values = mp_json_get_fold(one, MP_S("values"));
    if (!field.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "each of pendingFields has a field");
    if (values && values->kind != MP_JSON_NULL && values->kind != MP_JSON_ARRAY)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the values of '%.*s' are a list", MP_FMT(field));
    values = mp_json_is(values, MP_JSON_ARRAY) && values->count ? values : NULL;
    if (mp_str_eq_fold(field, MP_S("type"))) {
        a->has_pending_type = true;
        a->types = values;
        return MP_OK;
    }
    if (a->pending_count == PENDING_MAX)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "at most %d fields can be pending at once", PENDING_MAX);
    a->pending[a->pending_count++] = (mp_pending_field){ field, values };
    return MP_OK;
}

static mp_code read_pending(asking *a, mp_error *err)
{
    const mp_json *list = a->ask->pending;
    if (!list || list->kind == MP_JSON_NULL)
        return MP_OK;
    if (!mp_json_is(list, MP_JSON_ARRAY))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "pendingFields is a list");
    for (MP_JSON_EACH(one, list))
        MP_TRY(read_field(a, one, err));
    return MP_OK;
}

/* ---- where it will be ---- */

/* An id that it could have: what surrounds it follows from that. */
static mp_code place_of(asking *a, mp_str type, mp_str name, mp_error *err)
{
    const mp_place *scope = a->ask->scope;
    mp_str          id, last = mp_str_skip(type, mp_str_rfind(type, '/') == SIZE_MAX ? 0 : mp_str_rfind(type, '/') + 1);
    name = mp_str_skip(name, mp_str_rfind(name, '/') == SIZE_MAX ? 0 : mp_str_rfind(name, '/') + 1);
    if (!name.len)
        name = MP_S("unnamed");
    if (scope->kind == MP_PLACE_RESOURCE && mp_str_starts_fold(type, scope->type))
        id = mp_arena_printf(a->arena, "%.*s/%.*s/%.*s", MP_FMT(scope->id), MP_FMT(last), MP_FMT(name));
    else if (mp_str_ends_fold(type, MP_S("/resourceGroups")))
        id = mp_arena_printf(a->arena, "/subscriptions/%.*s/resourceGroups/%.*s", MP_FMT(scope->subscription), MP_FMT(name));
    else
        id = mp_arena_printf(a->arena, "%.*s/providers/%.*s/%.*s", MP_FMT(scope->id), MP_FMT(type), MP_FMT(name));
    if (!id.ptr)
        return mp_no_memory(err);
    mp_error why = { .code = MP_OK };
    if (mp_place_of(&a->place, id, a->arena, &why) != MP_OK) /* a name that is none yet: its container is what matters */
        a->place = *scope;
    return MP_OK;
}

static mp_code fill(mp_tx *tx, void *arg, mp_error *err)
{
    asking   *a = arg;
    mp_around around;
    mp_jsonw  w;
    mp_jsonw_init(&w, a->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "apiVersion", a->ask->api_version);
    if (a->ask->identity)
        mp_jsonw_put_value(&w, "identity", a->ask->identity);
    mp_jsonw_end(&w);
    const mp_json *request = mp_jsonw_done(&w);
    if (!request)
        return mp_no_memory(err);
    mp_around_init(&around, tx, a->arena, 0);
    around.takes_presumed = true;
    return mp_around_fill(&a->around, &around, &a->place, request, mp_tx_time(tx), err);
}

/* ---- the content ---- */

static const mp_json *content_of(asking *a, mp_str type)
{
    const mp_json *content = a->ask->content;
    mp_jsonw       w;
    mp_jsonw_init(&w, a->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "type", type);
    if (text(content, "name").len && a->place.kind != MP_PLACE_MANAGEMENT_GROUP)
        mp_jsonw_put_str(&w, "id", a->place.id);
    if (mp_json_is(content, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, content))
            if (!mp_str_eq_fold(mp_json_str(key), MP_S("type")) && !mp_str_eq_fold(mp_json_str(key), MP_S("id"))) {
                mp_jsonw_key(&w, mp_json_str(key));
                mp_jsonw_value(&w, key + 1);
            }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code ask_one(const mp_json **out, asking *a, mp_str type, mp_error *err)
{
    mp_resource resource;
    MP_TRY(place_of(a, type, text(a->ask->content, "name"), err));
    MP_TRY(mp_store_read(a->c->app->store, fill, a, err));
    const mp_json *document = content_of(a, type);
    if (!document)
        return mp_no_memory(err);
    MP_TRY(mp_resource_from_arm(&resource, document, a->arena, err));
    mp_restriction_request request = { .content = &resource,
                                       .scope = a->ask->scope->id,
                                       .around = a->around,
                                       .pending = a->pending,
                                       .pending_count = a->pending_count,
                                       .with_audit = a->ask->with_audit };
    return mp_restrictions(out, mp_rulebook_plan(a->book), &request, a->arena, err);
}

/* ---- a type that is not chosen yet ---- */

/* It was the type that decided, and nothing that is merely not given yet. */
static bool is_by_type(const mp_json *evaluation)
{
    const mp_json *list = mp_json_get(mp_json_get(evaluation, MP_S("evaluationDetails")), MP_S("evaluatedExpressions"));
    if (!mp_json_is(list, MP_JSON_ARRAY) || list->count == 0)
        return false;
    for (MP_JSON_EACH(one, list))
        if (!mp_str_eq_fold(text(one, "expression"), MP_S("type")))
            return false;
    return true;
}

/* Types that one policy refuses. */
typedef struct refusing {
    struct refusing *next;
    const mp_json   *policy;
    mp_str           key, effect;
    mp_str          *types;
    size_t           count;
} refusing;

static mp_code note_type(refusing **all, asking *a, const mp_json *evaluation, mp_str type, size_t cap, mp_error *err)
{
    const mp_json *policy = mp_json_get(evaluation, MP_S("policyInfo"));
    mp_str key = mp_arena_printf(a->arena, "%.*s|%.*s", MP_FMT(text(policy, "policyAssignmentId")),
                                 MP_FMT(text(policy, "policyDefinitionReferenceId")));
    refusing     **at = all;
    if (!key.ptr)
        return mp_no_memory(err);
    while (*at && !mp_str_eq((*at)->key, key))
        at = &(*at)->next;
    if (!*at) {
        *at = MP_ARENA_NEW(a->arena, refusing);
        if (!*at || !((*at)->types = MP_ARENA_ARRAY(a->arena, mp_str, cap)))
            return mp_no_memory(err);
        (*at)->policy = policy;
        (*at)->key = key;
        (*at)->effect = text(mp_json_get(evaluation, MP_S("effectDetails")), "policyEffect");
    }
    (*at)->types[(*at)->count++] = type;
    return MP_OK;
}

static mp_code try_type(refusing **all, asking *a, mp_str type, size_t cap, mp_error *err)
{
    const mp_json *said;
    MP_TRY(ask_one(&said, a, type, err));
    for (MP_JSON_EACH(evaluation,
                      mp_json_get(mp_json_get(said, MP_S("contentEvaluationResult")), MP_S("policyEvaluations"))))
        if (is_by_type(evaluation))
            MP_TRY(note_type(all, a, evaluation, type, cap, err));
    return MP_OK;
}

static mp_code try_types(refusing **all, asking *a, mp_error *err)
{
    if (!a->types) {
        for (size_t i = 0; i < a->ask->type_count; i++)
            MP_TRY(try_type(all, a, a->ask->types[i], a->ask->type_count, err));
        return MP_OK;
    }
    for (MP_JSON_EACH(value, a->types)) {
        if (!mp_json_is(value, MP_JSON_STRING) || mp_str_find(mp_json_str(value), '/') == SIZE_MAX)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the values of 'type' are types, as \"Microsoft.Compute/disks\"");
        MP_TRY(try_type(all, a, mp_json_str(value), a->types->count, err));
    }
    return MP_OK;
}

static mp_code restrict_types(const mp_json **out, asking *a, mp_error *err)
{
    refusing *all = NULL;
    mp_jsonw  w;
    MP_TRY(try_types(&all, a, err));
    mp_jsonw_init(&w, a->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("fieldRestrictions"));
    mp_jsonw_array(&w);
    if (all) {
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "field", MP_S("type"));
        mp_jsonw_key(&w, MP_S("restrictions"));
        mp_jsonw_array(&w);
    }
    for (const refusing *r = all; r; r = r->next) {
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "result", mp_str_eq_fold(r->effect, MP_S("audit")) ? MP_S("Audit") : MP_S("Deny"));
        mp_jsonw_key(&w, MP_S("values"));
        mp_jsonw_array(&w);
        for (size_t i = 0; i < r->count; i++)
            mp_jsonw_str(&w, r->types[i]);
        mp_jsonw_end(&w);
        mp_jsonw_put_value(&w, "policy", r->policy);
        mp_jsonw_put_str(&w, "policyEffect", r->effect);
        mp_jsonw_end(&w);
    }
    if (all) {
        mp_jsonw_end(&w);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("contentEvaluationResult"));
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("policyEvaluations"));
    mp_jsonw_array(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

static mp_code answer(const mp_json **out, asking *a, mp_error *err)
{
    mp_str type = text(a->ask->content, "type");
    MP_TRY(read_pending(a, err));
    if (a->has_pending_type && type.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the type is '%.*s' and cannot be pending too", MP_FMT(type));
    if (a->has_pending_type)
        return restrict_types(out, a, err);
    if (!type.len || mp_str_find(type, '/') == SIZE_MAX)
        return mp_fail(
            err, MP_PARAMETER, MP_NOWHERE,
            "resourceContent has a type, as \"Microsoft.Compute/disks\"; or 'type' is among the pendingFields");
    return ask_one(out, a, type, err);
}

mp_code mp_restrictions_at(const mp_json **out, mp_compliance *compliance, const mp_restrictions_ask *ask,
                           mp_arena *arena, mp_error *err)
{
    asking a = { .c = compliance, .ask = ask, .arena = arena };
    MP_TRY(mp_rulebook_ref(&a.book, compliance->books, err));
    mp_code        code = answer(out, &a, err);
    const mp_json *kept = code == MP_OK ? mp_arena_dup_json(arena, *out) : NULL; /* it may borrow from the rulebook */
    mp_rulebook_unref(a.book);
    if (code == MP_OK && !kept)
        return mp_no_memory(err);
    *out = kept;
    return code;
}
