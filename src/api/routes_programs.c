/* SPDX-License-Identifier: Apache-2.0 */
#include "directory.h"
#include "outrank.h"
#include "routes.h"

static const char *const states[] = { "active", "suspended", "left", NULL };
static const mp_property secret_members[] = {
    { "keyId", MP_TYPE_STRING, .is_read_only = true, .doc = "api.program.keyId" },
    { "hint", MP_TYPE_STRING, .is_read_only = true, .doc = "api.program.hint" },
    { "endsAt", MP_TYPE_TIME, .is_read_only = true, .doc = "api.member.endsAt" },
};
static const mp_json_shape secret_shape = { .name = "ProgramSecret", .type = MP_TYPE_OBJECT,
                                            .doc = "api.program.secret", MP_PROPERTIES(secret_members) };
static const mp_property program_members[] = {
    MP_RECORD_MEMBERS,
    { "displayName", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.program.displayName" },
    { "description", MP_TYPE_STRING, .max = 2000, .may_be_null = true, .doc = "api.member.description" },
    { "appId", MP_TYPE_GUID, .is_read_only = true, .doc = "api.program.appId" },
    { "state", MP_TYPE_STRING, .values = states, .is_read_only = true, .doc = "api.program.state" },
    { "credentials", MP_TYPE_ARRAY, .shape = &secret_shape, .is_read_only = true, .doc = "api.program.credentials" },
    { "identityOf", MP_TYPE_STRING, .is_read_only = true, .doc = "api.program.identityOf" },
    { "lastSignInAt", MP_TYPE_TIME, .is_read_only = true, .doc = "api.member.lastSignInAt" },
    { "leftAt", MP_TYPE_TIME, .is_read_only = true, .doc = "api.member.leftAt" },
    { "tokensValidAfter", MP_TYPE_TIME, .is_read_only = true, .doc = "api.member.tokensValidAfter" },
};
static const mp_json_shape program_shape = { .name = "Program", .type = MP_TYPE_OBJECT, .doc = "api.program",
                                             MP_PROPERTIES(program_members) };
MP_LIST_SHAPE(programs_shape, program_shape);

static const mp_property ask_secret_members[] = {
    { "endsAt", MP_TYPE_TIME, .doc = "api.program.secretEndsAt" },
};
static const mp_json_shape ask_secret_shape = { .name = "ProgramSecretRequest", .type = MP_TYPE_OBJECT,
                                                .may_be_null = true, .doc = "api.program.secretRequest",
                                                MP_PROPERTIES(ask_secret_members) };
static const mp_property new_secret_members[] = {
    { "clientId", MP_TYPE_GUID, .is_required = true, .doc = "api.program.appId" },
    { "keyId", MP_TYPE_STRING, .is_required = true, .doc = "api.program.keyId" },
    { "clientSecret", MP_TYPE_STRING, .is_required = true, .doc = "api.program.clientSecret" },
};
static const mp_json_shape new_secret_shape = { .name = "NewProgramSecret", .type = MP_TYPE_OBJECT,
                                                .doc = "api.program.newSecret", MP_PROPERTIES(new_secret_members) };

static const char *const orders[] = { "displayName", "displayName desc", "createdAt", "createdAt desc", NULL };
static const mp_param list_params[] = {
    MP_LIST_PARAMS,
    MP_ORDER_PARAM(orders),
    { .name = "displayName", .type = MP_TYPE_STRING, .doc = "api.filter.displayName" },
    { .name = "appId", .type = MP_TYPE_GUID, .doc = "api.program.appId" },
    { .name = "state", .type = MP_TYPE_STRING, .doc = "api.program.state", .values = states },
};
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

static const mp_kept_as as_program = { .kind = &mp_program_kind, .put = mp_program_put, .path = "/api/v1/programs" };

static mp_code list_programs(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_list_answer(app, request, response, &(mp_listing){ .kind = &mp_program_kind }, err);
}

static mp_code make_program(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_item_create(app, request, response, &as_program, err);
}

static mp_code get_program(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    return mp_item_get(app, request, response, &mp_program_kind, id, err);
}

static mp_code put_program(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_outrank(app, request, id, err)); /* by its name it is given rights */
    return mp_item_replace(app, request, response, &as_program, id, err);
}

/* ---- life ---- */

