/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence for people without an account: links are made and taken back here, and used at /shared.
 */
#include "evidence_routes.h"

#include "evidence.h"
#include "evidence_rights.h"
#include "guard.h"
#include "routes.h"
#include "share.h"

#define SHARES_READ "Mapae.Evidence/shares/read"
#define SHARES_WRITE "Mapae.Evidence/shares/write"
#define SHARES_DELETE "Mapae.Evidence/shares/delete"

/* ---- shapes ---- */

static const mp_json_shape scope_shape = { .type = MP_TYPE_STRING, .max = 1024, .doc = "api.evidence.scope" };
static const mp_json_shape piece_shape = { .type = MP_TYPE_GUID, .doc = "api.member.id" };
#define TERMS                                                                                      \
    { "permissions", MP_TYPE_STRING, .max = 2, .doc = "api.shares.permissions" },                  \
        { "from", MP_TYPE_TIME, .doc = "api.shares.from" },                                        \
        { "until", MP_TYPE_TIME, .doc = "api.shares.until" },                                      \
        { "addresses", MP_TYPE_STRING, .max = MP_SHARE_FIELD_MAX, .doc = "api.shares.addresses" }, \
    {                                                                                              \
        "protocols", MP_TYPE_STRING, .max = 20, .doc = "api.shares.protocols"                      \
    }
