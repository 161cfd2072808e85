/* SPDX-License-Identifier: Apache-2.0 */
/* One resource of a remediation: brought to what the policy asks for, or back. Every write goes through the gate, and
 * is noted in the change's record within the same transaction: what it found and what it left. */
#include "remediation_internal.h"

#include "acting.h"
#include "deployment_record.h"
#include "jsonw.h"
#include "remedy.h"

#define ATTEMPTS 4 /* of one resource that others write to meanwhile */

typedef struct doing {
    mp_compliance        *c;
    const mp_remediation *run;
    mp_acting             acting; /* by whom it is done */
    mp_arena              arena;
    mp_remediation_change change;
    mp_ticks              began;
    /* Of the deployment. */
    const mp_json *parameters;
    mp_str         deployed_at; /* location */
    /* The write at hand. */
    const mp_place *place;
    mp_tx_fn        fn; /* the gate's */
    void           *arg;
    bool            is_over; /* the run is not at work any more */
    mp_str          refusal;
    bool            is_deletion;
    bool            is_locked; /* what kept it from being written is a lock */
} doing;

const mp_json *mp_remediation_error(mp_arena *arena, const mp_error *why, mp_str refusal, bool is_locked)
{
    static const struct {
        mp_code     code;
        const char *name;
    } names[] = { { MP_DENIED, "AuthorizationFailed" },
                  { MP_CONFLICT, "Conflict" },
                  { MP_MISSING, "ResourceNotFound" },
                  { MP_REFERENCE, "PolicyAssignmentNotFound" } };
    const char *name = "InvalidTemplateDeployment";
    mp_jsonw    w;
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (names[i].code == why->code)
            name = names[i].name;
    if (refusal.len)
        name = "RequestDisallowedByPolicy";
    else if (is_locked)
        name = "ScopeLocked";
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "code", mp_str_from(name));
    mp_jsonw_put_str(&w, "message", refusal.len ? refusal : mp_arena_dup(arena, mp_str_from(why->message)));
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* ---- who does it ---- */

static bool may_read(void *ctx, mp_str key)
{
    doing *d = ctx;
    return mp_acting_may_read(d->c, &d->acting, key, &d->arena);
}

static mp_code require(doing *d, const mp_place *place, const char *verb, mp_error *err)
{
    return mp_acting_may(d->c, &d->acting, place, verb, &d->arena, err);
}

/* An identity needs a role for deployments too; whoever orders has been asked whether he may. */
static mp_code may_deploy(void *ctx, const mp_place *deployment, mp_error *err)
{
    doing *d = ctx;
    return d->acting.is_identity ? require(d, deployment, "write", err) : MP_OK;
}

/* ---- writes of the worker ---- */

mp_code mp_remediation_write(mp_compliance *compliance, const mp_remediation *run, const mp_remediation_actor *actor,
                             mp_str on, const mp_error *why, mp_tx_fn fn, void *arg, mp_error *err)
{
    mp_leaf leaf = { .actor_kind = actor->kind,
                     .actor = actor->id,
                     .action = MP_S("Microsoft.PolicyInsights/remediations/write"),
                     .on = on,
                     .request = run->run,
                     .outcome = why ? MP_OUTCOME_FAILED : MP_OUTCOME_DONE,
                     .reason = why ? mp_str_from(mp_code_name(why->code)) : MP_S("") };
    return mp_app_write_alone(compliance->app, &leaf, fn, arg, err);
}

static mp_code get_item(mp_estate_item *out, mp_tx *tx, mp_str key, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_estate_get(out, tx, key, 0, mp_tx_arena(tx), &why);
    if (code == MP_MISSING)
        *out = (mp_estate_item){ .version = 0 };
    return code == MP_OK || code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

/* The writes so far, with this one. What was there before the first write of a resource is what counts. */
static mp_code add_write(doing *d, const mp_json *writes, const mp_estate_item *before, const mp_estate_item *after,
                         mp_error *err)
{
    mp_jsonw w;
    char     since[MP_CLOCK_TEXT];
    mp_str   had = MP_S("");
    if (before->version) {
        mp_clock_format(since, before->since);
        had = mp_arena_dup(&d->arena, mp_str_from(since));
    }
    mp_jsonw_init(&w, &d->arena);
    mp_jsonw_array(&w);
    if (writes)
        for (MP_JSON_EACH(one, writes)) {
            mp_str id = mp_json_str(mp_json_get(one, MP_S("id")));
            if (!mp_str_eq_fold(id, d->place->id)) {
                mp_jsonw_value(&w, one);
                continue;
            }
            const mp_json *earlier = mp_json_get(one, MP_S("before"));
            had = earlier ? mp_json_str(earlier) : MP_S("");
        }
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", after->id);
    mp_jsonw_put_filled(&w, "before", had);
    mp_jsonw_put_int(&w, "after", after->version);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    const mp_json *list = mp_jsonw_done(&w);
    d->change.writes = list ? mp_arena_dup_json(&d->arena, list) : NULL;
    return d->change.writes ? MP_OK : mp_no_memory(err);
}

static mp_code check_open(doing *d, mp_tx *tx, mp_error *err)
{
    mp_remediation now;
    MP_TRY(mp_remediation_get(&now, tx, d->run->run, mp_tx_arena(tx), err));
    d->is_over = !mp_remediation_is_open(&now) && !now.is_undoing;
    return d->is_over ? mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the remediation '%.*s' is not at work any more",
                                MP_FMT(d->run->name))
                      : MP_OK;
}

