/* SPDX-License-Identifier: Apache-2.0 */
/* What was decided outside the write is looked at again within it: the resource's version, the rulebook, the locks. Whoever lost the race decides once more. */
#include "gate.h"

#include <mapae/inventory.h>

#include "enforce.h"
#include "jsonw.h"
#include "refusal.h"
#include "rulebook_internal.h"
#include "surroundings.h"

#define ATTEMPTS 32 /* of one request, before it is told that too many others write there */

typedef struct attempt {
    mp_compliance         *c;
    const mp_gate_request *request;
    mp_gate_result        *out;
    mp_arena              *arena;
    mp_rulebook           *book;
    mp_enforcer           *enforcer;
    mp_estate_item         old;      /* version 0: there is none */
    const mp_json         *document; /* as it is to be stored */
    bool                   is_stale; /* somebody was faster */
} attempt;

static mp_code no_memory(mp_error *err) { return mp_fail(err, MP_NOMEM, MP_NOWHERE, "no memory for a request"); }

/* ---- the document ---- */

static bool is_ours(mp_str key)
{
    return mp_str_eq_fold(key, MP_S("id")) || mp_str_eq_fold(key, MP_S("name")) || mp_str_eq_fold(key, MP_S("type")) || mp_str_eq_fold(key, MP_S("systemData"));
}

static void put_members(mp_jsonw *w, const mp_json *object, const mp_json *except)
{
    for (MP_JSON_MEMBERS(key, object))
        if (!is_ours(mp_json_str(key)) && !mp_json_get_fold(except, mp_json_str(key))) {
            mp_jsonw_key(w, mp_json_str(key));
            mp_jsonw_value(w, key + 1);
        }
}

/* RFC 7396. */
static void merge(mp_jsonw *w, const mp_json *old, const mp_json *patch)
{
    if (!mp_json_is(patch, MP_JSON_OBJECT)) {
        mp_jsonw_value(w, patch);
        return;
    }
    mp_jsonw_object(w);
    if (mp_json_is(old, MP_JSON_OBJECT))
        for (MP_JSON_MEMBERS(key, old))
            if (!mp_json_get_fold(patch, mp_json_str(key))) {
                mp_jsonw_key(w, mp_json_str(key));
                mp_jsonw_value(w, key + 1);
            }
    for (MP_JSON_MEMBERS(key, patch))
        if (key[1].kind != MP_JSON_NULL) {
            mp_jsonw_key(w, mp_json_str(key));
            merge(w, mp_json_get_fold(old, mp_json_str(key)), key + 1);
        }
    mp_jsonw_end(w);
}

static void put_patched(mp_jsonw *w, const mp_json *old, const mp_json *patch)
{
    put_members(w, old, patch);
    for (MP_JSON_MEMBERS(key, patch))
        if (!is_ours(mp_json_str(key)) && key[1].kind != MP_JSON_NULL) {
            mp_jsonw_key(w, mp_json_str(key));
            merge(w, mp_json_get_fold(old, mp_json_str(key)), key + 1);
        }
}

static mp_code make_document(attempt *a, mp_error *err)
{
    const mp_place *place = a->request->place;
    bool            is_patch = a->request->act == MP_GATE_PATCH;
    mp_jsonw        w;
    mp_jsonw_init(&w, a->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("id"));
    mp_jsonw_str(&w, a->old.version ? a->old.id : place->id);
    mp_jsonw_key(&w, MP_S("name"));
    mp_jsonw_str(&w, place->name);
    mp_jsonw_key(&w, MP_S("type"));
    mp_jsonw_str(&w, a->old.version ? a->old.type : place->type);
    if (is_patch)
        put_patched(&w, a->old.document, a->request->body);
    else
        put_members(&w, a->request->body, NULL);
    mp_jsonw_end(&w);
    a->document = mp_jsonw_done(&w);
    return a->document ? MP_OK : no_memory(err);
}

static bool is_tags_only(const mp_gate_request *request)
{
    size_t members = 0, tags = 0;
    if (request->act != MP_GATE_PATCH)
        return false;
    for (MP_JSON_MEMBERS(key, request->body)) {
        members += !is_ours(mp_json_str(key));
        tags += mp_str_eq_fold(mp_json_str(key), MP_S("tags"));
    }
    return members == tags && tags;
}

