/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "evidence.h"
#include "guard.h"
#include "rbac.h"
#include "settle.h"
#include "systems_open.h"

typedef struct work {
    mp_app          *app;
    mp_http_request *request;
    mp_tx_fn         fn;
    void            *arg;
    mp_leaf          leaf;
    bool             may_take_rights; /* somebody may have lost something by it */
} work;

/* All that the platform itself keeps is about who is who and who may what, except evidence; what systems keep is not. */
static bool is_about_rights(const mp_kind *kind)
{
    for (size_t i = 0; i < MP_APP_KINDS; i++)
        if (kind == mp_app_kinds[i])
            return kind != &mp_evidence_kind;
    return false;
}

static bool may_take_rights(const mp_tx *tx)
{
    size_t                  count;
    const mp_record_change *changes = mp_tx_changes(tx, &count);
    for (size_t i = 0; i < count; i++)
        if (is_about_rights(changes[i].kind))
            return true;
    return false;
}

/* Between the question of the guard and the write there may be a long upload: whoever lost the right meanwhile does not write. */
static mp_code change(const work *w, mp_tx *tx, mp_error *err)
{
    mp_code code = mp_rbac_enter_write(w->app->access, tx, mp_app_who(w->request), err);
    if (code == MP_OK)
        code = mp_guard_still(w->app, w->request, err);
    if (code == MP_OK)
        code = w->fn(tx, w->arg, err);
    mp_rbac_leave_write();
    return code;
}

static mp_code change_and_note(mp_tx *tx, void *arg, mp_error *err)
{
    work *w = arg;
    MP_TRY(change(w, tx, err));
    if (mp_guarded_of(w->request)->is_open)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "a route did not say on what scope it works: %s",
                       w->request->route->path);
    w->may_take_rights = may_take_rights(tx);
    MP_TRY(mp_systems_changed(w->app, tx, err));
    return mp_ledger_add(w->app->ledger, tx, &w->leaf, err);
}

/* Pages that are open learn of it. Whoever may listen may read the ledger, and this says less. */
static void tell(mp_app *app, mp_http_request *request, const mp_leaf *leaf)
{
    const mp_pair members[] = {
        { MP_S("action"), leaf->action }, { MP_S("on"), leaf->on }, { MP_S("request"), leaf->request },
        { MP_S("actorKind"), leaf->actor_kind },
    };
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(members); i++) {
        mp_jsonw_key(&w, members[i].name);
        mp_jsonw_str(&w, members[i].value);
    }
    mp_jsonw_end(&w);
    const mp_json *event = mp_jsonw_done(&w);
    mp_error       failed = { .code = MP_OK };
    if (event && mp_events_publish(app->events, MP_S("changes"), MP_S("change"), event, &failed) != MP_OK)
        mp_log_write(app->log, MP_LOG_ERROR, "job", (mp_log_field[]){
            MP_LOG_TEXT("job", MP_S("events")), MP_LOG_TEXT("code", mp_str_from(mp_code_name(failed.code))),
            MP_LOG_TEXT("message", mp_str_from(failed.message)) }, 3);
}

mp_code mp_app_write(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn, void *arg,
                     mp_error *err)
{
    work w = { .app = app, .request = request, .fn = fn, .arg = arg };
    MP_TRY(mp_leaf_of(&w.leaf, request, MP_OUTCOME_DONE, err));
    w.leaf.status = (int)(response->status != 200  ? response->status
                          : request->route->status ? request->route->status
                                                   : 200);
    MP_TRY(mp_store_write(app->store, change_and_note, &w, err));
    response->is_noted = true;
    mp_systems_committed(app);
    if (w.may_take_rights)
        mp_events_check(app->events); /* before it is told: who lost the right to hear it does not */
    tell(app, request, &w.leaf);
    return MP_OK;
}

/* ---- without a request ---- */

typedef struct job {
    mp_app        *app;
    const mp_leaf *leaf;
    mp_tx_fn       fn;
    void          *arg;
} job;

static mp_code do_job(mp_tx *tx, void *arg, mp_error *err)
{
    const job *j = arg;
    MP_TRY(j->fn(tx, j->arg, err));
    MP_TRY(mp_systems_changed(j->app, tx, err));
    return j->leaf ? mp_ledger_add(j->app->ledger, tx, j->leaf, err) : MP_OK;
}

mp_code mp_app_write_alone(mp_app *app, const mp_leaf *leaf, mp_tx_fn fn, void *arg, mp_error *err)
{
    job j = { .app = app, .leaf = leaf, .fn = fn, .arg = arg };
    MP_TRY(mp_store_write(app->store, do_job, &j, err));
    mp_systems_committed(app);
    return MP_OK;
}
