/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be foreseen as changes of a rulebook: each object completed and checked, those given before it beside it. */
#include "foresight_internal.h"

#include "keys.h"
#include "object_internal.h"
#include "versions.h"

static mp_code kind_of(mp_object_kind *out, const mp_place *place, mp_error *err)
{
    for (unsigned i = 0; i < MP_OBJECT_KINDS; i++)
        if (mp_str_eq_fold(place->type, mp_str_from(mp_object_type((mp_object_kind)i)))) {
            *out = (mp_object_kind)i;
            return MP_OK;
        }
    return mp_fail(
        err, MP_PARAMETER, MP_NOWHERE,
        "'%.*s' is the id of no policy object; wanted is a definition, an initiative, an assignment, an exemption or an attestation",
        MP_FMT(place->id));
}

/* As az prints objects, their properties stand beside the id. */
static const mp_json *with_properties(const mp_json *object, mp_arena *arena)
{
    static const char *const outside[] = { "id",       "name",       "type",          "identity",
                                           "location", "systemData", "resourceGroup", NULL };
    mp_jsonw w;
    if (mp_json_get_fold(object, MP_S("properties")))
        return object;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (unsigned i = 0; outside[i]; i++)
        if (mp_json_get_fold(object, mp_str_from(outside[i])))
            mp_jsonw_put_value(&w, outside[i], mp_json_get_fold(object, mp_str_from(outside[i])));
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, object)) {
        bool is_inside = true;
        for (unsigned i = 0; outside[i] && is_inside; i++)
            is_inside = !mp_str_eq_fold(mp_json_str(key), mp_str_from(outside[i]));
        if (is_inside) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    }
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* *out NULL: there is none. What is foreseen already counts. */
static mp_code find_old(const mp_json **out, mp_foreseeing *f, mp_object_kind kind, mp_str key, mp_error *err)
{
    mp_record record;
    mp_error  why = { .code = MP_OK };
    *out = NULL;
    for (size_t i = 0; i < f->change_count; i++)
        if (f->changes[i].kind == mp_object_kinds[kind] && mp_str_eq(f->changes[i].key, key)) {
            *out = f->changes[i].body;
            return MP_OK;
        }
    mp_code code = mp_record_get(&record, f->tx, mp_object_kinds[kind], key, 0, f->arena, &why);
    if (code == MP_OK)
        *out = record.body;
    return code == MP_OK || code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code put_change(mp_foreseeing *f, mp_object_kind kind, mp_str key, const mp_json *body, mp_error *err)
{
    for (size_t i = 0; i < f->change_count; i++)
        if (f->changes[i].kind == mp_object_kinds[kind] && mp_str_eq(f->changes[i].key, key)) {
            f->changes[i].body = body;
            return MP_OK;
        }
    if (f->change_count == f->change_cap)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "more than %d policy objects are to be foreseen at once",
                       MP_FORESIGHT_OBJECTS);
    f->changes[f->change_count++] = (mp_rule_change){ mp_object_kinds[kind], key, body };
    return MP_OK;
}

static mp_code add_object(mp_foreseeing *f, mp_str id, const mp_json *object, mp_error *err)
{
    mp_place        place;
    const mp_json  *old, *body;
    mp_object_write what = { .place = &place,
                             .body = object,
                             .by = MP_S(""),
                             .by_kind = MP_S("User"),
                             .tenant = f->q->tenant,
                             .expected = MP_ANY_VERSION,
                             .beside = f->changes,
                             .beside_count = f->change_count };
    MP_TRY(mp_place_of(&place, id, f->arena, err));
    MP_TRY(kind_of(&what.kind, &place, err));
    MP_TRY(find_old(&old, f, what.kind, place.key, err));
    MP_TRY(mp_object_complete(&body, f->tx, &what, old, f->arena, err));
    MP_TRY(mp_object_check(f->fault, f->tx, &what, body, f->arena, err));
    return put_change(f, what.kind, place.key, body, err);
}