static const mp_property share_members[] = {
    { "id", MP_TYPE_GUID, .is_read_only = true, .doc = "api.member.id" },
    { "version", MP_TYPE_INTEGER, .is_read_only = true, .max = INT64_MAX,
      .doc = "api.member.version" },
    { "name", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.shares.name" },
    { "evidence", MP_TYPE_ARRAY, .is_required = true, .shape = &piece_shape, .min = 1,
      .max = MP_SHARE_PIECES_MAX, .doc = "api.shares.evidence" },
    { "policy", MP_TYPE_GUID, .doc = "api.shares.policyId" },
    TERMS,
    { "key", MP_TYPE_STRING, .is_read_only = true, .doc = "api.shares.key" },
    { "by", MP_TYPE_STRING, .is_read_only = true, .doc = "api.shares.by" },
    { "scopes", MP_TYPE_ARRAY, .is_read_only = true, .shape = &scope_shape, .max = MP_SHARE_PIECES_MAX,
      .doc = "api.shares.scopes" },
    { "link", MP_TYPE_URI, .is_read_only = true, .doc = "api.shares.link" },
};
static const mp_json_shape share_shape = { .name = "EvidenceShare",
                                           .type = MP_TYPE_OBJECT,
                                           .doc = "api.shares.share",
                                           MP_PROPERTIES(share_members) };
MP_LIST_SHAPE(shares_shape, share_shape);
static const mp_property policy_members[] = {
    { "id", MP_TYPE_GUID, .is_read_only = true, .doc = "api.member.id" },
    { "version", MP_TYPE_INTEGER, .is_read_only = true, .max = INT64_MAX,
      .doc = "api.member.version" },
    { "name", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200,
      .doc = "api.shares.policyName" },
    TERMS,
};
static const mp_json_shape policy_shape = { .name = "EvidenceSharePolicy",
                                            .type = MP_TYPE_OBJECT,
                                            .doc = "api.shares.policy",
                                            MP_PROPERTIES(policy_members) };
MP_LIST_SHAPE(policies_shape, policy_shape);
static const mp_property key_members[] = { { "number", MP_TYPE_INTEGER, .is_required = true,
                                             .max = INT64_MAX, .doc = "api.shares.keyNumber" } };
static const mp_json_shape key_shape = { .type = MP_TYPE_OBJECT,
                                         .doc = "api.shares.keyNumber",
                                         MP_PROPERTIES(key_members) };
static const mp_property shared_members[] = {
    { "id", MP_TYPE_GUID, .is_required = true, .doc = "api.member.id" },
    { "title", MP_TYPE_STRING, .doc = "api.evidence.title" },
    { "fileName", MP_TYPE_STRING, .doc = "api.evidence.fileName" },
    { "mediaType", MP_TYPE_STRING, .doc = "api.evidence.mediaType" },
    { "sha256", MP_TYPE_SHA256, .doc = "api.evidence.sha256" },
    { "sizeBytes", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.evidence.sizeBytes" },
    { "takenAt", MP_TYPE_TIME, .doc = "api.evidence.takenAt" },
};
static const mp_json_shape shared_shape = { .name = "SharedEvidence",
                                            .type = MP_TYPE_OBJECT,
                                            .doc = "api.shares.shared",
                                            MP_PROPERTIES(shared_members) };
MP_LIST_SHAPE(shared_list_shape, shared_shape);

static const mp_param list_params[] = {
    { .name = "evidence", .type = MP_TYPE_GUID, .doc = "api.shares.evidence" }, MP_LIST_PARAMS
};
static const mp_param policy_params[] = { MP_LIST_PARAMS };
#define FIELD(name_, doc_)                                                                         \
    {                                                                                              \
        .name = name_, .type = MP_TYPE_STRING, .max = MP_SHARE_FIELD_MAX, .doc = doc_              \
    }
static const mp_param link_params[] = {
    FIELD("v", "api.shares.v"),           FIELD("sp", "api.shares.permissions"),
    FIELD("st", "api.shares.from"),       FIELD("se", "api.shares.until"),
    FIELD("sip", "api.shares.addresses"), FIELD("spr", "api.shares.protocols"),
    FIELD("si", "api.shares.policyId"),   FIELD("kid", "api.shares.key"),
    FIELD("sig", "api.shares.sig"),
};

/* ---- making and taking back ---- */

/* Wherever its pieces belong. */
static bool may_all(mp_app *app, const mp_http_request *request, const char *action, const mp_record *share)
{
    bool may = share->body != NULL;
    mp_str scope;
    for (size_t i = 0; may && (scope = mp_share_scope(share, i)).len; i++)
        may = mp_app_may(app, request, action, scope);
    return may;
}

static bool is_seen(mp_app *app, const mp_http_request *request, const mp_record *share)
{
    return may_all(app, request, SHARES_READ, share);
}

static mp_code list_shares(void *app, mp_http_request *request, mp_http_response *response,
                           mp_error *err)
{
    return mp_list_answer(app, request, response,
                          &(mp_listing){ .kind = &mp_share_kind, .is_seen = is_seen }, err);
}

mp_code mp_share_require_of(const mp_record *share, mp_app *app, mp_http_request *request, const char *action,
                            mp_error *err)
{
    const char *asked = action ? action : request->route->action;
    mp_str scope;
    if (!share || (!may_all(app, request, asked, share) && !is_seen(app, request, share))) {
        MP_TRY(mp_app_require(app, request, action, MP_S("/"), err));
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "no share of evidence has this id");
    }
    for (size_t i = 0; (scope = mp_share_scope(share, i)).len; i++)
        MP_TRY(mp_app_require(app, request, action, scope, err));
    return MP_OK;
}

mp_code mp_share_require(mp_record *out, mp_app *app, mp_http_request *request, const char *action, mp_str id,
                         mp_error *err)
{
    mp_error why = { .code = MP_OK };
    mp_code code = mp_item_read(out, app, request, &mp_share_kind, id, 0, &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    return mp_share_require_of(code == MP_OK ? out : NULL, app, request, action, err);
}

typedef struct sharing {
    mp_change change;
    mp_share_link link;
    mp_str query; /* of the link */
} sharing;

static mp_code make_share(mp_tx *tx, void *arg, mp_error *err)
{
    sharing *s = arg;
    mp_record made;
    MP_TRY(mp_share_make(&made, &s->link, tx, s->change.app, s->change.request->json,
                         mp_app_who(s->change.request)->id, err));
    s->change.id = mp_arena_dup(s->change.request->arena, made.key);
    s->query = mp_share_link_write(&s->link, s->change.request->arena);
    if (!s->change.id.ptr || !s->query.ptr)
        return mp_no_memory(err);
    return mp_item_keep(&s->change, tx, &mp_share_kind, err);
}

/* One piece with the right to read it: straight to the file. */
static mp_str link_of(const sharing *s)
{
    const mp_json *pieces = mp_json_get(s->change.out.body, MP_S("evidence"));
    bool is_one = pieces->count == 1 && !mp_str_eq(s->link.permissions, MP_S("l"));
    mp_str piece = is_one ? mp_json_str(mp_json_first(pieces)) : MP_S("");
    return mp_arena_printf(s->change.request->arena, "%s/shared/%.*s%s%.*s?%.*s",
                           s->change.app->base, MP_FMT(s->change.id), is_one ? "/" : "",
                           MP_FMT(piece), MP_FMT(s->query));
}

/* Nobody gives away what he may not read himself. */
static mp_code check_pieces(mp_app *app, mp_http_request *request, mp_error *err)
{
    mp_record piece;
    for (MP_JSON_EACH(id, mp_json_get(request->json, MP_S("evidence")))) {
        MP_TRY(mp_evidence_require(&piece, app, request, "Mapae.Ledger/evidence/content/read",
                                   mp_json_str(id), 0, err));
        MP_TRY(mp_evidence_require(&piece, app, request, SHARES_WRITE, mp_json_str(id), 0, err));
    }
    return MP_OK;
}

static mp_code post_share(void *app, mp_http_request *request, mp_http_response *response,
                          mp_error *err)
{
    sharing s = { .change = { .app = app, .request = request } };
    mp_jsonw w;
    MP_TRY(check_pieces(app, request, err));
    response->status = 201;
    MP_TRY(mp_app_write(app, request, response, make_share, &s, err));
    MP_TRY(mp_respond_location(request, response, "/api/v1/evidence-shares", s.change.id, err));
    mp_str link = link_of(&s);
    if (!link.ptr)
        return mp_no_memory(err);
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, s.change.out.body)) {
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_put_int(&w, "version", s.change.out.version);
    mp_jsonw_put_str(&w, "link", link);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 201, mp_jsonw_done(&w), err);
}

