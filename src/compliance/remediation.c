/* SPDX-License-Identifier: Apache-2.0 */
/* Orders and their changes as records. */
#include "remediation.h"

#include "jsonw.h"
#include "keys.h"
#include "objects.h"
#include "remediation_internal.h"
#include "remedy.h"
#include "secret.h"
#include "time_put.h"

static const mp_record_index run_indexes[] = {
    { .name = "place", .path = "place", .is_unique = true },
    { .name = "work", .path = "work" },
    { .name = "assignment", .path = "assignment", .folds = true },
    { .name = "scope", .path = "below", .folds = true }, /* the scope and a slash: prefixes find what is at and below one */
};
const mp_kind mp_remediation_kind = { .name = "remediation", .indexes = run_indexes, .index_count = MP_COUNT(run_indexes) };

static const mp_record_index change_indexes[] = {
    { .name = "run", .path = "run" },
    { .name = "status", .path = "status" }, /* RUN/STATUS */
};
const mp_kind mp_remediation_change_kind = { .name = "remediation-change",
                                             .indexes = change_indexes,
                                             .index_count = MP_COUNT(change_indexes) };

const char *const mp_remediation_state_names[MP_REMEDIATION_STATES] = { "Accepted",  "Evaluating", "Running",
                                                                        "Succeeded", "Failed",     "Canceled" };

static mp_str text(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get_fold(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static uint32_t number(const mp_json *object, const char *member)
{
    const mp_json *v = mp_json_get(object, mp_str_from(member));
    return mp_json_is(v, MP_JSON_INT) && v->u.integer >= 0 && v->u.integer <= UINT32_MAX ? (uint32_t)v->u.integer : 0;
}

static mp_ticks time_of(const mp_json *object, const char *member)
{
    mp_ticks t;
    return mp_clock_parse(&t, text(object, member)) ? t : 0;
}

/* ---- what is ordered ---- */

static mp_code read_count(uint32_t *out, bool *is_given, const mp_json *properties, const char *member,
                          uint32_t fallback, uint32_t most, mp_error *err)
{
    const mp_json *v = mp_json_get_fold(properties, mp_str_from(member));
    *out = fallback;
    *is_given = v && v->kind != MP_JSON_NULL;
    if (!*is_given)
        return MP_OK;
    if (!mp_json_is(v, MP_JSON_INT) || v->u.integer < 1 || v->u.integer > most)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s is a whole number from 1 to %u", member, most);
    *out = (uint32_t)v->u.integer;
    return MP_OK;
}

/* {"percentage": 0.2} */
static mp_code read_threshold(double *out, bool *is_given, const mp_json *properties, mp_error *err)
{
    const mp_json *v = mp_json_get_fold(properties, MP_S("failureThreshold")),
                  *part = mp_json_get_fold(v, MP_S("percentage"));
    *out = 1;
    *is_given = v && v->kind != MP_JSON_NULL && part && part->kind != MP_JSON_NULL;
    if (!*is_given)
        return MP_OK;
    if (mp_json_is(part, MP_JSON_INT) || mp_json_is(part, MP_JSON_REAL))
        *out = mp_json_double(part);
    if ((part->kind != MP_JSON_INT && part->kind != MP_JSON_REAL) || !(*out >= 0 && *out <= 1))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "failureThreshold.percentage is a number from 0 to 1");
    return MP_OK;
}

static mp_code read_texts(const mp_json **out, const mp_json *filters, const char *member, mp_error *err)
{
    const mp_json *list = mp_json_get_fold(filters, mp_str_from(member));
    *out = NULL;
    if (!list || list->kind == MP_JSON_NULL || (mp_json_is(list, MP_JSON_ARRAY) && list->count == 0))
        return MP_OK;
    bool is_fine = mp_json_is(list, MP_JSON_ARRAY);
    if (is_fine)
        for (MP_JSON_EACH(one, list))
            is_fine = is_fine && mp_json_is(one, MP_JSON_STRING);
    if (!is_fine)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "filters.%s is a list of texts", member);
    *out = list;
    return MP_OK;
}

static mp_code read_mode(bool *re_evaluates, const mp_json *properties, mp_error *err)
{
    mp_str mode = text(properties, "resourceDiscoveryMode");
    *re_evaluates = mp_str_eq_fold(mode, MP_S("ReEvaluateCompliance"));
    if (mode.len && !*re_evaluates && !mp_str_eq_fold(mode, MP_S("ExistingNonCompliant")))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the resourceDiscoveryMode is '%.*s'; wanted is ExistingNonCompliant or ReEvaluateCompliance",
                       MP_FMT(mode));
    return MP_OK;
}