/* In the order in which they refer to each other. */
static mp_code add_objects(mp_foreseeing *f, mp_error *err)
{
    for (unsigned kind = 0; kind < MP_OBJECT_KINDS && f->q->objects; kind++)
        for (MP_JSON_EACH(object, f->q->objects)) {
            mp_place       place;
            mp_object_kind its = MP_OBJECT_KINDS;
            mp_str         id = mp_object_text(object, "id");
            if (!id.len)
                return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a policy object has no \"id\"");
            MP_TRY(mp_place_of(&place, id, f->arena, err));
            MP_TRY(kind_of(&its, &place, err));
            if ((unsigned)its != kind)
                continue;
            const mp_json *whole = with_properties(object, f->arena);
            MP_TRY(whole ? add_object(f, id, whole, err) : mp_no_memory(err));
        }
    return MP_OK;
}

/* ---- parameters ---- */

static void put_values(mp_jsonw *w, const mp_json *old, const mp_json *values)
{
    mp_jsonw_key(w, MP_S("parameters"));
    mp_jsonw_object(w);
    if (mp_json_is(old, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, old))
            if (!mp_json_get_fold(values, mp_json_str(key))) {
                mp_jsonw_key(w, mp_json_str(key));
                mp_jsonw_value(w, key + 1);
            }
    for (MP_JSON_MEMBERS(key, values)) {
        mp_jsonw_key(w, mp_json_str(key));
        mp_jsonw_object(w);
        mp_jsonw_put_value(w, "value", key + 1);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

/* The assignment as it is, with other values. */
static const mp_json *with_values(const mp_json *assignment, const mp_json *values, mp_arena *arena)
{
    const mp_json *properties = mp_json_get(assignment, MP_S("properties"));
    mp_jsonw       w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, assignment))
        if (!mp_str_eq(mp_json_str(key), MP_S("properties"))) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, properties))
        if (!mp_str_eq_fold(mp_json_str(key), MP_S("parameters"))) {
            mp_jsonw_key(&w, mp_json_str(key));
            mp_jsonw_value(&w, key + 1);
        }
    put_values(&w, mp_json_get_fold(properties, MP_S("parameters")), values);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code add_parameters(mp_foreseeing *f, mp_error *err)
{
    if (!f->q->parameters)
        return MP_OK;
    for (MP_JSON_EACH(one, f->q->parameters)) {
        mp_str         id = mp_object_text(one, "assignment"), key;
        const mp_json *values = mp_json_get(one, MP_S("values")), *old;
        MP_TRY(mp_key_of(&key, id, f->arena, err));
        MP_TRY(find_old(&old, f, MP_OBJECT_ASSIGNMENT, key, err));
        if (!old)
            return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no policy assignment '%.*s'", MP_FMT(id));
        const mp_json *body = with_values(old, values, f->arena);
        MP_TRY(body ? add_object(f, mp_object_text(old, "id"), body, err) : mp_no_memory(err));
    }
    return MP_OK;
}

/* ---- what is deleted ---- */

static mp_code add_deleted(mp_foreseeing *f, mp_error *err)
{
    if (!f->q->deleted)
        return MP_OK;
    for (MP_JSON_EACH(id, f->q->deleted)) {
        mp_place       place;
        mp_object_kind kind = MP_OBJECT_KINDS;
        const mp_json *old;
        MP_TRY(mp_place_of(&place, mp_json_str(id), f->arena, err));
        MP_TRY(kind_of(&kind, &place, err));
        MP_TRY(find_old(&old, f, kind, place.key, err));
        if (!old)
            return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no policy object '%.*s'", MP_FMT(place.id));
        MP_TRY(put_change(f, kind, place.key, NULL, err));
    }
    return MP_OK;
}

mp_code mp_foresight_changes(mp_foreseeing *f, mp_error *err)
{
    f->change_cap = MP_FORESIGHT_OBJECTS;
    f->changes = MP_ARENA_ARRAY(f->arena, mp_rule_change, f->change_cap);
    if (!f->changes)
        return mp_no_memory(err);
    MP_TRY(add_deleted(f, err));
    MP_TRY(add_objects(f, err));
    return add_parameters(f, err);
}

/* ---- the assignments that are touched ---- */

