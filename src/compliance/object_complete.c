/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored of a policy object: its properties as they were given, and beside them what Azure Resource Manager adds. */
#include "object_internal.h"

#include "clock.h"
#include "jsonw.h"
#include "keys.h"
#include "policy_version.h"
#include "secret.h"

typedef struct completing {
    mp_jsonw               w;
    const mp_object_write *what;
    const mp_json         *given, *old; /* properties; `old` NULL: it is new */
    const mp_json         *old_body;
    mp_str                 now;
    mp_arena              *arena;
} completing;

mp_str mp_object_text(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get_fold(object, mp_str_from(member));
    return mp_json_text(v);
}

static void put(completing *c, const char *name, mp_str value)
{
    mp_jsonw_key(&c->w, mp_str_from(name));
    mp_jsonw_str(&c->w, value);
}

static void put_value(completing *c, const char *name, const mp_json *value)
{
    mp_jsonw_key(&c->w, mp_str_from(name));
    mp_jsonw_value(&c->w, value);
}

static bool is_among(mp_str key, const char *const *names)
{
    for (size_t i = 0; names[i]; i++)
        if (mp_str_eq_fold(key, mp_str_from(names[i])))
            return true;
    return false;
}

/* The members of `object`, but for those in `except`. Null stands for "not given". */
static void put_members(completing *c, const mp_json *object, const char *const *except)
{
    if (!mp_json_is(object, MP_JSON_OBJECT))
        return;
    for (MP_JSON_MEMBERS(key, object)) {
        if (is_among(mp_json_str(key), except) || key[1].kind == MP_JSON_NULL)
            continue;
        mp_jsonw_key(&c->w, mp_json_str(key));
        mp_jsonw_value(&c->w, key + 1);
    }
}

static const mp_json *given(const completing *c, const char *name)
{
    const mp_json *v = mp_json_get_fold(c->given, mp_str_from(name));
    return v && v->kind != MP_JSON_NULL ? v : NULL;
}

/* What was given, else what is stored. */
static mp_str kept_text(const completing *c, const char *name, const char *otherwise)
{
    mp_str value = mp_object_text(c->given, name);
    if (!value.len)
        value = mp_object_text(c->old, name);
    return value.len ? value : mp_str_from(otherwise);
}

/* ---- metadata: who made it, who changed it ---- */

static const char *const ours_in_metadata[] = { "createdBy", "createdOn", "updatedBy", "updatedOn", NULL };

static void put_metadata(completing *c)
{
    const mp_json *was = mp_json_get_fold(c->old, MP_S("metadata"));
    mp_jsonw_key(&c->w, MP_S("metadata"));
    mp_jsonw_object(&c->w);
    put_members(c, given(c, "metadata"), c->what->is_builtin ? (const char *const[]){ NULL } : ours_in_metadata);
    if (!c->what->is_builtin) {
        mp_str by = mp_object_text(was, "createdBy"), on = mp_object_text(was, "createdOn");
        put(c, "createdBy", by.len ? by : c->what->by);
        put(c, "createdOn", on.len ? on : c->now);
        if (c->old_body) {
            put(c, "updatedBy", c->what->by);
            put(c, "updatedOn", c->now);
        } else {
            put_value(c, "updatedBy", NULL);
            put_value(c, "updatedOn", NULL);
        }
    }
    mp_jsonw_end(&c->w);
}

/* ---- properties, by kind ---- */

static size_t add_version(mp_str *list, size_t count, mp_str version)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        if (mp_str_eq_fold(list[i], version))
            return count;
    while (at < count && mp_version_order(list[at], version) > 0)
        at++;
    memmove(list + at + 1, list + at, (count - at) * sizeof *list);
    list[at] = version;
    return count + 1;
}

