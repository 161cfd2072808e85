/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence.h"
#include "evidence_rights.h"
#include "guard.h"
#include "routes.h"
#include "secret.h"

/* ---- shapes ---- */

static const mp_json_shape link_shape = { .type = MP_TYPE_STRING, .min = 1, .max = 1024, .doc = "api.evidence.link" };
static const mp_property hold_members[] = {
    { "id", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.evidence.holdId" },
    { "by", MP_TYPE_STRING, .is_required = true, .max = 200, .doc = "api.evidence.holdBy" },
    { "since", MP_TYPE_TIME, .is_required = true, .doc = "api.evidence.holdSince" },
    { "reason", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 1024, .doc = "api.evidence.holdReason" },
};
static const mp_json_shape hold_shape = { .name = "LegalHold", .type = MP_TYPE_OBJECT, .doc = "api.evidence.hold",
                                          MP_PROPERTIES(hold_members) };
static const mp_json_shape facts_shape = { .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.evidence.facts" };
static const mp_property members[] = {
    { "id", MP_TYPE_GUID, .is_read_only = true, .doc = "api.member.id" },
    { "version", MP_TYPE_INTEGER, .is_read_only = true, .max = INT64_MAX, .doc = "api.member.version" },
    { "title", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 500, .doc = "api.evidence.title" },
    { "description", MP_TYPE_STRING, .max = 4000, .doc = "api.member.description" },
    { "mediaType", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.evidence.mediaType" },
    { "sha256", MP_TYPE_SHA256, .is_read_only = true, .doc = "api.evidence.sha256" },
    { "sizeBytes", MP_TYPE_INTEGER, .is_read_only = true, .max = INT64_MAX, .doc = "api.evidence.sizeBytes" },
    { "links", MP_TYPE_ARRAY, .shape = &link_shape, .max = 1000, .doc = "api.evidence.links" },
    { "source", MP_TYPE_STRING, .min = 1, .max = 1024, .doc = "api.evidence.source" },
    { "takenAt", MP_TYPE_TIME, .is_read_only = true, .doc = "api.evidence.takenAt" },
    { "collectedAt", MP_TYPE_TIME, .doc = "api.evidence.collectedAt" },
    { "collectedBy", MP_TYPE_STRING, .is_read_only = true, .doc = "api.evidence.collectedBy" },
    { "keepUntil", MP_TYPE_TIME, .doc = "api.evidence.keepUntil" },
    { "hold", MP_TYPE_ARRAY, .is_read_only = true, .shape = &hold_shape, .max = 100, .doc = "api.evidence.hold" },
    { "kind", MP_TYPE_STRING, .min = 1, .max = 40, .doc = "api.evidence.kind" },
    { "owner", MP_TYPE_STRING, .min = 1, .max = 200, .doc = "api.evidence.owner" },
    { "every", MP_TYPE_STRING, .min = 1, .max = 10, .doc = "api.evidence.every" },
    { "validFrom", MP_TYPE_TIME, .doc = "api.evidence.validFrom" },
    { "validUntil", MP_TYPE_TIME, .doc = "api.evidence.validUntil" },
    { "fileName", MP_TYPE_STRING, .is_read_only = true, .doc = "api.evidence.fileName" },
    { "scope", MP_TYPE_STRING, .is_read_only = true, .doc = "api.evidence.scope" },
    { "facts", MP_TYPE_OBJECT, .is_read_only = true, .shape = &facts_shape, .doc = "api.evidence.facts" },
};
static const mp_property order_members[] = {
    { "reason", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 1024, .doc = "api.evidence.holdReason" },
};
static const mp_json_shape order_shape = { .name = "LegalHoldOrder", .type = MP_TYPE_OBJECT,
                                           .doc = "api.evidence.holdOrder", MP_PROPERTIES(order_members) };
static const mp_json_shape evidence_shape = { .name = "Evidence", .type = MP_TYPE_OBJECT, .doc = "api.evidence",
                                              MP_PROPERTIES(members) };
MP_LIST_SHAPE(list_shape, evidence_shape);

static const char *const orders[] = { "collectedAt", "collectedAt desc", "title", "title desc", "keepUntil",
                                      "keepUntil desc", NULL };
static const mp_param list_params[] = {
    MP_LIST_PARAMS,
    MP_ORDER_PARAM(orders),
    { .name = "title", .type = MP_TYPE_STRING, .doc = "api.evidence.title" },
    { .name = "sha256", .type = MP_TYPE_SHA256, .doc = "api.evidence.sha256" },
    { .name = "link", .type = MP_TYPE_STRING, .doc = "api.evidence.link" },
    { .name = "source", .type = MP_TYPE_STRING, .doc = "api.evidence.source" },
    { .name = "kind", .type = MP_TYPE_STRING, .doc = "api.evidence.kind" },
    { .name = "owner", .type = MP_TYPE_STRING, .doc = "api.evidence.owner" },
    { .name = "scope", .type = MP_TYPE_STRING, .doc = "api.evidence.scope" },
    { .name = "expired", .type = MP_TYPE_BOOLEAN, .doc = "api.evidence.expired" },
};
static const mp_param upload_params[] = {
    { .name = "title", .type = MP_TYPE_STRING, .doc = "api.evidence.title", .min = 1, .max = 500, .is_required = true },
    { .name = "mediaType", .type = MP_TYPE_STRING, .doc = "api.evidence.mediaType", .min = 1, .max = 200 },
    { .name = "description", .type = MP_TYPE_STRING, .doc = "api.member.description", .max = 4000 },
    { .name = "link", .type = MP_TYPE_STRING, .doc = "api.evidence.link", .max = 1024 },
    { .name = "source", .type = MP_TYPE_STRING, .doc = "api.evidence.source", .max = 1024 },
    { .name = "collectedAt", .type = MP_TYPE_TIME, .doc = "api.evidence.collectedAt" },
    { .name = "keepUntil", .type = MP_TYPE_TIME, .doc = "api.evidence.keepUntil" },
    { .name = "kind", .type = MP_TYPE_STRING, .doc = "api.evidence.kind", .min = 1, .max = 40 },
    { .name = "owner", .type = MP_TYPE_STRING, .doc = "api.evidence.owner", .min = 1, .max = 200 },
    { .name = "every", .type = MP_TYPE_STRING, .doc = "api.evidence.every", .min = 1, .max = 10 },
    { .name = "validFrom", .type = MP_TYPE_TIME, .doc = "api.evidence.validFrom" },
    { .name = "validUntil", .type = MP_TYPE_TIME, .doc = "api.evidence.validUntil" },
    { .name = "fileName", .type = MP_TYPE_STRING, .doc = "api.evidence.fileName", .min = 1, .max = 255 },
    { .name = "scope", .type = MP_TYPE_STRING, .doc = "api.evidence.scope", .max = 1024 },
};
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

/* ---- reading ---- */

/* The key of the record is its id; the body is the ledger's and does not repeat it. */
static const mp_json *with_id(const mp_http_request *request, const mp_record *record)
{
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "id", record->key);
    for (MP_JSON_MEMBERS(key, record->body)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code respond(mp_http_request *request, mp_http_response *response, unsigned status, mp_record *record,
                       mp_error *err)
{
    record->body = with_id(request, record);
    if (!record->body)
        return mp_no_memory(err);
    return mp_item_respond(request, response, status, record, err);
}

static mp_code list_evidence(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    char     then[MP_CLOCK_SHORT];
    mp_ticks as_of;
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    mp_clock_format_short(then, as_of ? as_of : mp_clock_now());
    const mp_record_filter past = { .index = "keepUntil", .op = MP_FILTER_LT, .value = mp_str_from(then) };
    bool is_past = mp_str_eq(mp_http_query(request, MP_S("expired")), MP_S("true"));
    return mp_list_answer(app, request, response,
                          &(mp_listing){ .kind = &mp_evidence_kind, .show = with_id, .fixed = &past, .fixed_count = is_past },
                          err);
}

static mp_code get_evidence(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str    id;
    mp_ticks  as_of;
    mp_record record;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    MP_TRY(mp_evidence_require(&record, app, request, NULL, id, as_of, err));
    if (mp_respond_etag(request, response, record.version))
        return MP_OK;
    return respond(request, response, 200, &record, err);
}

static mp_code get_content(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_str    id;
    mp_record record;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_evidence_require(&record, app, request, NULL, id, 0, err));
    return mp_send_evidence(app, request, response, &record, err);
}

/* ---- an upload ---- */

static mp_code receive(void *arg, mp_http_request *request, mp_str piece, mp_error *err)
{
    mp_app *app = arg;
    if (!request->stream) {
        mp_evidence_sink *sink = NULL;
        MP_TRY(mp_evidence_begin(&sink, app->store, err));
        request->stream = sink;
    }
    return piece.len ? mp_evidence_write(request->stream, piece, err) : MP_OK;
}

static void receive_end(void *app, mp_http_request *request)
{
    (void)app;
    mp_evidence_abandon(request->stream);
    request->stream = NULL;
}

/* As the guard compared it; the installation needs no saying. */
static mp_str scope_of(const mp_http_request *request)
{
    mp_str scope = mp_guarded_of(request)->scope;
    return mp_http_has_query(request, MP_S("scope")) && scope.len > 1 ? scope : mp_str_of(NULL, 0);
}

/* What the query says of it, with the hash that was found. */
static const mp_json *described(const mp_http_request *request, mp_str sha256)
{
    static const char *const texts[] = { "title", "description", "source",    "collectedAt", "keepUntil", "kind",
                                         "owner", "every",       "validFrom", "validUntil",  "fileName" };
    mp_str   media = mp_http_query(request, MP_S("mediaType"));
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(texts); i++)
        mp_jsonw_put_filled(&w, texts[i], mp_http_query(request, mp_str_from(texts[i])));
    if (!media.len)
        media = mp_http_header(request, MP_S("Content-Type"));
    mp_jsonw_put_filled(&w, "mediaType", media.len ? media : MP_S("application/octet-stream"));
    mp_jsonw_put_filled(&w, "sha256", sha256);
    mp_jsonw_put_filled(&w, "scope", scope_of(request));
    mp_jsonw_put_filled(&w, "collectedBy", mp_app_who(request)->id);
    mp_jsonw_key(&w, MP_S("links"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < request->query_count; i++)
        if (mp_str_eq_fold(request->query[i].name, MP_S("link")))
            mp_jsonw_str(&w, request->query[i].value);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* An index of a package is found again by these, and is what an assessor reads: only the server makes one. */
static bool is_index(const mp_json *body)
{
    const mp_json *links = mp_json_get(body, MP_S("links"));
    if (mp_str_eq(mp_json_get_text(body, "source"), MP_S("package")))
        return true;
    if (mp_json_is(links, MP_JSON_ARRAY))
        for (MP_JSON_EACH(link, links))
            if (mp_json_is(link, MP_JSON_STRING) && mp_str_starts(mp_json_str(link), MP_S("index:")))
                return true;
    return false;
}

static mp_code refuse_index(const mp_json *body, mp_error *err)
{
    return is_index(body) ? mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                                    "the source \"package\" and links that begin with \"index:\" are of indexes that "
                                    "packages made here have; evidence that people bring has others")
                          : MP_OK;
}

static mp_code put_record(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    mp_record  made;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_evidence_kind, c->id, err));
    MP_TRY(mp_evidence_put(&made, tx, c->id, c->as, err));
    return mp_item_keep(c, tx, &mp_evidence_kind, err);
}

static mp_code upload(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app   *app = arg;
    char      sha256[65], id[37];
    uint64_t  size;
    mp_change change = { .app = app, .request = request };
    mp_evidence_sink *sink = request->stream;
    request->stream = NULL; /* its end takes it, also when it fails */
    MP_TRY(mp_evidence_end(sha256, &size, sink, err));
    MP_TRY(mp_guid(id, err));
    change.id = mp_arena_dup(request->arena, mp_str_from(id));
    mp_str hash = mp_arena_dup(request->arena, mp_str_from(sha256));
    change.as = hash.ptr ? described(request, hash) : NULL;
    if (!change.id.ptr || !change.as)
        return mp_no_memory(err);
    MP_TRY(refuse_index(change.as, err));
    response->status = 201;
    MP_TRY(mp_app_write(app, request, response, put_record, &change, err));
    MP_TRY(mp_respond_location(request, response, "/api/v1/evidence", change.id, err));
    return respond(request, response, 201, &change.out, err);
}

/* ---- changing ---- */

/* The file and who collected it stay what they are, and an index stays one. */
static const char *const lasting[] = { "sha256", "collectedBy", "source", "links" };

static size_t lasting_of(const mp_json *old) { return is_index(old) ? MP_COUNT(lasting) : 2; }

static const mp_json *replaced(const mp_http_request *request, const mp_json *old)
{
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, request->json)) {
        bool lasts = false;
        for (size_t i = 0; i < lasting_of(old); i++)
            lasts = lasts || mp_str_eq(mp_json_str(key), mp_str_from(lasting[i]));
        if (lasts)
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    for (size_t i = 0; i < lasting_of(old); i++) {
        const mp_json *value = mp_json_get(old, mp_str_from(lasting[i]));
        if (value)
            mp_jsonw_put_value(&w, lasting[i], value);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static mp_code put_evidence(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app   *app = arg;
    mp_change change = { .app = app, .request = request };
    mp_record old;
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_evidence_require(&old, app, request, NULL, change.id, 0, err));
    if (!is_index(old.body))
        MP_TRY(refuse_index(request->json, err));
    change.as = replaced(request, old.body);
    if (!change.as)
        return mp_no_memory(err);
    MP_TRY(mp_app_write(app, request, response, put_record, &change, err));
    return respond(request, response, 200, &change.out, err);
}

static mp_code remove_record(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_evidence_kind, c->id, err));
    return mp_evidence_delete(tx, c->id, expected, err);
}

