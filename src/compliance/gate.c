/* SPDX-License-Identifier: Apache-2.0 */
/* What was decided outside the write is looked at again within it: the resource's version, the rulebook, the locks.
 * Whoever lost the race decides once more, and then one after the other: of many who write to one resource each is
 * behind a few others, and not behind whoever is faster. */
#include "gate.h"

#include <mapae/inventory.h>

#include "enforce.h"
#include "jsonw.h"
#include "policy_events.h"
#include "objects.h"
#include "rbac.h"
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
    int64_t                group_version; /* of the resource group that was looked at; 0: none was */
    uint64_t               below;    /* of a deletion: what goes with it, in one number */
    const mp_json         *document; /* as it is to be stored */
    mp_events_of_write     events;
    bool                   is_stale; /* somebody was faster */
} attempt;

/* ---- the document ---- */

static bool is_ours(mp_str key)
{
    return mp_str_eq_fold(key, MP_S("id")) || mp_str_eq_fold(key, MP_S("name")) ||
           mp_str_eq_fold(key, MP_S("type")) || mp_str_eq_fold(key, MP_S("systemData"));
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
    mp_jsonw_put_str(&w, "id", a->old.version ? a->old.id : place->id);
    mp_jsonw_put_str(&w, "name", place->name);
    mp_jsonw_put_str(&w, "type", a->old.version ? a->old.type : place->type);
    if (is_patch)
        put_patched(&w, a->old.document, a->request->body);
    else
        put_members(&w, a->request->body, NULL);
    mp_jsonw_end(&w);
    a->document = mp_jsonw_done(&w);
    return a->document ? MP_OK : mp_no_memory(err);
}

static bool is_trial(const mp_gate_request *request) { return request->act == MP_GATE_TRY || request->is_trial; }

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

/* ---- names ---- */

typedef struct twins {
    mp_str name; /* empty: none were found */
} twins;

static mp_code find_twins(twins *out, const mp_json *v, mp_error *err);

static mp_code find_in_object(twins *out, const mp_json *object, mp_error *err)
{
    mp_map  seen = MP_MAP_INIT_FOLD;
    mp_code code = MP_OK;
    for (MP_JSON_MEMBERS(key, object)) {
        if (mp_map_find(&seen, mp_json_str(key)))
            out->name = mp_json_str(key);
        else
            code = mp_map_put(&seen, mp_json_str(key), out, err);
        if (code == MP_OK && !out->name.ptr)
            code = find_twins(out, key + 1, err);
        if (code != MP_OK || out->name.ptr)
            break;
    }
    mp_map_free(&seen);
    return code;
}

static mp_code find_twins(twins *out, const mp_json *v, mp_error *err)
{
    if (mp_json_is(v, MP_JSON_OBJECT))
        return find_in_object(out, v, err);
    if (!mp_json_is(v, MP_JSON_ARRAY))
        return MP_OK;
    for (MP_JSON_EACH(item, v)) {
        MP_TRY(find_twins(out, item, err));
        if (out->name.ptr)
            break;
    }
    return MP_OK;
}

/* Policies and the providers of Azure read names without case. Where two are one name, the one that policy looks at
 * need not be the one that others do: so there is none such. */
static mp_code check_names(const mp_json *body, mp_error *err)
{
    twins t = { .name = { NULL, 0 } };
    MP_TRY(find_twins(&t, body, err));
    if (!t.name.ptr)
        return MP_OK;
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the resource has the member '%.*s' twice: case makes no difference",
                   MP_FMT(mp_str_of(t.name.ptr, t.name.len < 100 ? t.name.len : 100)));
}

/* ---- deciding ---- */

