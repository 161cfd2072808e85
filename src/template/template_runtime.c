/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that ask for other resources. What they ask for was put in front by order.c where it belongs to the same
 * template; in a preview it does not exist yet, and what it will be is unknown. */
#include "lower.h"
#include "template_internal.h"

#include <inttypes.h>

bool tpl_is_runtime_call(const mp_expr *x)
{
    if (x->kind != MP_EXPR_CALL || x->function->impl)
        return false;
    function_eval *f = ((const template_function *)x->function)->eval;
    return f == tpl_eval_reference || f == tpl_eval_references || f == tpl_eval_list;
}

/* What a name or an id means: an item of the template, else an id of something else. */
static mp_code find_target(item **it, mp_str *id, eval *e, const mp_expr *call, mp_str asked, mp_error *err)
{
    unit  *outer = e->frame->unit;
    mp_str type, name;
    bool   by_id;
    *it = NULL;
    if ((e->unit && tpl_find_items(it, e->d, e->unit, asked, &by_id)) ||
        (outer && outer != e->unit && tpl_find_items(it, e->d, outer, asked, &by_id))) {
        *id = (*it)->id;
        return MP_OK;
    }
    *id = asked;
    if (mp_str_starts(asked, MP_S("/")))
        return MP_OK;
    if (!tpl_split_id(&type, &name, e->arena, asked))
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE,
                       "%.*s() asks for \"%.*s\", which is neither an id nor the name of a resource in the template",
                       MP_FMT(call->function->name), MP_FMT(asked));
    *id = mp_arena_printf(e->arena, "%.*s/providers/%.*s", MP_FMT(e->frame->scope->id), MP_FMT(asked));
    return id->ptr ? MP_OK : tpl_out_of_memory(e->d, err);
}

/* The document of a resource; NULL when it is not there (yet). */
static mp_code find_document(const mp_json **out, eval *e, const item *it, mp_str id, mp_str api_version, mp_error *err)
{
    const mp_deployment_context *c = &e->d->context;
    *out = it ? it->record : NULL;
    if (*out || (it && it->is_nested))
        return MP_OK;
    if (!c->lookup)
        return MP_OK;
    MP_TRY(c->lookup(out, c->user, id, api_version, e->arena, err));
    return *out ? tpl_take_steps(e->d, mp_json_nodes(*out) / 16, err) : MP_OK;
}

static mp_str part_after(mp_str id, mp_str name)
{
    size_t at = mp_str_find_fold(id, name);
    mp_str rest = at == SIZE_MAX ? MP_S("") : mp_str_skip(id, at + name.len);
    size_t end = mp_str_find(rest, '/');
    return end == SIZE_MAX ? rest : mp_str_of(rest.ptr, end);
}

static void write_full(mp_jsonw *w, const mp_json *doc, mp_str id, mp_str api_version)
{
    mp_jsonw_object(w);
    if (doc->kind == MP_JSON_OBJECT)
        for (MP_JSON_MEMBERS(key, doc)) {
            mp_jsonw_key(w, mp_json_str(key));
            mp_jsonw_value(w, key + 1);
        }
    const mp_str extra[][2] = {
        { MP_S("resourceId"), id },
        { MP_S("subscriptionId"), part_after(id, MP_S("/subscriptions/")) },
        { MP_S("resourceGroupName"), part_after(id, MP_S("/resourceGroups/")) },
        { MP_S("apiVersion"), api_version },
    };
    for (size_t i = 0; i < MP_COUNT(extra); i++)
        if (extra[i][1].len && !mp_json_get_fold(doc, extra[i][0])) {
            mp_jsonw_key(w, extra[i][0]);
            mp_jsonw_str(w, extra[i][1]);
        }
    mp_jsonw_end(w);
}