mp_code mp_remediation_read(mp_remediation *out, const mp_json *properties, const mp_place *place,
                            const mp_place *scope, const mp_remediation_actor *actor, mp_arena *arena, mp_error *err)
{
    const mp_json *filters = mp_json_get_fold(properties, MP_S("filters"));
    mp_place       assignment;
    *out = (mp_remediation){ .id = place->id,
                             .name = place->name,
                             .place = place->key,
                             .scope = scope->id,
                             .actor = *actor,
                             .message = MP_S(""),
                             .assignment = text(properties, "policyAssignmentId"),
                             .reference = text(properties, "policyDefinitionReferenceId") };
    if (!out->assignment.len)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a remediation names its policyAssignmentId");
    MP_TRY(mp_place_of(&assignment, out->assignment, arena, err));
    out->assignment = assignment.id;
    MP_TRY(read_mode(&out->re_evaluates, properties, err));
    MP_TRY(read_texts(&out->locations, filters, "locations", err));
    MP_TRY(read_texts(&out->resources, filters, "resourceIds", err));
    MP_TRY(read_count(&out->count, &out->has_count, properties, "resourceCount", MP_REMEDIATION_COUNT,
                      MP_REMEDIATION_COUNT_MAX, err));
    MP_TRY(read_count(&out->parallel, &out->has_parallel, properties, "parallelDeployments", MP_REMEDIATION_PARALLEL,
                      MP_REMEDIATION_PARALLEL_MAX, err));
    return read_threshold(&out->threshold, &out->has_threshold, properties, err);
}

/* ---- can it be carried out ---- */

typedef struct looking {
    mp_str    key;
    bool      is_there;
    mp_arena *arena;
} looking;

static mp_code look_for_assignment(mp_tx *tx, void *arg, mp_error *err)
{
    looking  *l = arg;
    mp_record record;
    mp_error  why = { .code = MP_OK };
    mp_code   code = mp_record_get(&record, tx, mp_object_kinds[MP_OBJECT_ASSIGNMENT], l->key, 0, l->arena, &why);
    l->is_there = code == MP_OK;
    return code == MP_OK || code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

/* Why the rulebook has no such check. */
static mp_code no_check(const mp_rulebook *book, const mp_remediation *what, mp_error *err)
{
    for (uint32_t i = 0; i < mp_rulebook_count(book); i++) {
        const mp_rule_facts *facts = mp_rulebook_facts(book, i);
        if (!mp_str_eq_fold(facts->assignment_id, what->assignment))
            continue;
        if (!facts->set_id.len)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                           "the assignment is one of a single policy; it has no policyDefinitionReferenceId '%.*s'",
                           MP_FMT(what->reference));
        if (!what->reference.len)
            return mp_fail(
                err, MP_PARAMETER, MP_NOWHERE,
                "the assignment is one of an initiative; the policyDefinitionReferenceId says which of its policies is meant");
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the initiative has no policyDefinitionReferenceId '%.*s'",
                       MP_FMT(what->reference));
    }
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "what is assigned cannot be evaluated, so nothing can be remedied");
}

static mp_code check_rule(mp_compliance *c, const mp_remediation *what, mp_arena *arena, mp_error *err)
{
    mp_rulebook *book;
    uint32_t     check;
    MP_TRY(mp_rulebook_ref(&book, c->books, err));
    mp_code code = mp_remediation_check_of(&check, book, what, arena, err);
    if (code == MP_OK && check == MP_NO_CHECK)
        code = no_check(book, what, err);
    else if (code == MP_OK && !mp_is_remediable(book, check))
        code = mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "the effect of the policy is '%.*s'; deployIfNotExists and modify can be remedied",
                       MP_FMT(mp_rulebook_facts(book, check)->effect));
    mp_rulebook_unref(book);
    return code;
}

mp_code mp_remediation_check(mp_compliance *compliance, const mp_remediation *what, mp_error *err)
{
    mp_arena arena = MP_ARENA_INIT;
    looking  l = { .arena = &arena };
    mp_code  code = mp_key_of(&l.key, what->assignment, &arena, err);
    if (code == MP_OK)
        code = mp_store_read(compliance->app->store, look_for_assignment, &l, err);
    if (code == MP_OK && !l.is_there)
        code = mp_fail(err, MP_REFERENCE, MP_NOWHERE, "there is no policy assignment '%.*s'", MP_FMT(what->assignment));
    if (code == MP_OK)
        code = check_rule(compliance, what, &arena, err);
    mp_arena_free(&arena);
    return code;
}

/* ---- as JSON ---- */