/* The gate's write, and what is to be known for taking it back. */
static mp_code write_and_note(mp_tx *tx, void *arg, mp_error *err)
{
    doing                *d = arg;
    mp_estate_item        before, after;
    mp_remediation_change stored;
    MP_TRY(check_open(d, tx, err));
    MP_TRY(get_item(&before, tx, d->place->key, err));
    MP_TRY(d->fn(tx, d->arg, err));
    MP_TRY(get_item(&after, tx, d->place->key, err));
    MP_TRY(mp_remediation_get_change(&stored, tx, d->change.key, mp_tx_arena(tx), err));
    MP_TRY(add_write(d, stored.writes, &before, &after, err));
    d->change.updated_on = mp_tx_time(tx);
    return mp_remediation_put_change(&d->change, d->run->run, tx, mp_tx_arena(tx), err);
}

/* The gate says of a lock and of a lost race the same. */
static mp_code look_for_lock(mp_tx *tx, void *arg, mp_error *err)
{
    doing   *d = arg;
    mp_error why = { .code = MP_OK };
    mp_code  code = mp_lock_check(tx, d->place->key, d->is_deletion, mp_tx_arena(tx), &why);
    d->is_locked = code == MP_CONFLICT;
    return code == MP_OK || code == MP_CONFLICT ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code write_step(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    doing *d = ctx;
    d->fn = fn;
    d->arg = arg;
    return mp_remediation_write(d->c, d->run, &d->acting.actor, d->place->id, NULL, write_and_note, d, err);
}

static mp_code pass_gate(doing *d, const mp_gate_request *how, mp_error *err)
{
    mp_gate_request request = *how;
    mp_gate_result  result = { .refusal = { NULL, 0 } };
    request.by = d->acting.actor.id;
    request.by_kind = d->acting.actor.by_kind;
    request.source = MP_S("api");
    request.write_ctx = d;
    d->place = how->place;
    d->is_deletion = how->act == MP_GATE_DELETE;
    mp_code code = mp_gate_write(&result, d->c, &request, &d->arena, err);
    if (code == MP_DENIED && result.violations)
        d->refusal = result.refusal;
    if (code == MP_CONFLICT && !d->is_over)
        MP_TRY(mp_store_read(d->c->app->store, look_for_lock, d, err));
    return code;
}

/* ---- remedying ---- */

static mp_code do_step(void *ctx, const mp_remedy_step *step, mp_error *err)
{
    doing *d = ctx;
    MP_TRY(require(d, step->place, "write", err));
    return pass_gate(d,
                     &(mp_gate_request){ .act = MP_GATE_PUT,
                                         .place = step->place,
                                         .body = step->body,
                                         .api_version = step->api_version,
                                         .expected = step->expected,
                                         .write = write_step },
                     err);
}

static mp_code work(doing *d, mp_rulebook *book, mp_error *err)
{
    mp_remedied said;
    mp_remedy what = { .compliance = d->c,
                       .book = book,
                       .resource = d->change.resource,
                       .step = do_step,
                       .may_read = may_read,
                       .may_deploy = may_deploy,
                       .ctx = d };
    MP_TRY(mp_remediation_check_of(&what.check, book, d->run, &d->arena, err));
    if (what.check == MP_NO_CHECK)
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the policy assignment '%.*s' is gone", MP_FMT(d->run->assignment));
    MP_TRY(mp_acting_of(&d->acting, d->c, book, what.check, &d->run->actor, &d->arena, err));
    what.deployment = mp_arena_printf(&d->arena, "PolicyDeployment_%.*s_%.*s", 12, d->run->run.ptr + 24,
                                      MP_FMT(mp_str_skip(d->change.key, d->run->run.len + 1)));
    mp_code code = what.deployment.ptr ? mp_remedy_work(&said, &what, &d->arena, err) : mp_no_memory(err);
    if (what.deployment.ptr && said.deployment.len) {
        d->change.deployment = said.deployment;
        d->parameters = said.parameters;
        d->deployed_at = said.deployed_at;
    }
    return code;
}

static mp_code try_once(doing *d, mp_error *err)
{
    mp_rulebook *book;
    d->refusal = MP_S("");
    d->is_locked = false;
    d->parameters = NULL;
    MP_TRY(mp_rulebook_ref(&book, d->c->books, err));
    mp_code code = work(d, book, err);
    mp_rulebook_unref(book);
    return code;
}

/* What is not the resource's fault is tried again later, by whoever asks next. */
static bool is_ours(mp_code code)
{
    return code == MP_NOMEM || code == MP_FULL || code == MP_UNAVAILABLE || code == MP_IO || code == MP_DAMAGED ||
           code == MP_INTERNAL;
}

static mp_code store_end(mp_tx *tx, void *arg, mp_error *err)
{
    doing                *d = arg;
    mp_remediation_change stored;
    MP_TRY(check_open(d, tx, err));
    MP_TRY(mp_remediation_get_change(&stored, tx, d->change.key, mp_tx_arena(tx), err));
    d->change.writes = stored.writes;
    d->change.updated_on = mp_tx_time(tx);
    return mp_remediation_put_change(&d->change, d->run->run, tx, mp_tx_arena(tx), err);
}

/* What was deployed is known as a deployment, whatever came of it. */
static mp_code store_done(mp_tx *tx, void *arg, mp_error *err)
{
    doing *d = arg;
    MP_TRY(store_end(tx, d, err));
    if (!d->change.deployment.len)
        return MP_OK;
    return mp_deployment_record_put(tx,
                                    &(mp_deployed){ .id = d->change.deployment,
                                                    .location = d->deployed_at,
                                                    .run = d->run->run,
                                                    .began = d->began,
                                                    .ended = mp_tx_time(tx),
                                                    .parameters = d->parameters,
                                                    .writes = d->change.writes,
                                                    .error = d->change.error },
                                    err);
}

static mp_code do_all(doing *d, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code  code = try_once(d, &why);
    for (unsigned n = 1; n < ATTEMPTS && (code == MP_CONFLICT || code == MP_BUSY) && !d->is_over && !d->is_locked; n++) {
        why = (mp_error){ .code = MP_OK };
        code = try_once(d, &why);
    }
    if (d->is_over || is_ours(code)) {
        if (err)
            *err = why;
        return code;
    }
    d->change.status = code == MP_OK ? MP_S("Succeeded") : MP_S("Failed");
    d->change.error = code == MP_OK ? NULL : mp_remediation_error(&d->arena, &why, d->refusal, d->is_locked);
    if (code != MP_OK && !d->change.error)
        return mp_no_memory(err);
    return mp_remediation_write(d->c, d->run, &d->acting.actor, d->change.resource, code == MP_OK ? NULL : &why,
                                store_done, d, err);
}

mp_code mp_remediation_do(mp_compliance *compliance, const mp_remediation *run, const mp_remediation_change *change,
                          mp_error *err)
{
    doing d = { .c = compliance,
                .run = run,
                .acting = mp_acting_as(&run->actor),
                .arena = MP_ARENA_INIT,
                .change = *change,
                .began = mp_clock_now(),
                .deployed_at = MP_S("") };
    mp_code code = do_all(&d, err);
    mp_arena_free(&d.arena);
    return code;
}

/* ---- taking back ---- */

typedef struct looking {
    doing         *d;
    mp_str         key;
    mp_ticks       then;
    mp_estate_item now, before;
    bool           has_below;
} looking;

static mp_code look(mp_tx *tx, void *arg, mp_error *err)
{
    looking        *l = arg;
    mp_estate_page  page;
    mp_estate_query below = { .scope = l->key, .with_groups = true, .limit = 2 };
    mp_error        why = { .code = MP_OK };
    mp_code         code = mp_estate_get(&l->now, tx, l->key, 0, &l->d->arena, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code != MP_OK)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    if (l->then)
        return mp_estate_get(&l->before, tx, l->key, l->then, &l->d->arena, err);
    MP_TRY(mp_estate_list(&page, tx, &below, &l->d->arena, err));
    for (size_t i = 0; i < page.count; i++)
        l->has_below = l->has_below || !mp_str_eq(page.items[i].key, l->key);
    return MP_OK;
}

/* That this write was taken back is noted with it: work that is interrupted goes on behind it. */
static mp_code mark_undone(doing *d, const mp_json *writes, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &d->arena);
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(one, writes)) {
        bool is_this = mp_str_eq_fold(mp_json_str(mp_json_get(one, MP_S("id"))), d->place->id);
        mp_jsonw_object(&w);
        for (MP_JSON_MEMBERS(key, one))
            if (!is_this || !mp_str_eq(mp_json_str(key), MP_S("undone")))
                {
                mp_jsonw_key(&w, mp_json_str(key));
                mp_jsonw_value(&w, key + 1);
            }
        if (is_this)
            mp_jsonw_put_bool(&w, "undone", true);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    const mp_json *list = mp_jsonw_done(&w);
    d->change.writes = list ? mp_arena_dup_json(&d->arena, list) : NULL;
    return d->change.writes ? MP_OK : mp_no_memory(err);
}