static const mp_json *as_asked(eval *e, const mp_json *doc, mp_str id, mp_str api_version, bool is_full)
{
    mp_jsonw w;
    mp_jsonw_init(&w, e->arena);
    if (is_full) {
        write_full(&w, doc, id, api_version);
        return mp_jsonw_done(&w);
    }
    const mp_json *properties = mp_json_get_fold(doc, MP_S("properties"));
    if (properties)
        return properties;
    mp_jsonw_object(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code refer(value *out, eval *e, const mp_expr *call, item *it, mp_str id, mp_str api_version, bool is_full,
                     mp_error *err)
{
    const mp_json *doc;
    MP_TRY(find_document(&doc, e, it, id, api_version, err));
    if (!doc && e->d->context.is_preview)
        return tpl_give_unknown(out, e, err);
    if (!doc)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "%.*s() asks for \"%.*s\", which does not exist",
                       MP_FMT(call->function->name), MP_FMT(id));
    MP_TRY(tpl_give(out, e, as_asked(e, doc, id, api_version, is_full), err));
    out->is_secure = it && it->record_secure;
    out->is_tentative = e->d->context.is_preview && it && !it->is_existing;
    out->is_unknown = e->d->context.is_preview && tpl_holds_marker(out->json);
    e->touched = e->touched || out->is_secure;
    return MP_OK;
}

static mp_code wants_full(bool *full, bool *known, eval *e, const mp_expr *call, uint32_t i, mp_error *err)
{
    mp_str word = MP_S("");
    *full = false;
    if (i >= call->count)
        return MP_OK;
    MP_TRY(tpl_arg_text(&word, known, e, call, i, err));
    *full = mp_str_eq_fold(word, MP_S("Full"));
    if (*known && word.len && !*full && !mp_str_eq_fold(word, MP_S("Properties")))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() gives 'Full' or 'Properties', not \"%.*s\"",
                       MP_FMT(call->function->name), MP_FMT(word));
    return MP_OK;
}

/* An apiVersion of null is as good as none. */
static mp_code optional_text(mp_str *out, bool *known, eval *e, const mp_expr *call, uint32_t i, mp_error *err)
{
    value v;
    *out = MP_S("");
    if (i >= call->count)
        return MP_OK;
    MP_TRY(tpl_arg_value(&v, e, call, i, err));
    if (v.json->kind == MP_JSON_NULL)
        return MP_OK;
    return tpl_arg_text(out, known, e, call, i, err);
}

mp_code tpl_eval_reference(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str asked, api_version, id;
    bool   known, others_known = true, full;
    item  *it;
    MP_TRY(tpl_arg_text(&asked, &known, e, call, 0, err));
    MP_TRY(optional_text(&api_version, &others_known, e, call, 1, err));
    MP_TRY(wants_full(&full, &others_known, e, call, 2, err));
    if (!known || !others_known)
        return tpl_give_unknown(out, e, err);
    MP_TRY(find_target(&it, &id, e, call, asked, err));
    return refer(out, e, call, it, id, api_version, full, err);
}

/* All instances of a resource's loop, by its symbolic name. */
mp_code tpl_eval_references(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str asked;
    bool   known, full_known = true, full, is_found = false;
    MP_TRY(tpl_arg_text(&asked, &known, e, call, 0, err));
    MP_TRY(wants_full(&full, &full_known, e, call, 1, err));
    if (!known || !full_known || !e->unit)
        return tpl_give_unknown(out, e, err);
    mp_jsonw w;
    value    all = { 0 };
    mp_jsonw_init(&w, e->arena);
    mp_jsonw_array(&w);
    for (uint32_t i = 0; i < e->unit->count; i++) {
        item *it = e->unit->items[i];
        value one;
        if (!mp_str_eq(it->symbolic, asked))
            continue;
        is_found = true;
        if (it->is_dropped)
            continue;
        MP_TRY(refer(&one, e, call, it, it->id, it->api_version, full, err));
        mp_jsonw_value(&w, one.json);
        all.is_secure = all.is_secure || one.is_secure;
        all.is_unknown = all.is_unknown || one.is_unknown;
        all.is_tentative = all.is_tentative || one.is_tentative;
    }
    mp_jsonw_end(&w);
    all.json = mp_jsonw_done(&w);
    if (!is_found)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the template has no resource of the symbolic name \"%.*s\"",
                       MP_FMT(asked));
    *out = all;
    return all.json ? MP_OK : tpl_out_of_memory(e->d, err);
}