static const mp_json *request_context(const attempt *a)
{
    mp_jsonw w;
    mp_jsonw_init(&w, a->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "apiVersion", a->request->api_version);
    if (a->request->identity) {
        mp_jsonw_put_value(&w, "identity", a->request->identity);
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
        return mp_no_memory(err);
    mp_around_init(&around, tx, a->arena, 0);
    around.takes_presumed = true;
    MP_TRY(mp_around_fill(&asked.around, &around, place, context, mp_tx_time(tx), err));
    if (place->kind == MP_PLACE_GROUP)
        asked.around.resource_group = document; /* of a group itself, it is what it is in */
    MP_TRY(mp_resource_from_arm(&resource, document, a->arena, err));
    asked.related = &around.related;
    MP_TRY((is_delete ? mp_enforce_delete : mp_enforce_write)(&done, a->enforcer, &asked, err));
    MP_TRY(mp_around_check(&around, err));
    MP_TRY(mp_events_collect(&a->events, &done, a->book, place, &resource, a->arena, err));
    MP_TRY(tell(a, &done, err));
    if (is_delete || !done.is_changed || a->request->is_restore)
        return MP_OK;
    a->out->is_changed_by_policy = true;
    a->document = mp_arena_dup_json(a->arena, done.resource->doc); /* the enforcer's goes with its next call */
    return a->document ? MP_OK : mp_no_memory(err);
}

/* Another number when something else, or another version of it, is among them (FNV-1a). */
static uint64_t with_item(uint64_t sum, const mp_estate_item *item)
{
    for (size_t i = 0; i < item->key.len; i++)
        sum = (sum ^ (unsigned char)item->key.ptr[i]) * 1099511628211u;
    return (sum ^ (uint64_t)item->version) * 1099511628211u;
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
    b->a->below = with_item(b->a->below, item);
    return enforce(b->a, b->tx, &place, item->document, !mp_str_eq(item->key, b->a->request->place->key), err);
}

/* A deletion takes what is below with it: each of them is asked for. */
static mp_code decide_delete(attempt *a, mp_tx *tx, mp_error *err)
{
    below b = { a, tx };
    a->below = 0;
    if (!a->old.version)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no resource '%.*s'", MP_FMT(a->request->place->id));
    return mp_estate_each(tx, &(mp_estate_query){ .scope = a->request->place->key, .with_groups = true },
                          enforce_below, &b, err);
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
    a->group_version = code == MP_OK ? group.version : 0;
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

/* 0: it is not there. */
static mp_code version_of(int64_t *out, mp_tx *tx, mp_str key, mp_error *err)
{
    mp_estate_item now;
    mp_error       why = { 0 };
    mp_code        code = mp_estate_get(&now, tx, key, 0, mp_tx_arena(tx), &why);
    *out = code == MP_OK ? now.version : 0;
    return code == MP_OK || code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code add_below(void *ctx, const mp_estate_item *item, mp_error *err)
{
    uint64_t *sum = ctx;
    (void)err;
    *sum = with_item(*sum, item);
    return MP_OK;
}

/* The rules, the resource, and of a deletion all that goes with it. */
static mp_code is_as_decided(bool *out, attempt *a, mp_tx *tx, mp_error *err)
{
    const mp_place *place = a->request->place;
    int64_t         version = 0;
    uint64_t        sum = 0;
    MP_TRY(mp_rulebook_is_current(out, a->c->books, a->book, tx, err));
    if (*out) {
        MP_TRY(version_of(&version, tx, place->key, err));
        *out = version == a->old.version;
    }
    if (*out && a->request->act == MP_GATE_DELETE) {
        MP_TRY(mp_estate_each(tx, &(mp_estate_query){ .scope = place->key, .with_groups = true }, add_below, &sum, err));
        *out = sum == a->below;
    }
    return MP_OK;
}

/* With it go rights and policy objects that hang on it: the next of that name begins without. */
static mp_code take_away(attempt *a, mp_tx *tx, mp_error *err)
{
    const mp_gate_request *r = a->request;
    MP_TRY(mp_estate_delete(&a->out->removed, tx, r->place->key, r->expected, err));
    MP_TRY(mp_objects_forget_below(tx, r->place->key, err));
    return mp_unassign_below(a->c->app->access, tx, r->place->key, err);
}

/* The group, whose tags policies may have read, is another one by now: to be decided once more. */
static mp_code tell_conflict(attempt *a, mp_tx *tx, mp_error *err)
{
    int64_t version = 0;
    if (a->group_version)
        MP_TRY(version_of(&version, tx, a->request->place->group_key, err));
    a->is_stale = a->group_version && version != a->group_version;
    return MP_CONFLICT;
}

static mp_code store_resource(attempt *a, mp_tx *tx, mp_error *err)
{
    const mp_gate_request *r = a->request;
    int64_t expected = r->expected != MP_ANY_VERSION ? r->expected : a->old.version ? a->old.version : MP_NO_VERSION;
    bool                   is_same = false;
    MP_TRY(is_as_decided(&is_same, a, tx, err));
    a->is_stale = !is_same;
    if (a->is_stale)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "somebody else was writing there");
    MP_TRY(mp_lock_check(tx, r->place->key, r->act == MP_GATE_DELETE, mp_tx_arena(tx), err));
    if (r->act == MP_GATE_DELETE)
        return take_away(a, tx, err);
    mp_estate_write what = { .place = r->place,
                             .document = a->document,
                             .source = r->source,
                             .by = r->by,
                             .by_kind = r->by_kind,
                             .expected = expected,
                             .group_version = a->group_version };
    mp_code code = mp_estate_put(&a->out->item, &a->out->is_new, tx, &what, a->arena, err);
    return code == MP_CONFLICT ? tell_conflict(a, tx, err) : code;
}

static mp_code store(mp_tx *tx, void *arg, mp_error *err)
{
    attempt *a = arg;
    MP_TRY(store_resource(a, tx, err));
    return mp_events_store(tx, &a->events, a->request->by, err);
}

static mp_code store_events(mp_tx *tx, void *arg, mp_error *err)
{
    attempt *a = arg;
    return mp_events_store(tx, &a->events, a->request->by, err);
}

/* Of a write that was refused nothing is left but that it was. */
static mp_code note_refused(attempt *a, mp_code refused, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    if (refused != MP_DENIED || !a->events.first || is_trial(a->request))
        return refused;
    mp_code code = mp_store_write(a->c->app->store, store_events, a, &why);
    return code == MP_OK ? refused : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

/* ---- together ---- */

static mp_code run(attempt *a, mp_error *err)
{
    mp_code decided = mp_store_read(a->c->app->store, decide, a, err);
    if (decided != MP_OK)
        return note_refused(a, decided, err);
    a->out->item = a->old;
    if (is_trial(a->request)) {
        a->out->item = (mp_estate_item){ .id = a->request->place->id,
                                         .key = a->request->place->key,
                                         .type = a->request->place->type,
                                         .document = a->document,
                                         .version = a->old.version };
        a->out->is_new = a->old.version == 0;
        return MP_OK;
    }
    return a->request->write(a->request->write_ctx, store, a, err);
}

static mp_code try_once(attempt *a, mp_error *err)
{
    a->is_stale = false;
    a->group_version = 0;
    a->events = (mp_events_of_write){ .first = NULL };
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

static pthread_mutex_t *turn_of(mp_compliance *c, mp_str key)
{
    uint64_t sum = with_item(0, &(mp_estate_item){ .key = key });
    return &c->turns[sum % MP_TURNS];
}

mp_code mp_gate_write(mp_gate_result *out, mp_compliance *compliance, const mp_gate_request *request, mp_arena *arena,
                      mp_error *err)
{
    attempt a = { .c = compliance, .request = request, .out = out, .arena = arena };
    if (request->act != MP_GATE_DELETE && !mp_json_is(request->body, MP_JSON_OBJECT))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a resource is an object; there is %s",
                       request->body ? mp_json_kind_name((mp_json_kind)request->body->kind) : "none");
    if (request->act != MP_GATE_DELETE &&
        mp_str_eq(request->source, MP_S("api"))) /* elsewhere, as in Kubernetes, they may be two */
        MP_TRY(check_names(request->body, err));
    mp_code code = try_once(&a, err);
    if (code == MP_OK || !a.is_stale)
        return code;
    pthread_mutex_t *turn = turn_of(compliance, request->place->key);
    pthread_mutex_lock(turn);
    for (unsigned n = 1; n < ATTEMPTS && a.is_stale; n++)
        code = try_once(&a, err);
    pthread_mutex_unlock(turn);
    if (code == MP_OK || !a.is_stale)
        return code;
    return mp_fail(err, MP_BUSY, MP_NOWHERE, "too many others write to '%.*s'; try again", MP_FMT(request->place->id));
}