static mp_code undo_and_note(mp_tx *tx, void *arg, mp_error *err)
{
    doing                *d = arg;
    mp_remediation_change stored;
    MP_TRY(check_open(d, tx, err));
    MP_TRY(d->fn(tx, d->arg, err));
    MP_TRY(mp_remediation_get_change(&stored, tx, d->change.key, mp_tx_arena(tx), err));
    MP_TRY(mark_undone(d, stored.writes, err));
    d->change.updated_on = mp_tx_time(tx);
    return mp_remediation_put_change(&d->change, d->run->run, tx, mp_tx_arena(tx), err);
}

static mp_code write_undo(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    doing *d = ctx;
    d->fn = fn;
    d->arg = arg;
    return mp_remediation_write(d->c, d->run, &d->acting.actor, d->place->id, NULL, undo_and_note, d, err);
}

static mp_code take_back(doing *d, const mp_json *write, mp_error *err)
{
    looking        l = { .d = d };
    mp_place       place;
    if (mp_json_get(write, MP_S("undone")))
        return MP_OK;
    const mp_json *before = mp_json_get(write, MP_S("before"));
    int64_t        after = mp_json_get(write, MP_S("after"))->u.integer;
    MP_TRY(mp_place_of(&place, mp_json_str(mp_json_get(write, MP_S("id"))), &d->arena, err));
    l.key = place.key;
    if (before && !mp_clock_parse(&l.then, mp_json_str(before)))
        return mp_fail(err, MP_DAMAGED, MP_NOWHERE, "the record of a remediation has no time in it");
    MP_TRY(mp_store_read(d->c->app->store, look, &l, err));
    if (l.now.version && l.before.version == l.now.version)
        return MP_OK; /* nothing was changed after all */
    if (l.now.version == 0)
        return before ? mp_fail(err, MP_MISSING, MP_NOWHERE, "'%.*s' is not there any more", MP_FMT(place.id)) : MP_OK;
    if (l.now.version != after)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "'%.*s' was changed again since; it is left as it is",
                       MP_FMT(place.id));
    if (l.has_below)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "there are others below '%.*s' now; it is left as it is",
                       MP_FMT(place.id));
    MP_TRY(require(d, &place, before ? "write" : "delete", err));
    return pass_gate(d,
                     &(mp_gate_request){ .act = before ? MP_GATE_PUT : MP_GATE_DELETE,
                                         .place = &place,
                                         .body = l.before.document,
                                         .api_version = MP_S(""),
                                         .expected = after,
                                         .is_restore = true,
                                         .write = write_undo },
                     err);
}

