/* SPDX-License-Identifier: Apache-2.0 */
#include "package.h"
#include "routes.h"
#include "secret.h"
#include "sent_file.h"
#include "settle.h"
#include "signed_in.h"
#include "stamping.h"

/* ---- shapes ---- */

static const mp_property head_members[] = {
    { "origin", MP_TYPE_STRING, .is_required = true, .doc = "api.ledger.origin" },
    { "size", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.ledger.size" },
    { "root", MP_TYPE_SHA256, .is_required = true, .doc = "api.ledger.root" },
    { "at", MP_TYPE_TIME, .doc = "api.ledger.at" },
};
static const mp_json_shape head_shape = { .name = "LedgerHead", .type = MP_TYPE_OBJECT, .doc = "api.ledger",
                                          MP_PROPERTIES(head_members) };

static const mp_json_shape text_shape = { .type = MP_TYPE_STRING, .max = 1048576, .doc = "api.ledger.text" };
static const mp_json_shape leaf_content_shape = { .name = "LeafContent", .type = MP_TYPE_OBJECT, .is_open = true,
                                                  .doc = "api.ledger.leafContent" };
static const mp_property leaf_members[] = {
    { "index", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.ledger.index" },
    { "hash", MP_TYPE_SHA256, .doc = "api.ledger.hash" },
    { "leaf", MP_TYPE_OBJECT, .shape = &leaf_content_shape, .may_be_null = true, .doc = "api.ledger.leafContent" },
    { "clear", MP_TYPE_OBJECT, .shape = &leaf_content_shape, .may_be_null = true, .doc = "api.ledger.clear" },
    { "openings", MP_TYPE_OBJECT, .shape = &leaf_content_shape, .may_be_null = true, .doc = "api.ledger.openings" },
};
static const mp_json_shape leaf_shape = { .name = "Leaf", .type = MP_TYPE_OBJECT, .doc = "api.ledger.leaf",
                                          MP_PROPERTIES(leaf_members) };
MP_LIST_SHAPE(leaves_shape, leaf_shape);

static const mp_json_shape hash_shape = { .type = MP_TYPE_SHA256, .doc = "api.ledger.hash" };
static const mp_property proof_members[] = {
    { "hashes", MP_TYPE_ARRAY, .is_required = true, .shape = &hash_shape, .max = 64, .doc = "api.ledger.proofHashes" },
};
static const mp_json_shape proof_shape = { .name = "Proof", .type = MP_TYPE_OBJECT, .doc = "api.ledger.proof",
                                           MP_PROPERTIES(proof_members) };

/* What was counted, where it holds; what is wrong, where it does not. */
static const char *const report_codes[] = { "damaged", NULL };
static const mp_property report_members[] = {
    { "holds", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.ledger.holds" },
    { "code", MP_TYPE_STRING, .values = report_codes, .doc = "api.ledger.wrongCode" },
    { "detail", MP_TYPE_STRING, .doc = "api.ledger.wrongDetail" },
    { "size", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.ledger.size" },
    { "checked", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.ledger.checked" },
    { "pruned", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.ledger.pruned" },
    { "sealed", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.ledger.sealed" },
    { "keys", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.ledger.keyCount" },
    { "stamps", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.ledger.stampCount" },
    { "records", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.ledger.recordCount" },
};
static const mp_json_shape report_shape = { .name = "LedgerReport", .type = MP_TYPE_OBJECT,
                                            .doc = "api.ledger.report", MP_PROPERTIES(report_members) };

static const mp_property stamp_members[] = {
    { "size", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.ledger.stampSize" },
    { "at", MP_TYPE_TIME, .is_required = true, .doc = "api.ledger.stampAt" },
    { "authority", MP_TYPE_STRING, .is_required = true, .doc = "api.ledger.authority" },
    { "checkpoint", MP_TYPE_STRING, .max = 65536, .doc = "api.ledger.stampText" },
    { "answer", MP_TYPE_STRING, .max = 1048576, .doc = "api.ledger.stampAnswer" },
    { "ca", MP_TYPE_STRING, .max = 1048576, .doc = "api.ledger.stampCa" },
};
static const mp_json_shape stamp_shape = { .name = "Stamp", .type = MP_TYPE_OBJECT, .doc = "api.ledger.stamp",
                                           MP_PROPERTIES(stamp_members) };
MP_LIST_SHAPE(stamps_shape, stamp_shape);

static const mp_json_shape index_shape = { .type = MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.ledger.index" };
static const mp_json_shape id_shape = { .type = MP_TYPE_GUID, .doc = "api.member.id" };
static const mp_json_shape name_shape = { .type = MP_TYPE_STRING, .min = 1, .max = 64, .doc = "api.package.open" };
/* What is shown by the API anyway; credentials, sessions and keys are not. */
static const char *const kind_names[] = { "user", "group", "program", "role", "role-assignment", "subscription",
                                          "management-group", "identity-provider",
                                          "evidence", NULL };
static const mp_json_shape kind_shape = { .type = MP_TYPE_STRING, .values = kind_names, .doc = "api.package.kind" };
static const mp_property package_members[] = {
    { "leaves", MP_TYPE_ARRAY, .shape = &index_shape, .max = MP_PACKAGE_LEAVES_MAX, .doc = "api.package.leaves" },
    { "evidence", MP_TYPE_ARRAY, .shape = &id_shape, .max = 1000, .doc = "api.package.evidence" },
    { "opens", MP_TYPE_ARRAY, .shape = &name_shape, .max = 64, .doc = "api.package.opens" },
    { "kinds", MP_TYPE_ARRAY, .shape = &kind_shape, .max = MP_COUNT(kind_names) - 1, .doc = "api.package.kinds" },
    { "since", MP_TYPE_STRING, .max = 4096, .doc = "api.package.since" },
    { "stamps", MP_TYPE_BOOLEAN, .doc = "api.package.stamps" },
};
static const mp_json_shape package_shape = { .name = "PackageRequest", .type = MP_TYPE_OBJECT, .doc = "api.package",
                                             MP_PROPERTIES(package_members) };

static const char *const outcomes[] = { "done", "refused", "failed", NULL };
static const mp_param leaf_params[] = {
    MP_PAGE_PARAMS,
    { .name = "actor", .type = MP_TYPE_STRING, .doc = "api.ledger.actor" },
    { .name = "action", .type = MP_TYPE_STRING, .doc = "api.ledger.action" },
    { .name = "on", .type = MP_TYPE_STRING, .doc = "api.ledger.on" },
    { .name = "request", .type = MP_TYPE_GUID, .doc = "api.ledger.request" },
    { .name = "outcome", .type = MP_TYPE_STRING, .doc = "api.ledger.outcome", .values = outcomes },
    { .name = "from", .type = MP_TYPE_TIME, .doc = "api.ledger.from" },
    { .name = "to", .type = MP_TYPE_TIME, .doc = "api.ledger.to" },
};
static const mp_param inclusion_params[] = {
    { .name = "index", .type = MP_TYPE_INTEGER, .doc = "api.ledger.index", .max = INT64_MAX, .is_required = true },
    { .name = "size", .type = MP_TYPE_INTEGER, .doc = "api.ledger.proofSize", .max = INT64_MAX },
};
static const mp_param consistency_params[] = {
    { .name = "from", .type = MP_TYPE_INTEGER, .doc = "api.ledger.proofFrom", .max = INT64_MAX, .is_required = true },
    { .name = "to", .type = MP_TYPE_INTEGER, .doc = "api.ledger.proofSize", .max = INT64_MAX },
};
static const mp_param stamp_params[] = {
    { .name = "top", .type = MP_TYPE_INTEGER, .doc = "api.param.top", .min = 1, .max = 1000 },
    { .name = "from", .type = MP_TYPE_INTEGER, .doc = "api.ledger.stampFrom", .max = INT64_MAX },
};

/* ---- the head ---- */

static mp_code respond_text(mp_http_request *request, mp_http_response *response, mp_buf *text, mp_code code,
                            const char *type, mp_error *err)
{
    if (code == MP_OK)
        code = mp_buf_check(text, err);
    mp_str copy = code == MP_OK ? mp_arena_dup(request->arena, mp_buf_str(text)) : mp_str_of(NULL, 0);
    mp_buf_free(text);
    MP_TRY(code);
    if (!copy.ptr)
        return mp_no_memory(err);
    response->content_type = type;
    response->body = copy;
    return MP_OK;
}

static mp_str hex_of(mp_arena *arena, const uint8_t *bytes, size_t len)
{
    char *text = mp_arena_alloc(arena, 2 * len + 1);
    if (!text)
        return mp_str_of(NULL, 0);
    mp_hex(text, bytes, len);
    return mp_str_of(text, 2 * len);
}

/* The first line of a checkpoint is the log's name. */
static mp_code origin_of(mp_str *out, mp_app *app, mp_arena *arena, mp_error *err)
{
    mp_buf  text = MP_BUF_INIT;
    mp_code code = mp_ledger_checkpoint(&text, app->ledger, err);
    if (code == MP_OK)
        code = mp_buf_check(&text, err);
    if (code == MP_OK) {
        mp_str all = mp_buf_str(&text);
        size_t line = mp_str_find(all, '\n');
        *out = mp_arena_dup(arena, mp_str_of(all.ptr, line == SIZE_MAX ? all.len : line));
        code = out->ptr ? MP_OK : mp_no_memory(err);
    }
    mp_buf_free(&text);
    return code;
}

static mp_code get_head(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app        *app = arg;
    mp_ledger_head head = mp_ledger_now(app->ledger);
    mp_str         origin;
    mp_jsonw       w;
    MP_TRY(origin_of(&origin, app, request->arena, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "origin", origin);
    mp_jsonw_put_int(&w, "size", (int64_t)head.size);
    mp_jsonw_put_str(&w, "root", hex_of(request->arena, head.root, sizeof head.root));
    mp_jsonw_put_str(&w, "at", mp_time_of(request->arena, head.at));
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code get_checkpoint(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    mp_buf  text = MP_BUF_INIT;
    mp_code code = mp_ledger_checkpoint(&text, app->ledger, err);
    return respond_text(request, response, &text, code, "text/plain; charset=utf-8", err);
}

static mp_code get_keys(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    mp_buf  text = MP_BUF_INIT;
    mp_code code = mp_ledger_keys(&text, app->ledger, err);
    return respond_text(request, response, &text, code, "text/plain; charset=utf-8", err);
}

static mp_code get_file(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    mp_str  path = mp_http_param(request, "path");
    mp_buf  bytes = MP_BUF_INIT;
    mp_code code = mp_ledger_file(&bytes, app->ledger, path, err);
    bool    is_text = mp_str_eq(path, MP_S("checkpoint"));
    return respond_text(request, response, &bytes, code,
                        is_text ? "text/plain; charset=utf-8" : "application/octet-stream", err);
}

/* ---- leaves ---- */

/* A leaf's text as a value; null where retention has removed it. */
static mp_code put_leaf(mp_jsonw *w, mp_json_doc *doc, mp_str text, mp_arena *arena, mp_error *err)
{
    const mp_json *root = NULL;
    mp_jsonw_key(w, MP_S("leaf"));
    if (text.len == 0) {
        mp_jsonw_null(w);
        return MP_OK;
    }
    MP_TRY(mp_json_read(doc, &root, text, NULL, NULL, err));
    const mp_json *kept = mp_arena_keep_json(arena, root, text);
    if (!kept)
        return mp_no_memory(err);
    mp_jsonw_value(w, kept);
    return MP_OK;
}

static int outcome_of(mp_str name)
{
    for (int i = 0; outcomes[i]; i++)
        if (mp_str_eq(name, mp_str_from(outcomes[i])))
            return i;
    return -1;
}

static mp_code write_leaves(mp_jsonw *w, const mp_ledger_entry *entries, size_t count, mp_arena *arena, mp_error *err)
{
    mp_json_doc *doc = NULL;
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_code code = MP_OK;
    for (size_t i = 0; i < count && code == MP_OK; i++) {
        mp_jsonw_object(w);
        mp_jsonw_put_int(w, "index", (int64_t)entries[i].index);
        code = put_leaf(w, doc, entries[i].text, arena, err);
        mp_jsonw_end(w);
    }
    mp_json_doc_free(doc);
    return code;
}

static mp_code list_leaves(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app          *app = arg;
    mp_ledger_query  query = {
        .actor = mp_http_query(request, MP_S("actor")),
        .action = mp_http_query(request, MP_S("action")),
        .on = mp_http_query(request, MP_S("on")),
        .request = mp_http_query(request, MP_S("request")),
        .outcome = outcome_of(mp_http_query(request, MP_S("outcome"))),
    };
    mp_ledger_entry *entries;
    size_t           count;
    uint64_t         next;
    mp_jsonw         w;
    MP_TRY(mp_query_time(&query.from, request, MP_S("from"), err));
    MP_TRY(mp_query_time(&query.to, request, MP_S("to"), err));
    MP_TRY(mp_query_number(&query.before, request, MP_S("after"), err));
    MP_TRY(mp_list_top(&query.limit, request, 100, err));
    MP_TRY(mp_ledger_search(&entries, &count, &next, app->ledger, &query, request->arena, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    MP_TRY(write_leaves(&w, entries, count, request->arena, err));
    mp_jsonw_end(&w);
    if (next)
        mp_jsonw_put_str(&w, "next", mp_arena_printf(request->arena, "%llu", (unsigned long long)next));
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code index_of(uint64_t *out, const mp_http_request *request, mp_error *err)
{
    mp_str text = mp_http_param(request, "index");
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || text.len > 18)
            return mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no leaf of this index");
        *out = *out * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return MP_OK;
}

static mp_code respond_leaf(mp_app *app, mp_http_request *request, mp_http_response *response, bool reveals,
                            mp_error *err)
{
    uint64_t       index;
    mp_str         text;
    uint8_t        hash[MP_LEDGER_HASH];
    const mp_json *clear = NULL, *openings = NULL;
    mp_json_doc   *doc = NULL;
    mp_jsonw       w;
    MP_TRY(index_of(&index, request, err));
    MP_TRY(mp_ledger_leaf(&text, hash, reveals ? &clear : NULL, app->ledger, index, request->arena, err));
    if (reveals)
        MP_TRY(mp_ledger_openings(&openings, app->ledger, index, request->arena, err));
    MP_TRY(mp_json_doc_new(&doc, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "index", (int64_t)index);
    mp_jsonw_put_str(&w, "hash", hex_of(request->arena, hash, sizeof hash));
    mp_code code = put_leaf(&w, doc, text, request->arena, err);
    mp_json_doc_free(doc);
    MP_TRY(code);
    if (reveals) {
        mp_jsonw_put_value(&w, "clear", clear);
        mp_jsonw_put_value(&w, "openings", openings);
    }
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code get_leaf(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return respond_leaf(app, request, response, false, err);
}

/* What was sealed names people: it has a right of its own, and a leaf. */
static mp_code reveal_leaf(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return respond_leaf(app, request, response, true, err);
}

/* ---- proofs ---- */

static mp_code respond_proof(mp_http_request *request, mp_http_response *response, const mp_proof *proof, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("hashes"));
    mp_jsonw_array(&w);
    for (unsigned i = 0; i < proof->count; i++)
        mp_jsonw_str(&w, hex_of(request->arena, proof->hashes[i], MP_LEDGER_HASH));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code prove_inclusion(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = arg;
    uint64_t index = 0, size = mp_ledger_now(app->ledger).size;
    mp_proof proof;
    MP_TRY(mp_query_number(&index, request, MP_S("index"), err));
    MP_TRY(mp_query_number(&size, request, MP_S("size"), err));
    MP_TRY(mp_ledger_inclusion(&proof, app->ledger, index, size, err));
    return respond_proof(request, response, &proof, err);
}

static mp_code prove_consistency(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = arg;
    uint64_t from = 0, to = mp_ledger_now(app->ledger).size;
    mp_proof proof;
    MP_TRY(mp_query_number(&from, request, MP_S("from"), err));
    MP_TRY(mp_query_number(&to, request, MP_S("to"), err));
    MP_TRY(mp_ledger_consistency(&proof, app->ledger, from, to, err));
    return respond_proof(request, response, &proof, err);
}

/* That it does not hold is what was asked: an answer, not a failure. The sentence is for whoever may have the
 * log checked. */
static mp_code respond_wrong(mp_http_request *request, mp_http_response *response, const mp_error *why, mp_error *err)
{
    mp_jsonw w;
    mp_buf   text = MP_BUF_INIT;
    mp_say_error(&text, request->lang, why);
    mp_str detail = text.failed ? mp_str_of(NULL, 0) : mp_arena_dup(request->arena, mp_buf_str(&text));
    mp_buf_free(&text);
    if (!detail.ptr)
        return mp_no_memory(err);
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_bool(&w, "holds", false);
    mp_jsonw_put_str(&w, "code", mp_str_from(mp_code_name(why->code)));
    mp_jsonw_put_str(&w, "detail", detail);
    mp_jsonw_end(&w);
    mp_respond_header(response, MP_S("content-language"), mp_str_from(mp_lang_name(request->lang)));
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code verify(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app          *app = arg;
    mp_ledger_report report;
    mp_error         why = { .code = MP_OK };
    mp_code          code = mp_ledger_verify(&report, app->ledger, NULL, NULL, &why);
    if (code == MP_DAMAGED)
        return respond_wrong(request, response, &why, err);
    if (code != MP_OK) {
        *err = why;
        return code;
    }
    return mp_respond_json(request, response, 200, mp_app_report(request->arena, &report), err);
}

static mp_code rotate(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    mp_leaf leaf;
    MP_TRY(mp_leaf_of(&leaf, request, MP_OUTCOME_DONE, err));
    leaf.status = 200;
    MP_TRY(mp_ledger_rotate(app->ledger, &leaf, err));
    response->is_noted = true;
    return get_keys(app, request, response, err);
}

/* ---- stamps ---- */

static void write_stamp(mp_jsonw *w, const mp_stamp *stamp, mp_arena *arena)
{
    mp_jsonw_object(w);
    mp_jsonw_put_int(w, "size", (int64_t)stamp->size);
    const mp_pair texts[] = {
        { MP_S("at"), mp_time_of(arena, stamp->at) },
        { MP_S("authority"), stamp->authority },
        { MP_S("checkpoint"), stamp->checkpoint },
        { MP_S("answer"), mp_base64(arena, stamp->answer) },
        { MP_S("ca"), stamp->ca },
    };
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        mp_jsonw_key(w, texts[i].name);
        mp_jsonw_str(w, texts[i].value);
    }
    mp_jsonw_end(w);
}

static mp_code list_stamps(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app   *app = arg;
    mp_stamp *stamps;
    size_t    count;
    uint64_t  from = 0;
    uint32_t  top;
    mp_jsonw  w;
    MP_TRY(mp_query_number(&from, request, MP_S("from"), err));
    MP_TRY(mp_list_top(&top, request, 100, err));
    MP_TRY(mp_stamp_list(&stamps, &count, app->store, from, top, request->arena, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < count; i++)
        write_stamp(&w, &stamps[i], request->arena);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code take_stamp(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app  *app = arg;
    mp_stamp stamp;
    mp_jsonw w;
    MP_TRY(mp_stamp_take(&stamp, app->store, app->ledger, &MP_STAMP_OPTIONS(app->config), request->arena, err));
    mp_str place = mp_arena_printf(request->arena, "/api/v1/ledger/stamps?from=%llu", (unsigned long long)stamp.size);
    if (!place.ptr)
        return mp_no_memory(err);
    mp_respond_header(response, MP_S("location"), place);
    mp_jsonw_init(&w, request->arena);
    write_stamp(&w, &stamp, request->arena);
    return mp_respond_json(request, response, 201, mp_jsonw_done(&w), err);
}

/* ---- packages ---- */

static const mp_json *array_of(const mp_json *object, mp_str name, size_t *count)
{
    const mp_json *v = mp_json_get(object, name);
    *count = mp_json_is(v, MP_JSON_ARRAY) ? v->count : 0;
    return *count ? v : NULL;
}

static mp_code texts_of(const mp_str **out, size_t *count, const mp_json *object, mp_str name, mp_arena *arena,
                        mp_error *err)
{
    const mp_json *array = array_of(object, name, count);
    *out = NULL;
    if (!array)
        return MP_OK;
    mp_str *texts = MP_ARENA_ARRAY(arena, mp_str, *count);
    if (!texts)
        return mp_no_memory(err);
    size_t n = 0;
    for (MP_JSON_EACH(one, array))
        texts[n++] = mp_json_str(one);
    *out = texts;
    return MP_OK;
}

static mp_code leaves_of(mp_package_request *out, const mp_json *object, mp_arena *arena, mp_error *err)
{
    const mp_json *array = array_of(object, MP_S("leaves"), &out->leaf_count);
    if (!array)
        return MP_OK;
    uint64_t *indexes = MP_ARENA_ARRAY(arena, uint64_t, out->leaf_count);
    if (!indexes)
        return mp_no_memory(err);
    size_t n = 0;
    for (MP_JSON_EACH(one, array))
        indexes[n++] = (uint64_t)one->u.integer;
    out->leaves = indexes;
    return MP_OK;
}

/* To open what is sealed takes the right to see it, beside that of making packages. */
static mp_code read_package(mp_package_request *out, mp_app *app, mp_http_request *request, mp_error *err)
{
    const mp_json *json = request->json, *stamps = mp_json_get(json, MP_S("stamps"));
    *out = (mp_package_request){ .since = mp_json_get_text(json, "since"),
            .stamps = mp_json_is_true(stamps) };
    MP_TRY(leaves_of(out, json, request->arena, err));
    MP_TRY(texts_of(&out->evidence, &out->evidence_count, json, MP_S("evidence"), request->arena, err));
    MP_TRY(texts_of(&out->opens, &out->open_count, json, MP_S("opens"), request->arena, err));
    MP_TRY(texts_of(&out->kinds, &out->kind_count, json, MP_S("kinds"), request->arena, err));
    if (out->open_count)
        MP_TRY(mp_app_require(app, request, "Mapae.Ledger/leaves/reveal/action", MP_S("/"), err));
    return MP_OK;
}

static mp_code make_package(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app            *app = arg;
    mp_package_request asked;
    mp_package_written written;
    char               path[4096];
    int                fd;
    MP_TRY(read_package(&asked, app, request, err));
    MP_TRY(mp_outgoing_path(path, app, ".tar", err));
    MP_TRY(mp_package_write(&written, app->store, app->ledger, &asked, path, err));
    MP_TRY(mp_outgoing_open(&fd, path, err));
    mp_respond_header(response, MP_S("x-content-sha256"),
                      hex_of(request->arena, written.digest, sizeof written.digest));
    return mp_respond_file(request, response, fd, "application/x-tar", "mapae-package.tar", err);
}

#define SUMMARY(name_) .tag = "ledger", .summary = "api.ledger." name_

const mp_route mp_routes_ledger[] = {
    API(MP_GET, "/ledger", "Mapae.Ledger/leaves/read", get_head, SUMMARY("head"), .answer = &head_shape),
    API(MP_GET, "/ledger/checkpoint", "Mapae.Ledger/leaves/read", get_checkpoint, SUMMARY("getCheckpoint"),
        .answer = &text_shape),
    API(MP_GET, "/ledger/keys", "Mapae.Ledger/leaves/read", get_keys, SUMMARY("getKeys"), .answer = &text_shape),
    API(MP_GET, "/ledger/leaves", "Mapae.Ledger/leaves/read", list_leaves, SUMMARY("listLeaves"), PARAMS(leaf_params),
        .answer = &leaves_shape),
    API(MP_GET, "/ledger/leaves/{index}", "Mapae.Ledger/leaves/read", get_leaf, SUMMARY("getLeaf"),
        .answer = &leaf_shape),
    API(MP_POST, "/ledger/leaves/{index}/reveal", "Mapae.Ledger/leaves/reveal/action", reveal_leaf,
        SUMMARY("revealLeaf"), .answer = &leaf_shape),
    API(MP_GET, "/ledger/proofs/inclusion", "Mapae.Ledger/leaves/read", prove_inclusion, SUMMARY("proveInclusion"),
        PARAMS(inclusion_params),
        .answer = &proof_shape),
    API(MP_GET, "/ledger/proofs/consistency", "Mapae.Ledger/leaves/read", prove_consistency,
        SUMMARY("proveConsistency"), PARAMS(consistency_params),
        .answer = &proof_shape),
    API(MP_GET, "/ledger/files/{path...}", "Mapae.Ledger/leaves/read", get_file, SUMMARY("getFile")),
    API(MP_POST, "/ledger/verify", "Mapae.Ledger/verify/action", verify, SUMMARY("verify"), .answer = &report_shape,
        .rate = MP_RATE_HEAVY),
    API(MP_POST, "/ledger/rotate", "Mapae.Ledger/rotate/action", rotate, SUMMARY("rotate"), .answer = &text_shape),
    API(MP_GET, "/ledger/stamps", "Mapae.Ledger/stamps/read", list_stamps, SUMMARY("listStamps"),
        PARAMS(stamp_params), .answer = &stamps_shape),
    API(MP_POST, "/ledger/stamps", "Mapae.Ledger/stamps/write", take_stamp, SUMMARY("takeStamp"),
        .answer = &stamp_shape, .status = 201,
        .rate = MP_RATE_HEAVY),
    API(MP_POST, "/ledger/packages", "Mapae.Ledger/packages/action", make_package, SUMMARY("makePackage"),
        .body = &package_shape, .rate = MP_RATE_HEAVY,
        .is_noted = true),
};