const mp_json *mp_object_versions(const mp_json *properties, mp_str more, mp_str without, mp_arena *arena)
{
    const mp_json *had = mp_json_get_fold(properties, MP_S("versions"));
    mp_str         own[] = { mp_object_text(properties, "version"), more };
    bool           is_list = mp_json_is(had, MP_JSON_ARRAY);
    mp_str        *list = MP_ARENA_ARRAY(arena, mp_str, (is_list ? had->count : 0) + MP_COUNT(own) + 1);
    size_t         count = 0;
    mp_jsonw       w;
    if (!list)
        return NULL;
    if (is_list)
        for (MP_JSON_EACH(one, had))
            if (mp_json_is(one, MP_JSON_STRING))
                count = add_version(list, count, mp_json_str(one));
    for (size_t i = 0; i < MP_COUNT(own); i++)
        if (own[i].len)
            count = add_version(list, count, own[i]);
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; i < count; i++)
        if (!mp_str_eq_fold(list[i], without))
            mp_jsonw_str(&w, list[i]);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Built-in ones say which there have been; of others it is those that are kept here. */
static void put_versions(completing *c)
{
    mp_str         version = kept_text(c, "version", "1.0.0");
    const mp_json *versions = c->what->is_builtin ? given(c, "versions") : NULL;
    put(c, "version", version);
    if (!mp_json_is(versions, MP_JSON_ARRAY))
        versions = mp_object_versions(c->old, version, MP_S(""), c->arena);
    put_value(c, "versions", versions);
    c->w.failed = c->w.failed || !versions;
}

static mp_str policy_type(const completing *c)
{
    mp_str type = mp_object_text(c->given, "policyType");
    bool   is_own = !c->what->is_builtin && (mp_str_eq_fold(type, MP_S("BuiltIn")) || mp_str_eq_fold(type, MP_S("Static")));
    /* nobody makes a built-in one by saying so */
    return type.len && !is_own && !mp_str_eq_fold(type, MP_S("NotSpecified")) ? type : MP_S("Custom");
}

static void put_definition(completing *c)
{
    static const char *const ours[] = { "policyType", "mode", "metadata", "version", "versions", NULL };
    put_members(c, c->given, ours);
    put(c, "policyType", policy_type(c));
    put(c, "mode", kept_text(c, "mode", "Indexed"));
    put_metadata(c);
    put_versions(c);
}

static bool has_reference(const mp_json *references, mp_str id)
{
    for (MP_JSON_EACH(reference, references))
        if (mp_str_eq_fold(mp_object_text(reference, "policyDefinitionReferenceId"), id))
            return true;
    return false;
}

/* A number that none of the others was given by hand. */
static mp_str make_reference(completing *c, const mp_json *references, size_t n)
{
    mp_str id = mp_arena_printf(c->arena, "reference-%zu", n);
    for (size_t more = 1; id.ptr && has_reference(references, id); more++)
        id = mp_arena_printf(c->arena, "reference-%zu-%zu", n, more);
    return id;
}

/* A reference without an id of its own gets one; those that are given stay. */
static void put_references(completing *c, const mp_json *references)
{
    static const char *const ours[] = { "policyDefinitionReferenceId", NULL };
    size_t n = 0;
    mp_jsonw_key(&c->w, MP_S("policyDefinitions"));
    mp_jsonw_array(&c->w);
    for (MP_JSON_EACH(reference, references)) {
        mp_str id = mp_object_text(reference, "policyDefinitionReferenceId");
        n++;
        if (!mp_json_is(reference, MP_JSON_OBJECT)) {
            mp_jsonw_value(&c->w, reference);
            continue;
        }
        mp_jsonw_object(&c->w);
        put(c, "policyDefinitionReferenceId", id.len ? id : make_reference(c, references, n));
        put_members(c, reference, ours);
        mp_jsonw_end(&c->w);
    }
    mp_jsonw_end(&c->w);
}

static void put_set(completing *c)
{
    static const char *const ours[] = { "policyType", "metadata", "version", "versions", "policyDefinitions", NULL };
    const mp_json           *references = given(c, "policyDefinitions");
    put_members(c, c->given, ours);
    if (mp_json_is(references, MP_JSON_ARRAY))
        put_references(c, references);
    put(c, "policyType", policy_type(c));
    put_metadata(c);
    put_versions(c);
}