static mp_code delete_evidence(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_change change = { .count = 0 };
    mp_record old;
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_evidence_require(&old, app, request, NULL, change.id, 0, err));
    return mp_item_change(app, request, response, remove_record, &change, err);
}

/* ---- legal holds ---- */

static mp_code hold_record(mp_tx *tx, void *arg, mp_error *err)
{
    mp_change *c = arg;
    int64_t    expected;
    mp_record  made;
    mp_str     id = mp_http_param(c->request, "holdId");
    MP_TRY(mp_item_expect(&expected, tx, c->request, &mp_evidence_kind, c->id, err));
    if (c->request->method == MP_DELETE)
        MP_TRY(mp_evidence_release(&made, tx, c->id, id, err));
    else
        MP_TRY(mp_evidence_hold(&made, tx, c->id, id, mp_app_who(c->request)->id,
                                mp_json_get_text(c->request->json, "reason"), err));
    return mp_item_keep(c, tx, &mp_evidence_kind, err);
}

/* Who orders it is who asks, and from when on says our own clock. */
static mp_code change_hold(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app   *app = arg;
    mp_change change = { .app = app, .request = request };
    mp_record old;
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    MP_TRY(mp_evidence_require(&old, app, request, NULL, change.id, 0, err));
    MP_TRY(mp_app_write(app, request, response, hold_record, &change, err));
    return respond(request, response, 200, &change.out, err);
}