/* The last write first. */
static mp_code take_all_back(doing *d, mp_error *err)
{
    const mp_json *writes = d->change.writes;
    for (size_t i = writes->count; i > 0; i--)
        MP_TRY(take_back(d, mp_json_at(writes, i - 1), err));
    return MP_OK;
}

mp_code mp_remediation_undo_one(mp_compliance *compliance, const mp_remediation *run,
                                const mp_remediation_change *change, mp_error *err)
{
    doing d = { .c = compliance,
                .run = run,
                .acting = mp_acting_as(&run->undo_actor),
                .arena = MP_ARENA_INIT,
                .change = *change };
    mp_error why = { .code = MP_OK };
    mp_code  code = take_all_back(&d, &why);
    if (is_ours(code)) {
        mp_arena_free(&d.arena);
        if (err)
            *err = why;
        return code;
    }
    d.change.undo = code == MP_OK ? MP_S("Succeeded") : MP_S("Failed");
    d.change.undo_error = code == MP_OK ? NULL : mp_remediation_error(&d.arena, &why, d.refusal, d.is_locked);
    code = code != MP_OK && !d.change.undo_error
               ? mp_no_memory(err)
               : mp_remediation_write(compliance, run, &d.acting.actor, d.change.resource,
                                      code == MP_OK ? NULL : &why, store_end, &d, err);
    mp_arena_free(&d.arena);
    return code;
}