mp_code tpl_eval_resource_info(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str asked;
    bool   known, by_id;
    item  *it = NULL;
    MP_TRY(tpl_arg_text(&asked, &known, e, call, 0, err));
    if (!known)
        return tpl_give_unknown(out, e, err);
    if (!e->unit || !tpl_find_items(&it, e->d, e->unit, asked, &by_id))
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the template has no resource of the symbolic name \"%.*s\"",
                       MP_FMT(asked));
    mp_jsonw w;
    mp_jsonw_init(&w, e->arena);
    mp_jsonw_object(&w);
    const mp_str members[][2] = {
        { MP_S("id"), it->id }, { MP_S("name"), it->name }, { MP_S("type"), it->type },
        { MP_S("apiVersion"), it->api_version },
    };
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        mp_jsonw_key(&w, members[i][0]);
        mp_jsonw_str(&w, members[i][1]);
    }
    mp_jsonw_end(&w);
    return tpl_give(out, e, mp_jsonw_done(&w), err);
}

/* listOutputsWithSecureValues() of a nested deployment: {name: value}; NULL when memory is short. */
static const mp_json *output_values(eval *e, const item *it)
{
    const mp_json *all = mp_json_get(mp_json_get(it->record, MP_S("properties")), MP_S("outputs"));
    mp_jsonw       w;
    mp_jsonw_init(&w, e->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, all)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, mp_json_get(key + 1, MP_S("value")));
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* What list* answers is secret: it is never asked for in a preview, and never shown. */
mp_code tpl_eval_list(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    const mp_deployment_context *c = &e->d->context;
    mp_str asked, api_version, id;
    bool   known, version_known = true;
    value  input = { .json = NULL };
    item  *it;
    MP_TRY(tpl_arg_text(&asked, &known, e, call, 0, err));
    MP_TRY(optional_text(&api_version, &version_known, e, call, 1, err));
    if (call->count > 2)
        MP_TRY(tpl_arg_value(&input, e, call, 2, err));
    if (!known || !version_known || input.is_unknown)
        return tpl_give_unknown(out, e, err);
    MP_TRY(find_target(&it, &id, e, call, asked, err));
    if (c->is_preview)
        return tpl_give_unknown(out, e, err);
    const mp_json *answer = NULL;
    bool is_outputs = mp_str_eq_fold(call->function->name, MP_S("listOutputsWithSecureValues"));
    if (it && it->record && is_outputs)
        MP_TRY(tpl_give(&input, e, answer = output_values(e, it), err));
    else if (c->list)
        MP_TRY(c->list(&answer, c->user, id, call->function->name, api_version, input.json, e->arena, err));
    if (!answer)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "%.*s() of \"%.*s\" cannot be answered here",
                       MP_FMT(call->function->name), MP_FMT(id));
    MP_TRY(tpl_give(out, e, answer, err));
    out->is_secure = true;
    e->touched = true;
    return tpl_take_steps(e->d, mp_json_nodes(answer) / 16, err);
}

/* ---- what resource providers offer ---- */

static const mp_json *named_member(const mp_json *list, mp_str member, mp_str wanted)
{
    if (mp_json_is(list, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, list)) {
            const mp_json *name = mp_json_get_fold(one, member);
            if (mp_json_is(name, MP_JSON_STRING) && mp_str_eq_fold(mp_json_str(name), wanted))
                return one;
        }
    return NULL;
}