static mp_code remove_share(mp_tx *tx, void *arg, mp_error *err)
{
    const mp_change *c = arg;
    int64_t expected;
    MP_TRY(mp_item_expect(&expected, tx, c->request, c->as, c->id, err));
    return mp_record_delete(tx, c->as, c->id, expected, err);
}

static mp_code delete_one(void *app, mp_http_request *request, mp_http_response *response,
                          const mp_kind *kind, mp_error *err)
{
    mp_change change = { .as = kind };
    MP_TRY(mp_item_guid(&change.id, request, "id", err));
    response->status = 204;
    return mp_item_change(app, request, response, remove_share, &change, err);
}

static mp_code delete_share(void *app, mp_http_request *request, mp_http_response *response,
                            mp_error *err)
{
    mp_record share;
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_share_require(&share, app, request, NULL, id, err));
    return delete_one(app, request, response, &mp_share_kind, err);
}

static mp_code get_share(void *app, mp_http_request *request, mp_http_response *response,
                         mp_error *err)
{
    mp_record share;
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_share_require(&share, app, request, NULL, id, err));
    return mp_item_get(app, request, response, &mp_share_kind, id, err);
}

typedef struct renewing {
    mp_app *app;
    int64_t number;
} renewing;

static mp_code renew(mp_tx *tx, void *arg, mp_error *err)
{
    renewing *r = arg;
    return mp_share_key_renew(&r->number, tx, r->app, err);
}