/* ---- deciding ---- */

static const mp_json *request_context(const attempt *a)
{
    mp_jsonw w;
    mp_jsonw_init(&w, a->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("apiVersion"));
    mp_jsonw_str(&w, a->request->api_version);
    if (a->request->identity) {
        mp_jsonw_key(&w, MP_S("identity"));
        mp_jsonw_value(&w, a->request->identity);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* What policies refuse: told in ARM's words. Else what they took note of. */
static mp_code tell(attempt *a, const mp_enforcement *done, mp_error *err)
{
    MP_TRY(mp_violations_of(&a->out->audits, a->enforcer, done, true, a->arena, err));
    if (done->is_allowed)
        return MP_OK;
    MP_TRY(mp_violations_of(&a->out->violations, a->enforcer, done, false, a->arena, err));
    MP_TRY(mp_enforcement_message(&a->out->refusal, done, a->arena, err));
    return mp_fail(err, MP_DENIED, MP_NOWHERE, "Resource '%.*s' was disallowed by policy", MP_FMT(a->request->place->name));
}

static mp_code enforce(attempt *a, mp_tx *tx, const mp_place *place, const mp_json *document, bool with_group, mp_error *err)
{
    mp_around          around;
    mp_resource        resource;
    mp_enforcement     done;
    mp_enforce_request asked = { .resource = &resource, .is_tags_only = is_tags_only(a->request), .with_group = with_group };
    bool               is_delete = a->request->act == MP_GATE_DELETE;
    const mp_json     *context = request_context(a);
    if (!context)
        return no_memory(err);
    mp_around_init(&around, tx, a->arena, 0);
    MP_TRY(mp_around_fill(&asked.around, &around, place, context, mp_tx_time(tx), err));
    if (place->kind == MP_PLACE_GROUP)
        asked.around.resource_group = document; /* of a group itself, it is what it is in */
    MP_TRY(mp_resource_from_arm(&resource, document, a->arena, err));
    asked.related = &around.related;
    MP_TRY((is_delete ? mp_enforce_delete : mp_enforce_write)(&done, a->enforcer, &asked, err));
    MP_TRY(mp_around_check(&around, err));
    MP_TRY(tell(a, &done, err));
    if (is_delete || !done.is_changed)
        return MP_OK;
    a->out->is_changed_by_policy = true;
    a->document = mp_arena_dup_json(a->arena, done.resource->doc); /* the enforcer's goes with its next call */
    return a->document ? MP_OK : no_memory(err);
}

typedef struct below {
    attempt *a;
    mp_tx   *tx;
} below;

static mp_code enforce_below(void *ctx, const mp_estate_item *item, mp_error *err)
{
    below   *b = ctx;
    mp_place place;
    MP_TRY(mp_place_of(&place, item->id, b->a->arena, err));
    return enforce(b->a, b->tx, &place, item->document, !mp_str_eq(item->key, b->a->request->place->key), err);
}

/* A deletion takes what is below with it: each of them is asked for. */
static mp_code decide_delete(attempt *a, mp_tx *tx, mp_error *err)
{
    below b = { a, tx };
    if (!a->old.version)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no resource '%.*s'", MP_FMT(a->request->place->id));
    return mp_estate_each(tx, &(mp_estate_query){ .scope = a->request->place->key, .with_groups = true }, enforce_below, &b, err);
}

/* What is to stand in a group that is not there is nothing that policy is asked about. */
static mp_code check_group(attempt *a, mp_tx *tx, mp_error *err)
{
    const mp_place *place = a->request->place;
    mp_estate_item  group;
    mp_error        why = { 0 };
    if (place->kind != MP_PLACE_RESOURCE || !place->group_key.len)
        return MP_OK;
    mp_code code = mp_estate_get(&group, tx, place->group_key, 0, a->arena, &why);
    if (code == MP_MISSING)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no resource group '%.*s'", MP_FMT(place->group));
    return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code decide(mp_tx *tx, void *arg, mp_error *err)
{
    attempt *a = arg;
    mp_error why = { 0 };
    mp_code  code = mp_estate_get(&a->old, tx, a->request->place->key, 0, a->arena, &why);
    if (code == MP_MISSING)
        a->old = (mp_estate_item){ .version = 0 };
    else if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    if (a->request->act == MP_GATE_DELETE)
        return decide_delete(a, tx, err);
    if (a->request->act == MP_GATE_PATCH && !a->old.version)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no resource '%.*s'", MP_FMT(a->request->place->id));
    MP_TRY(check_group(a, tx, err));
    MP_TRY(make_document(a, err));
    return enforce(a, tx, a->request->place, a->document, false, err);
}

/* ---- storing ---- */

static bool is_as_decided(attempt *a, mp_tx *tx)
{
    mp_estate_item now;
    mp_error       why = { 0 };
    mp_code        code = mp_estate_get(&now, tx, a->request->place->key, 0, mp_tx_arena(tx), &why);
    return mp_rulebook_is_current(a->c->books, a->book) && (code == MP_OK ? now.version == a->old.version : code == MP_MISSING && a->old.version == 0);
}

static mp_code store(mp_tx *tx, void *arg, mp_error *err)
{
    attempt               *a = arg;
    const mp_gate_request *r = a->request;
    int64_t                expected = r->expected != MP_ANY_VERSION ? r->expected : a->old.version ? a->old.version : MP_NO_VERSION;
    a->is_stale = !is_as_decided(a, tx);
    if (a->is_stale)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "somebody else was writing there");
    MP_TRY(mp_lock_check(tx, r->place->key, r->act == MP_GATE_DELETE, mp_tx_arena(tx), err));
    if (r->act == MP_GATE_DELETE)
        return mp_estate_delete(&a->out->removed, tx, r->place->key, r->expected, err);
    mp_estate_write what = { .place = r->place, .document = a->document, .source = r->source, .by = r->by, .by_kind = r->by_kind, .expected = expected };
    return mp_estate_put(&a->out->item, &a->out->is_new, tx, &what, a->arena, err);
}

/* ---- together ---- */

static mp_code run(attempt *a, mp_error *err)
{
    MP_TRY(mp_store_read(a->c->app->store, decide, a, err));
    a->out->item = a->old;
    if (a->request->act == MP_GATE_TRY) {
        a->out->item = (mp_estate_item){ .id = a->request->place->id, .key = a->request->place->key, .type = a->request->place->type, .document = a->document,
                                         .version = a->old.version };
        a->out->is_new = a->old.version == 0;
        return MP_OK;
    }
    return a->request->write(a->request->write_ctx, store, a, err);
}

static mp_code try_once(attempt *a, mp_error *err)
{
    a->is_stale = false;
    *a->out = (mp_gate_result){ .is_new = false };
    MP_TRY(mp_rulebook_ref(&a->book, a->c->books, err));
    mp_code code = mp_rulebook_enforcer(&a->enforcer, a->book, err);
    if (code == MP_OK)
        code = run(a, err);
    mp_rulebook_enforcer_back(a->book, a->enforcer);
    mp_rulebook_unref(a->book);
    a->book = NULL;
    a->enforcer = NULL;
    return code;
}

mp_code mp_gate_write(mp_gate_result *out, mp_compliance *compliance, const mp_gate_request *request, mp_arena *arena, mp_error *err)
{
    attempt a = { .c = compliance, .request = request, .out = out, .arena = arena };
    mp_code code;
    if (request->act != MP_GATE_DELETE && !mp_json_is(request->body, MP_JSON_OBJECT))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a resource is an object; there is %s", request->body ? mp_json_kind_name((mp_json_kind)request->body->kind) : "none");
    for (unsigned n = 0; n < ATTEMPTS; n++) {
        code = try_once(&a, err);
        if (code == MP_OK || !a.is_stale)
            return code;
    }
    return mp_fail(err, MP_BUSY, MP_NOWHERE, "too many others write to '%.*s'; try again", MP_FMT(request->place->id));
}