static void put_actor(mp_jsonw *w, const char *name, const mp_remediation_actor *actor)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "kind", actor->kind);
    mp_jsonw_put_str(w, "id", actor->id);
    mp_jsonw_put_str(w, "byKind", actor->by_kind);
    mp_jsonw_end(w);
}

static mp_remediation_actor actor_of(const mp_json *v)
{
    return (mp_remediation_actor){ text(v, "kind"), text(v, "id"), text(v, "byKind") };
}

static void put_filters(mp_jsonw *w, const mp_remediation *r)
{
    if (!r->locations && !r->resources)
        return;
    mp_jsonw_key(w, MP_S("filters"));
    mp_jsonw_object(w);
    if (r->locations)
        mp_jsonw_put_value(w, "locations", r->locations);
    if (r->resources)
        mp_jsonw_put_value(w, "resourceIds", r->resources);
    mp_jsonw_end(w);
}

static void put_order(mp_jsonw *w, const mp_remediation *r)
{
    mp_jsonw_put_str(w, "policyAssignmentId", r->assignment);
    mp_jsonw_put_filled(w, "policyDefinitionReferenceId", r->reference);
    mp_jsonw_put_str(w, "resourceDiscoveryMode",
                     r->re_evaluates ? MP_S("ReEvaluateCompliance") : MP_S("ExistingNonCompliant"));
    put_filters(w, r);
    if (r->has_count)
        mp_jsonw_put_int(w, "resourceCount", r->count);
    if (r->has_parallel)
        mp_jsonw_put_int(w, "parallelDeployments", r->parallel);
    if (!r->has_threshold)
        return;
    mp_jsonw_key(w, MP_S("failureThreshold"));
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("percentage"));
    mp_jsonw_real(w, r->threshold);
    mp_jsonw_end(w);
}

static void put_properties(mp_jsonw *w, const mp_remediation *r)
{
    put_order(w, r);
    mp_jsonw_put_str(w, "provisioningState", mp_str_from(mp_remediation_state_names[r->state]));
    mp_time_put(w, "createdOn", r->created_on);
    mp_time_put(w, "lastUpdatedOn", r->updated_on);
    mp_jsonw_key(w, MP_S("deploymentStatus"));
    mp_jsonw_object(w);
    mp_jsonw_put_int(w, "totalDeployments", r->total);
    mp_jsonw_put_int(w, "successfulDeployments", r->succeeded);
    mp_jsonw_put_int(w, "failedDeployments", r->failed);
    mp_jsonw_end(w);
    mp_jsonw_put_str(w, "statusMessage", r->message);
    mp_jsonw_put_str(w, "correlationId", r->run);
}