static mp_code renew_key(void *app, mp_http_request *request, mp_http_response *response,
                         mp_error *err)
{
    renewing r = { .app = app };
    mp_jsonw w;
    MP_TRY(mp_app_write(app, request, response, renew, &r, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "number", r.number);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- stored policies ---- */

static const mp_kept_as policy_as = { .kind = &mp_share_policy_kind,
                                      .put = mp_share_policy_put,
                                      .path = "/api/v1/evidence-share-policies" };

static mp_code list_policies(void *app, mp_http_request *request, mp_http_response *response,
                             mp_error *err)
{
    return mp_list_answer(app, request, response, &(mp_listing){ .kind = &mp_share_policy_kind },
                          err);
}

static mp_code post_policy(void *app, mp_http_request *request, mp_http_response *response,
                           mp_error *err)
{
    return mp_item_create(app, request, response, &policy_as, err);
}

static mp_code put_policy(void *app, mp_http_request *request, mp_http_response *response,
                          mp_error *err)
{
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    return mp_item_replace(app, request, response, &policy_as, id, err);
}

static mp_code delete_policy(void *app, mp_http_request *request, mp_http_response *response,
                             mp_error *err)
{
    return delete_one(app, request, response, &mp_share_policy_kind, err);
}

/* ---- using a link ---- */

typedef struct using
{
    mp_app *app;
    mp_http_request *request;
    mp_share_link link;
    mp_share_use use;
    mp_str evidence; /* empty: the list */
    mp_record share, piece;
    mp_jsonw w;
}
using;

static mp_code read_piece(mp_record *out, mp_tx *tx, using *u, mp_str id, mp_error *err)
{
    return mp_record_get(out, tx, &mp_evidence_kind, id, 0, u->request->arena, err);
}

static mp_code write_pieces(mp_tx *tx, using *u, mp_error *err)
{
    static const char *const shown[] = { "title",  "fileName",  "mediaType",
                                         "sha256", "sizeBytes", "takenAt" };
    for (MP_JSON_EACH(id, mp_json_get(u->share.body, MP_S("evidence")))) {
        mp_record piece;
        mp_code code = read_piece(&piece, tx, u, mp_json_str(id), err);
        if (code == MP_MISSING) /* its time was over */
            continue;
        MP_TRY(code);
        mp_jsonw_object(&u->w);
        mp_jsonw_put_str(&u->w, "id", piece.key);
        for (size_t i = 0; i < MP_COUNT(shown); i++) {
            const mp_json *v = mp_json_get(piece.body, mp_str_from(shown[i]));
            if (v)
                mp_jsonw_put_value(&u->w, shown[i], v);
        }
        mp_jsonw_end(&u->w);
    }
    return MP_OK;
}

static mp_code open_share(mp_tx *tx, void *arg, mp_error *err)
{
    using *u = arg;
    MP_TRY(mp_share_open(&u->share, tx, u->app, &u->link, &u->use, u->request->arena, err));
    if (!u->evidence.len)
        return write_pieces(tx, u, err);
    if (!mp_share_has(&u->share, u->evidence))
        return mp_fail(err, MP_DENIED, MP_NOWHERE, "this link does not open it: %s",
                       "it is for other evidence");
    return read_piece(&u->piece, tx, u, u->evidence, err);
}

static mp_code use_link(using *u, mp_app *app, mp_http_request *request, char permission,
                        mp_error *err)
{
    mp_error why = { .code = MP_OK };
    u->app = app;
    u->request = request;
    u->use = (mp_share_use){ permission, request->started ? request->started : mp_clock_now(),
                             request->client, request->is_secure };
    if (mp_share_link_read(&u->link, request->query, request->query_count, &why) != MP_OK ||
        mp_item_guid(&u->link.share, request, "share", &why) != MP_OK)
        return mp_fail(err, MP_DENIED, MP_NOWHERE,
                       "this link is not valid: it was changed, taken back, or signed with a key "
                       "that was replaced");
    MP_TRY(mp_store_read(app->store, open_share, u, err));
    return mp_share_check_maker(app, &u->share, u->use.now, request->arena, err);
}

static mp_code list_shared(void *app, mp_http_request *request, mp_http_response *response,
                           mp_error *err)
{
    using u = { .app = app };
    mp_jsonw_init(&u.w, request->arena);
    mp_jsonw_object(&u.w);
    mp_jsonw_key(&u.w, MP_S("value"));
    mp_jsonw_array(&u.w);
    MP_TRY(use_link(&u, app, request, 'l', err));
    mp_jsonw_end(&u.w);
    mp_jsonw_end(&u.w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&u.w), err);
}

static mp_code read_shared(void *arg, mp_http_request *request, mp_http_response *response,
                           mp_error *err)
{
    mp_app *app = arg;
    using u = { .app = app };
    MP_TRY(mp_item_guid(&u.evidence, request, "evidence", err));
    MP_TRY(use_link(&u, app, request, 'r', err));
    return mp_send_evidence(app, request, response, &u.piece, err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "evidence-shares", .summary = "api.shares." name_
#define SHARED(path_, handler_, ...)                                                               \
    MP_ROUTE(MP_GET, "/shared" path_, MP_ANYONE, handler_, .face = &mp_face_api,                   \
             .rate = MP_RATE_SIGN_IN, .is_noted = true, PARAMS(link_params), __VA_ARGS__)

const mp_route mp_routes_shares[MP_ROUTES_SHARES] = {
    API(MP_GET, "/evidence-shares", MP_SIGNED_IN, list_shares, SUMMARY("list"), PARAMS(list_params),
        .answer = &shares_shape),
    API(MP_POST, "/evidence-shares", SHARES_WRITE, post_share, SUMMARY("add"),
        .scope = "{evidence.scope}", .body = &share_shape, .answer = &share_shape, .status = 201),
    API(MP_GET, "/evidence-shares/{id}", SHARES_READ, get_share, SUMMARY("get"),
        .scope = "{share.scopes}", .answer = &share_shape),
    API(MP_DELETE, "/evidence-shares/{id}", SHARES_DELETE, delete_share, SUMMARY("revoke"),
        .scope = "{share.scopes}", .status = 204),
    API(MP_POST, "/evidence-shares/renewKey", "Mapae.Evidence/shares/renewKey/action", renew_key,
        SUMMARY("renewKey"), .answer = &key_shape),
    API(MP_GET, "/evidence-share-policies", SHARES_READ, list_policies, SUMMARY("listPolicies"),
        PARAMS(policy_params), .answer = &policies_shape),
    API(MP_POST, "/evidence-share-policies", SHARES_WRITE, post_policy, SUMMARY("addPolicy"),
        .body = &policy_shape, .answer = &policy_shape, .status = 201),
    API(MP_PUT, "/evidence-share-policies/{id}", SHARES_WRITE, put_policy, SUMMARY("replacePolicy"),
        .body = &policy_shape, .answer = &policy_shape),
    API(MP_DELETE, "/evidence-share-policies/{id}", SHARES_DELETE, delete_policy,
        SUMMARY("deletePolicy"), .status = 204),
    SHARED("/{share}", list_shared, SUMMARY("useList"), .answer = &shared_list_shape),
    SHARED("/{share}/{evidence}", read_shared, SUMMARY("useFile")),
};