static mp_code touch(mp_foreseeing *f, mp_str id, mp_error *err)
{
    mp_str key;
    if (!id.len)
        return MP_OK;
    MP_TRY(mp_key_of(&key, id, f->arena, err));
    for (size_t i = 0; i < f->touched_count; i++)
        if (mp_str_eq(f->touched[i], key))
            return MP_OK;
    if (f->touched_count == f->touched_cap) {
        size_t  cap = f->touched_cap ? f->touched_cap * 2 : 16;
        mp_str *grown = MP_ARENA_ARRAY(f->arena, mp_str, cap);
        if (!grown)
            return mp_no_memory(err);
        if (f->touched_count)
            memcpy(grown, f->touched, f->touched_count * sizeof *grown);
        f->touched = grown;
        f->touched_cap = cap;
    }
    f->touched[f->touched_count++] = key;
    return MP_OK;
}

/* Stored objects of this kind that refer to `key`: fn of each (of an earlier version: of what it is a version of). */
static mp_code each_referring(mp_foreseeing *f, const mp_kind *kind, mp_str key,
                              mp_code (*fn)(mp_foreseeing *f, mp_str key, mp_error *err), mp_error *err)
{
    mp_record_filter filter = { .index = "policyDefinitionId", .op = MP_FILTER_EQ, .value = key };
    mp_record_query  query = { .kind = kind, .filters = &filter, .filter_count = 1, .limit = 100 };
    do {
        mp_record_page page;
        MP_TRY(mp_record_list(&page, f->tx, &query, f->arena, err));
        for (size_t i = 0; i < page.count; i++) {
            size_t version = kind == &mp_policy_set_version_kind
                                 ? mp_str_find_str(page.records[i].key, MP_S("/versions/"))
                                 : SIZE_MAX;
            MP_TRY(fn(f, mp_str_of(page.records[i].key.ptr, version == SIZE_MAX ? page.records[i].key.len : version), err));
        }
        query.after = page.next;
    } while (query.after.len);
    return MP_OK;
}

static mp_code touch_assigning(mp_foreseeing *f, mp_str key, mp_error *err)
{
    return each_referring(f, &mp_policy_assignment_kind, key, touch, err);
}

/* Its exemptions or attestations change: all that it says is judged again. */
static mp_code note_term(mp_foreseeing *f, mp_str assignment, mp_error *err)
{
    mp_str key;
    MP_TRY(mp_key_of(&key, assignment, f->arena, err));
    return mp_map_put(&f->terms, key, f, err);
}

static mp_code touch_by(mp_foreseeing *f, const mp_rule_change *change, mp_error *err)
{
    const mp_json *old = NULL;
    if (change->kind == mp_object_kinds[MP_OBJECT_ASSIGNMENT])
        return touch(f, change->key, err);
    if (change->kind == mp_object_kinds[MP_OBJECT_SET])
        return touch_assigning(f, change->key, err);
    if (change->kind == mp_object_kinds[MP_OBJECT_DEFINITION]) {
        MP_TRY(touch_assigning(f, change->key, err));
        MP_TRY(each_referring(f, &mp_policy_set_version_kind, change->key, touch_assigning, err));
        return each_referring(f, &mp_policy_set_kind, change->key, touch_assigning, err);
    }
    mp_record record;
    mp_error  why = { .code = MP_OK };
    mp_code   code = mp_record_get(&record, f->tx, change->kind, change->key, 0, f->arena, &why);
    if (code == MP_OK)
        old = record.body;
    else if (code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    const mp_json *bodies[] = { old, change->body };
    for (unsigned i = 0; i < MP_COUNT(bodies); i++)
        if (bodies[i]) {
            mp_str id = mp_object_text(mp_json_get(bodies[i], MP_S("properties")), "policyAssignmentId");
            MP_TRY(touch(f, id, err));
            MP_TRY(note_term(f, id, err));
        }
    return MP_OK;
}

mp_code mp_foresight_touched(mp_foreseeing *f, mp_error *err)
{
    for (size_t i = 0; i < f->change_count; i++)
        MP_TRY(touch_by(f, &f->changes[i], err));
    return MP_OK;
}