const mp_json *mp_remediation_show(const mp_remediation *r, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", r->id);
    mp_jsonw_put_str(&w, "name", r->name);
    mp_jsonw_put_str(&w, "type", MP_S("Microsoft.PolicyInsights/remediations"));
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    put_properties(&w, r);
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("systemData"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "createdBy", r->actor.id);
    mp_jsonw_put_str(&w, "createdByType", r->actor.by_kind);
    mp_time_put(&w, "createdAt", r->created_on);
    mp_jsonw_put_str(&w, "lastModifiedBy", r->actor.id);
    mp_jsonw_put_str(&w, "lastModifiedByType", r->actor.by_kind);
    mp_time_put(&w, "lastModifiedAt", r->updated_on);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static const mp_json *body_of(const mp_remediation *r, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", r->id);
    mp_jsonw_put_str(&w, "name", r->name);
    mp_jsonw_put_filled(&w, "place", r->place);
    if (mp_remediation_is_open(r) || r->is_undoing)
        mp_jsonw_put_str(&w, "work", r->is_undoing ? MP_S("undo") : MP_S("do"));
    mp_jsonw_put_str(&w, "scope", r->scope);
    mp_jsonw_put_str(&w, "below", mp_arena_printf(arena, "%.*s/", MP_FMT(r->scope)));
    mp_jsonw_put_str(&w, "assignment", r->assignment);
    put_actor(&w, "actor", &r->actor);
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    put_properties(&w, r);
    mp_jsonw_end(&w);
    if (r->was_undone) {
        put_actor(&w, "undoActor", &r->undo_actor);
        mp_jsonw_put_int(&w, "undone", r->undone);
        mp_jsonw_put_int(&w, "undoFailed", r->undo_failed);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_remediation_state state_of(mp_str name)
{
    for (unsigned i = 0; i < MP_REMEDIATION_STATES; i++)
        if (mp_str_eq(name, mp_str_from(mp_remediation_state_names[i])))
            return (mp_remediation_state)i;
    return MP_REMEDIATION_FAILED;
}

mp_code mp_remediation_of(mp_remediation *out, const mp_record *record, mp_arena *arena, mp_error *err)
{
    const mp_json *b = record->body, *p = mp_json_get(b, MP_S("properties")),
                  *sums = mp_json_get(p, MP_S("deploymentStatus"));
    mp_place       place, scope;
    MP_TRY(mp_place_of(&place, text(b, "id"), arena, err));
    MP_TRY(mp_place_of(&scope, text(b, "scope"), arena, err));
    mp_remediation_actor actor = actor_of(mp_json_get(b, MP_S("actor")));
    MP_TRY(mp_remediation_read(out, p, &place, &scope, &actor, arena, err));
    out->run = record->key;
    out->version = record->version;
    out->place = text(b, "place");
    out->name = text(b, "name");
    out->state = state_of(text(p, "provisioningState"));
    out->message = text(p, "statusMessage");
    out->created_on = time_of(p, "createdOn");
    out->updated_on = time_of(p, "lastUpdatedOn");
    out->total = number(sums, "totalDeployments");
    out->succeeded = number(sums, "successfulDeployments");
    out->failed = number(sums, "failedDeployments");
    out->was_undone = mp_json_get(b, MP_S("undoActor")) != NULL;
    out->is_undoing = mp_str_eq(text(b, "work"), MP_S("undo"));
    out->undo_actor = actor_of(mp_json_get(b, MP_S("undoActor")));
    out->undone = number(b, "undone");
    out->undo_failed = number(b, "undoFailed");
    return MP_OK;
}

/* ---- in the store ---- */

mp_code mp_remediation_put(mp_remediation *what, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    mp_record record;
    what->updated_on = mp_tx_time(tx);
    const mp_json *body = body_of(what, arena);
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_record_put(&record, tx, &mp_remediation_kind, what->run, body, MP_ANY_VERSION, err));
    what->version = record.version;
    return MP_OK;
}

mp_code mp_remediation_get(mp_remediation *out, mp_tx *tx, mp_str run, mp_arena *arena, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_record_get(&record, tx, &mp_remediation_kind, run, 0, arena, err));
    return mp_remediation_of(out, &record, arena, err);
}

mp_code mp_remediation_find(mp_remediation *out, mp_tx *tx, mp_str place, mp_arena *arena, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_record_find(&record, tx, &mp_remediation_kind, "place", place, arena, err));
    return mp_remediation_of(out, &record, arena, err);
}

mp_code mp_remediation_drop(mp_remediation *what, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    if (mp_remediation_is_open(what))
        MP_TRY(mp_remediation_cancel(what, tx, arena, err));
    what->place = MP_S("");
    return mp_remediation_put(what, tx, arena, err);
}

mp_code mp_remediation_order(mp_remediation *what, bool *is_new, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    mp_remediation old;
    char           run[37];
    mp_error       why = { .code = MP_OK };
    mp_code        code = mp_remediation_find(&old, tx, what->place, arena, &why);
    *is_new = code == MP_MISSING;
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    if (code == MP_OK && (mp_remediation_is_open(&old) || old.is_undoing))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the remediation '%.*s' is at work; it can be cancelled",
                       MP_FMT(what->name));
    if (code == MP_OK)
        MP_TRY(mp_remediation_drop(&old, tx, arena, err));
    MP_TRY(mp_guid(run, err));
    what->run = mp_arena_dup(arena, mp_str_of(run, 36));
    if (!what->run.ptr)
        return mp_no_memory(err);
    what->state = MP_REMEDIATION_ACCEPTED;
    what->created_on = mp_tx_time(tx);
    return mp_remediation_put(what, tx, arena, err);
}

mp_code mp_remediation_cancel(mp_remediation *what, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    if (!mp_remediation_is_open(what))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the remediation '%.*s' has ended; it cannot be cancelled",
                       MP_FMT(what->name));
    MP_TRY(mp_remediation_count(what, tx, arena, err));
    what->state = MP_REMEDIATION_CANCELED;
    what->message = MP_S("cancelled; what was changed before stays changed");
    return mp_remediation_put(what, tx, arena, err);
}

mp_code mp_remediation_undo(mp_remediation *what, mp_tx *tx, const mp_remediation_actor *actor, mp_arena *arena,
                            mp_error *err)
{
    if (mp_remediation_is_open(what) || what->is_undoing)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "the remediation '%.*s' is at work; it can be undone once it has ended", MP_FMT(what->name));
    what->is_undoing = what->was_undone = true;
    what->undo_actor = *actor;
    what->undone = what->undo_failed = 0;
    return mp_remediation_put(what, tx, arena, err);
}

