/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a deployment: each thing that was done, as an operation; how it ended, as its record. */
#include "arm_deploying.h"

#include "deployment_record.h"
#include "secret.h"

/* {"value": [...], "template": what was sent, of a deployment that is within no other}; under the deployment's key. */
const mp_kind mp_arm_deployment_operations_kind = { .name = "arm-deployment-operations" };

static const mp_json *list_done(mp_jsonw *w)
{
    mp_jsonw_end(w);
    return mp_jsonw_done(w);
}

/* ---- errors ---- */

const mp_json *mp_arm_error_json(mp_arm_call *call, const mp_error *why, mp_str target)
{
    mp_arm_fault fault;
    mp_jsonw     w;
    mp_arm_told(&fault, call, why);
    mp_jsonw_init(&w, call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "code", mp_str_from(fault.code));
    mp_arm_put(&w, "message", fault.message);
    if (fault.target.len || target.len)
        mp_arm_put(&w, "target", fault.target.len ? fault.target : target);
    if (fault.details)
        mp_jsonw_put_value(&w, "details", fault.details);
    if (fault.additional)
        mp_jsonw_put_value(&w, "additionalInfo", fault.additional);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

const mp_json *mp_arm_deployment_failed(mp_arm_deploying *d, const mp_json *detail)
{
    mp_jsonw w;
    if (!detail)
        return NULL;
    mp_jsonw_init(&w, d->call->request->arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "code", MP_S("DeploymentFailed"));
    mp_arm_put(&w, "target", d->call->place.id);
    mp_arm_put(&w, "message", mp_arm_say(d->call->request, "arm.deployment_failed", NULL, 0));
    mp_jsonw_key(&w, MP_S("details"));
    mp_jsonw_array(&w);
    mp_jsonw_value(&w, detail);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* ---- operations ---- */

/* NULL when memory is short. */
static mp_arm_told_of *told_of(mp_arm_deploying *d, mp_str id)
{
    mp_arena       *arena = d->call->request->arena;
    mp_arm_told_of **at = &d->told;
    for (; *at; at = &(*at)->next)
        if (mp_str_eq_fold((*at)->id, id))
            return *at;
    mp_arm_told_of *told = MP_ARENA_NEW(arena, mp_arm_told_of);
    mp_str          kept = mp_arena_dup(arena, id);
    if (!told || !kept.ptr)
        return NULL;
    told->id = kept;
    told->began = mp_clock_now();
    mp_jsonw_init(&told->operations, arena);
    mp_jsonw_array(&told->operations);
    mp_jsonw_init(&told->made, arena);
    mp_jsonw_array(&told->made);
    return *at = told;
}

static void put_target(mp_jsonw *w, const mp_place *place, mp_arm_call *inner)
{
    mp_jsonw_key(w, MP_S("targetResource"));
    mp_jsonw_object(w);
    mp_arm_put(w, "id", place->id);
    mp_arm_put(w, "resourceType", inner && inner->type.len ? inner->type : place->type);
    mp_arm_put(w, "resourceName", place->name);
    mp_jsonw_end(w);
}

static mp_str duration(mp_arena *arena, mp_ticks from, mp_ticks to)
{
    return mp_arena_printf(arena, "PT%.3fS", (double)(to - from) / (double)MP_TICKS_PER_SECOND);
}

static const char *status_name(unsigned status)
{
    static const struct {
        unsigned    status;
        const char *name;
    } names[] = { { 200, "OK" },
                  { 201, "Created" },
                  { 202, "Accepted" },
                  { 204, "NoContent" },
                  { 400, "BadRequest" },
                  { 403, "Forbidden" },
                  { 404, "NotFound" },
                  { 405, "MethodNotAllowed" },
                  { 409, "Conflict" },
                  { 412, "PreconditionFailed" },
                  { 429, "TooManyRequests" },
                  { 503, "ServiceUnavailable" } };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (names[i].status == status)
            return names[i].name;
    return "InternalServerError";
}

static void put_outcome(mp_jsonw *w, const mp_arm_done *done, const mp_json *error)
{
    mp_arm_fault fault = { .status = done->inner ? done->inner->response->status : 200 };
    if (error)
        mp_arm_told(&fault, done->inner, done->why);
    mp_arm_put(w, "statusCode", mp_str_from(status_name(fault.status)));
    if (!error)
        return;
    mp_jsonw_key(w, MP_S("statusMessage"));
    mp_jsonw_object(w);
    mp_jsonw_put_value(w, "error", error);
    mp_jsonw_end(w);
}

static mp_code put_operation(mp_jsonw *w, mp_arm_deploying *d, const mp_arm_done *done, const mp_json *error, mp_error *err)
{
    mp_arena *arena = d->call->request->arena;
    mp_ticks  now = mp_clock_now();
    char     *id = mp_arena_alloc(arena, 37);
    if (!id)
        return mp_arm_nomem(err);
    MP_TRY(mp_guid(id, err));
    mp_jsonw_object(w);
    mp_arm_put(w, "id", mp_arena_printf(arena, "%.*s/operations/%s", MP_FMT(done->deployment), id));
    mp_arm_put(w, "operationId", mp_str_of(id, 36));
    mp_jsonw_key(w, MP_S("properties"));
    mp_jsonw_object(w);
    mp_arm_put(w, "provisioningOperation", mp_str_from(done->operation));
    mp_arm_put(w, "provisioningState", error ? MP_S("Failed") : MP_S("Succeeded"));
    mp_arm_put(w, "timestamp", mp_time_text(arena, now));
    mp_arm_put(w, "duration", duration(arena, done->began, now));
    mp_arm_put(w, "trackingId", mp_str_of(d->call->request->id, 36));
    put_outcome(w, done, error);
    put_target(w, done->place, done->inner);
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return MP_OK;
}

/* Of what was made before its deployment failed, the operations tell; outputResources are of all that is there. */
static mp_code tell_done(mp_arm_deploying *d, const mp_arm_done *done, mp_error *err)
{
    mp_arm_told_of *told = told_of(d, done->deployment);
    const mp_json  *error = done->why ? mp_arm_error_json(done->inner, done->why, done->place->id) : NULL;
    if (!told || (done->why && !error))
        return mp_arm_nomem(err);
    mp_arm_done kept = *done;
    kept.deployment = told->id;
    MP_TRY(put_operation(&told->operations, d, &kept, error, err));
    if (done->why || strcmp(done->operation, "Create") != 0)
        return MP_OK;
    const mp_json *answer = done->inner ? done->inner->answer : NULL;
    mp_jsonw_object(&told->made);
    mp_arm_put(&told->made, "id", mp_arm_text(answer, "id").len ? mp_arm_text(answer, "id") : done->place->id);
    mp_jsonw_end(&told->made);
    return MP_OK;
}

mp_code mp_arm_end_step(mp_arm_deploying *d, const mp_arm_done *done, mp_code code, mp_error *err)
{
    MP_TRY(tell_done(d, done, err));
    if (code == MP_OK)
        return MP_OK;
    d->error = mp_arm_deployment_failed(d, mp_arm_error_json(done->inner, done->why, done->place->id));
    if (err)
        *err = *done->why;
    return code;
}

/* ---- records ---- */

static void put_optional(mp_jsonw *w, const char *name, const mp_json *v)
{
    if (v)
        mp_jsonw_put_value(w, name, v);
}

static void put_empty_list(mp_jsonw *w, const char *name)
{
    mp_jsonw_key(w, mp_str_from(name));
    mp_jsonw_array(w);
    mp_jsonw_end(w);
}

/* The type of each thing that was made, none of them twice; what has none (a resource group) is left out. */
static mp_str *types_of(size_t *count, const mp_json *made, mp_arena *arena)
{
    mp_str *types = made ? MP_ARENA_ARRAY(arena, mp_str, made->count + 1) : NULL;
    *count = 0;
    for (size_t i = 0; types && i < made->count; i++) {
        mp_place place;
        bool is_known = mp_place_of(&place, mp_arm_text(mp_json_at(made, i), "id"), arena, NULL) != MP_OK ||
                        mp_str_find(place.type, '/') == SIZE_MAX;
        for (size_t k = 0; k < *count && !is_known; k++)
            is_known = mp_str_eq_fold(types[k], place.type);
        if (!is_known)
            types[(*count)++] = place.type;
    }
    return types;
}

/* [{"namespace", "resourceTypes": [{"resourceType"}]}]: by these Terraform finds the versions with which it deletes
 * what was made. */
static void put_providers(mp_jsonw *w, const mp_json *made, mp_arena *arena)
{
    size_t  count;
    mp_str *types = types_of(&count, made, arena);
    mp_jsonw_key(w, MP_S("providers"));
    mp_jsonw_array(w);
    for (size_t i = 0; i < count; i++) {
        mp_str space = mp_str_of(types[i].ptr, mp_str_find(types[i], '/') + 1); /* with its slash */
        bool   is_first = true;
        for (size_t k = 0; k < i; k++)
            is_first = is_first && !mp_str_starts_fold(types[k], space);
        if (!is_first)
            continue;
        mp_jsonw_object(w);
        mp_arm_put(w, "namespace", mp_str_of(space.ptr, space.len - 1));
        mp_jsonw_key(w, MP_S("resourceTypes"));
        mp_jsonw_array(w);
        for (size_t k = i; k < count; k++)
            if (mp_str_starts_fold(types[k], space)) {
                mp_jsonw_object(w);
                mp_arm_put(w, "resourceType", mp_str_skip(types[k], space.len));
                mp_jsonw_end(w);
            }
        mp_jsonw_end(w);
        mp_jsonw_end(w);
    }
    mp_jsonw_end(w);
}

typedef struct telling {
    mp_str         id, name;
    const mp_json *location, *tags, *parameters, *outputs, *error;
    mp_str         mode, hash;
    const mp_json *made;
    mp_ticks       began, ended;
} telling;

static const mp_json *write_record(mp_arm_deploying *d, const telling *t)
{
    mp_arena *arena = d->call->request->arena;
    mp_jsonw  w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_arm_put(&w, "id", t->id);
    mp_arm_put(&w, "name", t->name);
    mp_arm_put(&w, "type", MP_S(MP_ARM_DEPLOYMENTS));
    put_optional(&w, "location", t->location);
    put_optional(&w, "tags", t->tags);
    mp_jsonw_key(&w, MP_S("properties"));
    mp_jsonw_object(&w);
    mp_arm_put(&w, "provisioningState", t->error ? MP_S("Failed") : MP_S("Succeeded"));
    mp_arm_put(&w, "mode", t->mode);
    if (t->hash.len)
        mp_arm_put(&w, "templateHash", t->hash);
    mp_arm_put(&w, "timestamp", mp_time_text(arena, t->ended));
    mp_arm_put(&w, "duration", duration(arena, t->began, t->ended));
    mp_arm_put(&w, "correlationId", mp_arena_dup(arena, mp_str_of(d->call->request->id, 36)));
    put_optional(&w, "parameters", t->parameters);
    put_optional(&w, "outputs", t->outputs);
    put_optional(&w, "outputResources", t->made);
    put_empty_list(&w, "dependencies");
    put_providers(&w, t->made, arena);
    put_optional(&w, "error", t->error);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    return body ? mp_arena_dup_json(arena, body) : NULL; /* outputs go with the deployment */
}

const mp_json *mp_arm_deployment_record(mp_arm_deploying *d, mp_ticks now)
{
    mp_arm_call    *call = d->call;
    mp_arm_told_of *told = told_of(d, call->place.id);
    const mp_json  *made = told ? list_done(&told->made) : NULL;
    if (!made)
        return NULL;
    return write_record(d, &(telling){ .id = call->place.id,
                                       .name = call->name,
                                       .location = mp_arm_member(call->body, "location"),
                                       .tags = mp_arm_member(call->body, "tags"),
                                       .parameters = d->bound,
                                       .outputs = d->outputs,
                                       .error = d->error,
                                       .mode = d->is_complete ? MP_S("Complete") : MP_S("Incremental"),
                                       .hash = d->deployment ? mp_deployment_hash(d->deployment) : MP_S(""),
                                       .made = made,
                                       .began = d->began,
                                       .ended = now });
}

typedef struct storing {
    mp_arm_call   *call;
    const mp_json *record, *operations, *error;
    bool           is_new;
    char           operation[37]; /* of what failed: where clients ask how it ended */
} storing;

/* Clients take what is answered to a PUT for the resource, whatever stands in it; that it failed they hear where they
 * ask for the operation. */
static mp_code note_failed(storing *s, mp_tx *tx, mp_error *err)
{
    if (!s->error)
        return MP_OK;
    MP_TRY(mp_arm_operation_begin(s->operation, s->call, tx, "InProgress", NULL, err));
    return mp_arm_operation_end(tx, mp_str_of(s->operation, 36), "Failed", NULL, s->error, err);
}

static mp_code store(mp_tx *tx, void *arg, mp_error *err)
{
    storing  *s = arg;
    mp_record old;
    mp_error  why = { .code = MP_OK };
    mp_code   code = mp_record_get(&old, tx, &mp_deployment_record_kind, s->call->place.key, 0, mp_tx_arena(tx), &why);
    if (code != MP_OK && code != MP_MISSING) {
        if (err)
            *err = why;
        return code;
    }
    s->is_new = code == MP_MISSING;
    MP_TRY(mp_record_put(NULL, tx, &mp_deployment_record_kind, s->call->place.key, s->record, MP_ANY_VERSION, err));
    MP_TRY(mp_record_put(NULL, tx, &mp_arm_deployment_operations_kind, s->call->place.key, s->operations,
                         MP_ANY_VERSION, err));
    return note_failed(s, tx, err);
}

static mp_code store_told(bool *is_new, mp_arm_deploying *d, mp_arm_call *call, mp_arm_told_of *told,
                          const mp_json *record, mp_error *err)
{
    mp_jsonw w;
    storing  s = { .call = call, .record = record, .error = call == d->call ? d->error : NULL };
    mp_jsonw_init(&w, d->call->request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "value", list_done(&told->operations));
    if (call == d->call)
        mp_jsonw_put_value(&w, "template", d->template_json);
    mp_jsonw_end(&w);
    s.operations = mp_jsonw_done(&w);
    told->is_stored = true;
    if (!s.operations || !record)
        return mp_arm_nomem(err);
    MP_TRY(mp_arm_write(call, store, &s, err));
    *is_new = s.is_new;
    if (!s.error)
        return MP_OK;
    mp_str id = mp_arena_dup(d->call->request->arena, mp_str_of(s.operation, 36));
    return id.ptr ? mp_arm_async(call, id, err) : mp_arm_nomem(err);
}

mp_code mp_arm_store_deployment(bool *is_new, mp_arm_deploying *d, const mp_json *record, mp_error *err)
{
    mp_arm_told_of *told = told_of(d, d->call->place.id);
    return told ? store_told(is_new, d, d->call, told, record, err) : mp_arm_nomem(err);
}

mp_code mp_arm_store_nested(mp_arm_deploying *d, const mp_deployment_resource *r, mp_arm_call *inner, mp_error *err)
{
    const mp_json  *properties = mp_arm_member(r->shown, "properties");
    mp_arm_told_of *told = told_of(d, r->id);
    bool            is_new;
    if (!told)
        return mp_arm_nomem(err);
    const mp_json *made = list_done(&told->made);
    if (!made)
        return mp_arm_nomem(err);
    return store_told(&is_new, d, inner, told,
                      write_record(d, &(telling){ .id = inner->place.id,
                                                  .name = inner->name,
                                                  .location = mp_arm_member(r->shown, "location"),
                                                  .parameters = mp_arm_member(properties, "parameters"),
                                                  .outputs = mp_arm_member(properties, "outputs"),
                                                  .mode = MP_S("Incremental"),
                                                  .hash = mp_arm_text(properties, "templateHash"),
                                                  .made = made,
                                                  .began = told->began,
                                                  .ended = mp_clock_now() }),
                      err);
}

mp_code mp_arm_store_broken(mp_arm_deploying *d, mp_error *err)
{
    for (mp_arm_told_of *told = d->told; told; told = told->next) {
        mp_arm_call *inner;
        bool         is_new;
        mp_error     why = { .code = MP_OK };
        if (told->is_stored || mp_str_eq_fold(told->id, d->call->place.id))
            continue;
        mp_code code = mp_arm_within(&inner, d->call,
                                     &(mp_arm_inner){ .method = MP_PUT, .id = told->id, .only_asks = true }, &why);
        if (code != MP_OK && inner && mp_http_status_of(code) < 500)
            continue; /* what it goes to is not there, or not his: that may be why it failed */
        if (code != MP_OK)
            return mp_arm_pass_on(d->call, inner, &why, err);
        const mp_json *made = list_done(&told->made);
        if (!made)
            return mp_arm_nomem(err);
        MP_TRY(store_told(&is_new, d, inner, told,
                          write_record(d, &(telling){ .id = inner->place.id,
                                                      .name = inner->name,
                                                      .error = d->error,
                                                      .mode = MP_S("Incremental"),
                                                      .made = made,
                                                      .began = told->began,
                                                      .ended = mp_clock_now() }),
                          err));
    }
    return MP_OK;
}