static void put_assignment(completing *c)
{
    static const char *const ours[] = { "scope", "metadata", "enforcementMode", "notScopes", "parameters", NULL };
    mp_str                   scope = c->what->place->parent;
    const mp_json           *not_scopes = given(c, "notScopes"), *parameters = given(c, "parameters");
    size_t at = mp_str_find_fold(c->what->place->id, MP_S("/providers/Microsoft.Authorization/policyAssignments/"));
    if (at != SIZE_MAX)
        scope = mp_str_of(c->what->place->id.ptr, at); /* in the spelling of its own id */
    put_members(c, c->given, ours);
    put(c, "scope", scope);
    mp_jsonw_key(&c->w, MP_S("notScopes"));
    if (not_scopes)
        mp_jsonw_value(&c->w, not_scopes);
    else
        mp_jsonw_array(&c->w), mp_jsonw_end(&c->w);
    if (parameters)
        put_value(c, "parameters", parameters);
    mp_str mode = mp_object_text(c->given, "enforcementMode");
    put(c, "enforcementMode", mode.len ? mode : MP_S("Default"));
    put_metadata(c);
}

static void put_exemption(completing *c)
{
    put_members(c, c->given, (const char *const[]){ NULL });
}

/* A replacing PUT of some clients carries only what they change. */
static void put_attestation(completing *c)
{
    static const char *const ours[] = { "provisioningState", "lastComplianceStateChangeAt", NULL };
    mp_str state = mp_object_text(c->given, "complianceState"), was = mp_object_text(c->old, "complianceState"),
           changed = mp_object_text(c->old, "lastComplianceStateChangeAt");
    if (mp_json_is(c->old, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, c->old))
            if (!is_among(mp_json_str(key), ours) && !mp_json_get_fold(c->given, mp_json_str(key))) {
                mp_jsonw_key(&c->w, mp_json_str(key));
                mp_jsonw_value(&c->w, key + 1);
            }
    put_members(c, c->given, ours);
    put(c, "provisioningState", MP_S("Succeeded"));
    put(c, "lastComplianceStateChangeAt", changed.len && (!state.len || mp_str_eq_fold(state, was)) ? changed : c->now);
}

static void (*const putters[MP_OBJECT_KINDS])(completing *) = {
    [MP_OBJECT_DEFINITION] = put_definition, [MP_OBJECT_SET] = put_set,           [MP_OBJECT_ASSIGNMENT] = put_assignment,
    [MP_OBJECT_EXEMPTION] = put_exemption,   [MP_OBJECT_ATTESTATION] = put_attestation,
};

/* ---- beside the properties ---- */

static void put_system_data(completing *c)
{
    const mp_json *was = mp_json_get(c->old_body, MP_S("systemData"));
    mp_str by = mp_object_text(was, "createdBy"), kind = mp_object_text(was, "createdByType"),
           at = mp_object_text(was, "createdAt");
    mp_jsonw_key(&c->w, MP_S("systemData"));
    mp_jsonw_object(&c->w);
    put(c, "createdBy", by.len ? by : c->what->by);
    put(c, "createdByType", kind.len ? kind : c->what->by_kind);
    put(c, "createdAt", at.len ? at : c->now);
    put(c, "lastModifiedBy", c->what->by);
    put(c, "lastModifiedByType", c->what->by_kind);
    put(c, "lastModifiedAt", c->now);
    mp_jsonw_end(&c->w);
}

/* An assignment that changes or deploys acts by an identity of its own: a principal that is nobody else's. */
static mp_code put_identity(completing *c, const mp_json *identity, mp_error *err)
{
    const mp_json *was = mp_json_get_fold(c->old_body, MP_S("identity"));
    mp_str         principal = mp_object_text(was, "principalId");
    char           fresh[37];
    if (!mp_json_is(identity, MP_JSON_OBJECT))
        return MP_OK;
    if (!principal.len) {
        MP_TRY(mp_guid(fresh, err));
        principal = mp_arena_dup(c->arena, mp_str_from(fresh));
    }
    mp_jsonw_key(&c->w, MP_S("identity"));
    mp_jsonw_object(&c->w);
    put_members(c, identity, (const char *const[]){ "principalId", "tenantId", NULL });
    if (mp_str_find_fold(mp_object_text(identity, "type"), MP_S("SystemAssigned")) != SIZE_MAX) {
        put(c, "principalId", principal);
        put(c, "tenantId", c->what->tenant);
    }
    mp_jsonw_end(&c->w);
    return MP_OK;
}