/* ---- changes ---- */

static const mp_json *change_body(const mp_remediation_change *c, mp_str run, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "run", run);
    mp_jsonw_put_str(&w, "status", mp_arena_printf(arena, "%.*s/%.*s", MP_FMT(run), MP_FMT(c->status)));
    mp_jsonw_put_str(&w, "resource", c->resource);
    mp_jsonw_put_str(&w, "location", c->location);
    mp_jsonw_put_str(&w, "deployment", c->deployment);
    mp_time_put(&w, "createdOn", c->created_on);
    mp_time_put(&w, "lastUpdatedOn", c->updated_on);
    if (c->error)
        mp_jsonw_put_value(&w, "error", c->error);
    if (c->writes)
        mp_jsonw_put_value(&w, "writes", c->writes);
    mp_jsonw_put_filled(&w, "undo", c->undo);
    if (c->undo_error)
        mp_jsonw_put_value(&w, "undoError", c->undo_error);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_remediation_change change_of(const mp_record *record)
{
    const mp_json *b = record->body;
    mp_str         status = text(b, "status");
    return (mp_remediation_change){ .key = record->key,
                                    .resource = text(b, "resource"),
                                    .location = text(b, "location"),
                                    .deployment = text(b, "deployment"),
                                    .status = mp_str_skip(status, mp_str_rfind(status, '/') + 1),
                                    .created_on = time_of(b, "createdOn"),
                                    .updated_on = time_of(b, "lastUpdatedOn"),
                                    .error = mp_json_get(b, MP_S("error")),
                                    .writes = mp_json_get(b, MP_S("writes")),
                                    .undo = text(b, "undo"),
                                    .undo_error = mp_json_get(b, MP_S("undoError")) };
}

mp_code mp_remediation_put_change(const mp_remediation_change *change, mp_str run, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    const mp_json *body = change_body(change, run, arena);
    return body ? mp_record_put(NULL, tx, &mp_remediation_change_kind, change->key, body, MP_ANY_VERSION, err)
                : mp_no_memory(err);
}

mp_code mp_remediation_get_change(mp_remediation_change *out, mp_tx *tx, mp_str key, mp_arena *arena, mp_error *err)
{
    mp_record record;
    MP_TRY(mp_record_get(&record, tx, &mp_remediation_change_kind, key, 0, arena, err));
    *out = change_of(&record);
    return MP_OK;
}

mp_code mp_remediation_list_changes(mp_remediation_changes *out, mp_tx *tx, mp_str run, mp_str after, uint32_t limit,
                                    mp_arena *arena, mp_error *err)
{
    mp_record_page   page;
    mp_record_filter filter = { "run", MP_FILTER_EQ, run };
    MP_TRY(mp_record_list(&page, tx,
                          &(mp_record_query){ .kind = &mp_remediation_change_kind,
                                              .filters = &filter,
                                              .filter_count = 1,
                                              .after = after,
                                              .limit = limit },
                          arena, err));
    *out = (mp_remediation_changes){ .list = MP_ARENA_ARRAY(arena, mp_remediation_change, page.count + 1),
                                     .count = page.count,
                                     .next = page.next };
    if (!out->list)
        return mp_no_memory(err);
    for (size_t i = 0; i < page.count; i++)
        out->list[i] = change_of(&page.records[i]);
    return MP_OK;
}

mp_str mp_remediation_status(const mp_remediation *of, const mp_remediation_change *change)
{
    return mp_str_eq(change->status, MP_S("Pending")) && !mp_remediation_is_open(of) ? MP_S("Canceled") : change->status;
}

static mp_code count_status(uint32_t *out, mp_tx *tx, mp_str run, const char *status, mp_arena *arena, mp_error *err)
{
    mp_record_page   page;
    mp_record_filter filter = { "status", MP_FILTER_EQ, mp_arena_printf(arena, "%.*s/%s", MP_FMT(run), status) };
    if (!filter.value.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_record_list(
        &page, tx,
        &(mp_record_query){
            .kind = &mp_remediation_change_kind, .filters = &filter, .filter_count = 1, .limit = 1, .counts = true },
        arena, err));
    *out = (uint32_t)page.total;
    return MP_OK;
}

mp_code mp_remediation_count(mp_remediation *what, mp_tx *tx, mp_arena *arena, mp_error *err)
{
    MP_TRY(count_status(&what->succeeded, tx, what->run, "Succeeded", arena, err));
    return count_status(&what->failed, tx, what->run, "Failed", arena, err);
}