static mp_code find_provider(const mp_json **out, eval *e, const mp_expr *call, mp_str space, mp_str type, mp_error *err)
{
    const mp_json *all = e->d->context.providers, *provider;
    if (!all)
        return mp_fail(err, MP_UNSUPPORTED, MP_NOWHERE, "%.*s() is not known here", MP_FMT(call->function->name));
    provider = named_member(all, MP_S("namespace"), space);
    *out = provider && type.len
               ? named_member(mp_json_get_fold(provider, MP_S("resourceTypes")), MP_S("resourceType"), type) : provider;
    return *out ? MP_OK
                : mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no resource provider \"%.*s/%.*s\"", MP_FMT(space),
                          MP_FMT(type));
}

mp_code tpl_eval_providers(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str         space, type = MP_S("");
    bool           known, type_known = true;
    const mp_json *found;
    MP_TRY(tpl_arg_text(&space, &known, e, call, 0, err));
    if (call->count > 1)
        MP_TRY(tpl_arg_text(&type, &type_known, e, call, 1, err));
    if (!known || !type_known)
        return tpl_give_unknown(out, e, err);
    MP_TRY(find_provider(&found, e, call, space, type, err));
    return tpl_give(out, e, found, err);
}

/* Locations compare as policies have it: "East US 2" is eastus2. */
static const mp_json *zones_of(eval *e, const mp_json *type, mp_str location)
{
    mp_str wanted = mp_location_name(location, e->arena);
    const mp_json *all = mp_json_get_fold(type, MP_S("zoneMappings"));
    if (mp_json_is(all, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, all)) {
            const mp_json *where = mp_json_get_fold(one, MP_S("location"));
            const mp_json *zones = mp_json_get_fold(one, MP_S("zones"));
            if (mp_json_is(where, MP_JSON_STRING) && mp_json_is(zones, MP_JSON_ARRAY) &&
                wanted.ptr && mp_str_eq(mp_location_name(mp_json_str(where), e->arena), wanted))
                return zones;
        }
    return NULL;
}

static mp_code whole_number(int64_t *out, eval *e, const mp_expr *call, uint32_t i, mp_error *err)
{
    value v;
    if (i >= call->count)
        return MP_OK;
    MP_TRY(tpl_arg_value(&v, e, call, i, err));
    if (v.json->kind != MP_JSON_INT || v.json->u.integer < 0)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() wants an integer as argument %u, not %s: %s",
                       MP_FMT(call->function->name), i + 1, mp_json_kind_name((mp_json_kind)v.json->kind),
                       call->function->signature);
    *out = v.json->u.integer;
    return MP_OK;
}

/* None where the location has no zones; an error when it has some, but fewer than asked for. */
mp_code tpl_eval_pick_zones(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str         texts[3];
    bool           known, all_known = true;
    int64_t        count = 1, offset = 0;
    const mp_json *type;
    for (uint32_t i = 0; i < 3; i++) {
        MP_TRY(tpl_arg_text(&texts[i], &known, e, call, i, err));
        all_known = all_known && known;
    }
    if (!all_known)
        return tpl_give_unknown(out, e, err);
    MP_TRY(whole_number(&count, e, call, 3, err));
    MP_TRY(whole_number(&offset, e, call, 4, err));
    MP_TRY(find_provider(&type, e, call, texts[0], texts[1], err));
    const mp_json *zones = zones_of(e, type, texts[2]);
    if (zones && (offset > zones->count || count > zones->count - offset))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() wants %" PRId64 " zones, and there are %u",
                       MP_FMT(call->function->name), count, zones->count);
    mp_jsonw w;
    mp_jsonw_init(&w, e->arena);
    mp_jsonw_array(&w);
    for (int64_t i = 0; zones && i < count; i++)
        mp_jsonw_value(&w, mp_json_at(zones, (size_t)(offset + i)));
    mp_jsonw_end(&w);
    return tpl_give(out, e, mp_jsonw_done(&w), err);
}