#define SUMMARY(name_) .tag = "evidence", .summary = "api.evidence." name_

const mp_route mp_routes_evidence[] = {
    API(MP_GET, "/evidence", "Mapae.Ledger/evidence/read", list_evidence, SUMMARY("list"), .scope = "{?scope}", PARAMS(list_params),
        .answer = &list_shape),
    API(MP_POST, "/evidence", "Mapae.Ledger/evidence/write", upload, SUMMARY("upload"), .scope = "{?scope}", PARAMS(upload_params),
        .answer = &evidence_shape, .status = 201,
        .stream = receive, .stream_end = receive_end, .body_max = (size_t)MP_EVIDENCE_MAX, .rate = MP_RATE_HEAVY),
    API(MP_GET, "/evidence/{id}", "Mapae.Ledger/evidence/read", get_evidence, SUMMARY("get"), .scope = "{evidence.scope}", PARAMS(as_of_params),
        .answer = &evidence_shape),
    API(MP_PUT, "/evidence/{id}", "Mapae.Ledger/evidence/write", put_evidence, SUMMARY("replace"), .scope = "{evidence.scope}",
        .body = &evidence_shape, .answer = &evidence_shape),
    API(MP_DELETE, "/evidence/{id}", "Mapae.Ledger/evidence/delete", delete_evidence, SUMMARY("delete"), .scope = "{evidence.scope}", .status = 204),
    API(MP_PUT, "/evidence/{id}/holds/{holdId}", "Mapae.Ledger/evidence/hold/action", change_hold, SUMMARY("order"), .scope = "{evidence.scope}",
        .body = &order_shape,
        .answer = &evidence_shape),
    API(MP_DELETE, "/evidence/{id}/holds/{holdId}", "Mapae.Ledger/evidence/hold/action", change_hold,
        SUMMARY("release"), .scope = "{evidence.scope}", .answer = &evidence_shape),
    API(MP_GET, "/evidence/{id}/content", "Mapae.Ledger/evidence/content/read", get_content, SUMMARY("content"), .scope = "{evidence.scope}",
        .is_noted = true, .rate = MP_RATE_HEAVY),
};