/* Keys of what a set refers to, for the index. */
static mp_code put_refers_to(completing *c, mp_error *err)
{
    const mp_json *references = given(c, "policyDefinitions");
    mp_jsonw_key(&c->w, MP_S("refersTo"));
    mp_jsonw_array(&c->w);
    if (mp_json_is(references, MP_JSON_ARRAY))
        for (MP_JSON_EACH(reference, references)) {
            mp_str key;
            MP_TRY(mp_key_of(&key, mp_object_text(reference, "policyDefinitionId"), c->arena, err));
            mp_jsonw_str(&c->w, key);
        }
    mp_jsonw_end(&c->w);
    return MP_OK;
}

static const mp_json *member(const mp_json *body, const char *name)
{
    const mp_json *v = mp_json_get_fold(body, mp_str_from(name));
    return v && v->kind != MP_JSON_NULL ? v : NULL;
}

static mp_code write_body(completing *c, mp_error *err)
{
    const mp_json *body = c->what->body;
    mp_jsonw_object(&c->w);
    put(c, "id", c->what->place->id);
    put(c, "name", c->what->place->name);
    put(c, "type", mp_str_from(mp_object_type(c->what->kind)));
    for (unsigned i = 0; i < 2; i++) {
        const char    *name = i == 0 ? "identity" : "location";
        const mp_json *v = member(body, name);
        if (!v && c->what->is_patch)
            v = member(c->old_body, name);
        if (c->what->kind != MP_OBJECT_ASSIGNMENT || !v)
            continue;
        if (i == 0)
            MP_TRY(put_identity(c, v, err));
        else
            put_value(c, name, v);
    }
    mp_jsonw_key(&c->w, MP_S("properties"));
    mp_jsonw_object(&c->w);
    putters[c->what->kind](c);
    mp_jsonw_end(&c->w);
    if (c->what->kind == MP_OBJECT_SET)
        MP_TRY(put_refers_to(c, err));
    put_system_data(c);
    mp_jsonw_end(&c->w);
    return MP_OK;
}

/* Of a PATCH: what is stored, with the members that are given in place of it. */
static const mp_json *merge(const mp_json *old, const mp_json *given, mp_arena *arena)
{
    mp_jsonw w;
    if (!given)
        return old;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    if (mp_json_is(old, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, old))
            if (!mp_json_get_fold(given, mp_json_str(key))) {
                mp_jsonw_key(&w, mp_json_str(key));
                mp_jsonw_value(&w, key + 1);
            }
    for (MP_JSON_MEMBERS(key, given)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

mp_code mp_object_complete(const mp_json **out, mp_tx *tx, const mp_object_write *what, const mp_json *old,
                           mp_arena *arena, mp_error *err)
{
    char           text[MP_CLOCK_TEXT];
    const mp_json *properties = member(what->body, "properties");
    mp_clock_format(text, mp_tx_time(tx));
    if (properties && properties->kind != MP_JSON_OBJECT)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"properties\" is %s; an object is wanted",
                       mp_json_kind_name((mp_json_kind)properties->kind));
    completing c = {
        .what = what,
        .old_body = old,
        .old = mp_json_get(old, MP_S("properties")),
        .given = what->is_patch ? merge(mp_json_get(old, MP_S("properties")), properties, arena) : properties,
        .now = mp_arena_dup(arena, mp_str_from(text)),
        .arena = arena,
    };
    if (!c.now.ptr || (what->is_patch && !c.given))
        return mp_no_memory(err);
    mp_jsonw_init(&c.w, arena);
    MP_TRY(write_body(&c, err));
    *out = mp_jsonw_done(&c.w);
    return *out ? MP_OK : mp_no_memory(err);
}