static mp_code suspend(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_program_kind, c->id, err));
    MP_TRY(mp_program_suspend(c->app->access, tx, c->id, !c->is_new, err));
    return mp_item_keep(c, tx, &mp_program_kind, err);
}

static mp_code suspend_program(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .is_new = false };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    return mp_item_change(app, request, response, suspend, &change, err);
}

static mp_code resume_program(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .is_new = true };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    return mp_item_change(app, request, response, suspend, &change, err);
}

static mp_code leave(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_program_kind, c->id, err));
    MP_TRY(mp_program_leave(&c->count, c->app->access, tx, c->id, err));
    return mp_item_keep(c, tx, &mp_program_kind, err);
}

static mp_code leave_program(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    return mp_item_change(app, request, response, leave, &change, err);
}

/* ---- secrets ---- */

static mp_code add_secret(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change     *c = arg;
    mp_ticks       ends_at = 0;
    const mp_json *ends = mp_json_get(c->request->json, MP_S("endsAt"));
    if (mp_json_is(ends, MP_JSON_STRING) && !mp_clock_parse(&ends_at, mp_json_str(ends)))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "endsAt is no time");
    MP_TRY(mp_program_secret(&c->text, &c->other_text, c->app->access, tx, c->id, ends_at, c->request->arena, err));
    return mp_item_keep(c, tx, &mp_program_kind, err);
}

static mp_code make_secret(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    MP_TRY(mp_item_change(app, request, response, add_secret, &change, err));
    const char *place = mp_arena_printf(request->arena, "/api/v1/programs/%.*s/secrets", MP_FMT(change.id)).ptr;
    if (!place)
        return mp_no_memory(err);
    MP_TRY(mp_respond_location(request, response, place, change.other_text, err));
    const mp_pair members[] = {
        { MP_S("clientId"), mp_json_get_text(change.out.body, "appId") },
        { MP_S("keyId"), change.other_text },
        { MP_S("clientSecret"), change.text },
    };
    return mp_respond_texts(request, response, 201, members, MP_COUNT(members), err);
}

static mp_code end_secret(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    return mp_program_secret_end(c->app->access, tx, c->id, c->text, err);
}

static mp_code delete_secret(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_outrank(app, request, change.id, err));
    MP_TRY(mp_item_guid(&change.text, request, "keyId", err));
    return mp_item_change(app, request, response, end_secret, &change, err);
}

#define SUMMARY(name_) .tag = "programs", .summary = "api.programs." name_

const mp_route mp_routes_programs[] = {
    API(MP_GET, "/programs", "Mapae.Access/programs/read", list_programs, SUMMARY("list"), PARAMS(list_params),
        .answer = &programs_shape),
    API(MP_POST, "/programs", "Mapae.Access/programs/write", make_program, SUMMARY("create"), .body = &program_shape,
        .answer = &program_shape, .status = 201),
    API(MP_GET, "/programs/{id}", "Mapae.Access/programs/read", get_program, SUMMARY("get"), PARAMS(as_of_params),
        .answer = &program_shape),
    HISTORY("/programs/{id}", "Mapae.Access/programs/read", SUMMARY("history")),
    API(MP_PUT, "/programs/{id}", "Mapae.Access/programs/write", put_program, SUMMARY("replace"),
        .body = &program_shape, .answer = &program_shape),
    API(MP_POST, "/programs/{id}/suspend", "Mapae.Access/programs/suspend/action", suspend_program,
        SUMMARY("suspend"), .answer = &program_shape),
    API(MP_POST, "/programs/{id}/resume", "Mapae.Access/programs/resume/action", resume_program, SUMMARY("resume"),
        .answer = &program_shape),
    API(MP_POST, "/programs/{id}/leave", "Mapae.Access/programs/leave/action", leave_program, SUMMARY("leave"),
        .answer = &program_shape),
    API(MP_POST, "/programs/{id}/secrets", "Mapae.Access/programs/secrets/write", make_secret, SUMMARY("makeSecret"),
        .body = &ask_secret_shape,
        .answer = &new_secret_shape, .status = 201),
    API(MP_DELETE, "/programs/{id}/secrets/{keyId}", "Mapae.Access/programs/secrets/delete", delete_secret,
        SUMMARY("endSecret"), .status = 204),
};
