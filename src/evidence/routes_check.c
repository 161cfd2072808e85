/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: is every file of evidence still what its record says? The log proves the records; this is about the bytes. */
#include "evidence_routes.h"

#include "evidence.h"
#include "guard.h"
#include "messages.h"
#include "routes.h"

#define CHECK "Mapae.Ledger/verify/action" /* whoever may check the log */
#define TOLD_MOST 1000 /* records that are named; all are counted */

static const mp_property wrong_members[] = {
    { "id", MP_TYPE_GUID, .is_required = true, .doc = "api.member.id" },
    { "sha256", MP_TYPE_STRING, .max = 64, .doc = "api.evidence.sha256" },
    { "code", MP_TYPE_STRING, .is_required = true, .doc = "api.check.code" },
    { "detail", MP_TYPE_STRING, .is_required = true, .doc = "api.check.detail" },
};
static const mp_json_shape wrong_shape = { .name = "EvidenceFault",
                                           .type = MP_TYPE_OBJECT,
                                           .doc = "api.check.fault",
                                           MP_PROPERTIES(wrong_members) };
static const mp_property check_members[] = {
    { "holds", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.check.holds" },
    { "records", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.check.records" },
    { "files", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.check.files" },
    { "bytes", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.check.bytes" },
    { "wrong", MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = "api.check.wrong" },
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &wrong_shape, .max = TOLD_MOST, .doc = "api.check.value" },
};
static const mp_json_shape check_shape = { .name = "EvidenceCheck",
                                           .type = MP_TYPE_OBJECT,
                                           .doc = "api.check.answer",
                                           MP_PROPERTIES(check_members) };

typedef struct checking {
    mp_http_request *request;
    size_t told;
    mp_jsonw w;
} checking;

static mp_code tell(void *ctx, const mp_record *record, const mp_error *why, mp_error *err)
{
    checking *c = ctx;
    mp_arena *arena = c->request->arena;
    mp_buf text = MP_BUF_INIT;
    if (c->told++ >= TOLD_MOST)
        return MP_OK;
    mp_say_error(&text, c->request->lang, why);
    const mp_str detail = text.failed ? mp_str_of(NULL, 0) : mp_arena_dup(arena, mp_buf_str(&text)),
                 id = mp_arena_dup(arena, record->key),
                 sha256 = mp_arena_dup(arena, mp_json_get_text(record->body, "sha256"));
    mp_buf_free(&text);
    if (!detail.ptr || !id.ptr)
        return mp_no_memory(err);
    mp_jsonw_object(&c->w);
    mp_jsonw_put_str(&c->w, "id", id);
    mp_jsonw_put_filled(&c->w, "sha256", sha256);
    mp_jsonw_put_str(&c->w, "code", mp_str_from(mp_code_name(why->code)));
    mp_jsonw_put_str(&c->w, "detail", detail);
    mp_jsonw_end(&c->w);
    return MP_OK;
}

/* That something does not hold is what was asked: an answer, not a failure. */
static mp_code check_files(void *arg, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app *app = arg;
    checking c = { .request = request };
    mp_evidence_checked found;
    mp_jsonw_init(&c.w, request->arena);
    mp_jsonw_object(&c.w);
    mp_jsonw_key(&c.w, MP_S("value"));
    mp_jsonw_array(&c.w);
    MP_TRY(mp_evidence_verify(&found, app->store, tell, &c, err));
    mp_jsonw_end(&c.w);
    mp_jsonw_put_bool(&c.w, "holds", found.wrong == 0);
    mp_jsonw_put_int(&c.w, "records", (int64_t)found.records);
    mp_jsonw_put_int(&c.w, "files", (int64_t)found.files);
    mp_jsonw_put_int(&c.w, "bytes", (int64_t)found.bytes);
    mp_jsonw_put_int(&c.w, "wrong", (int64_t)found.wrong);
    mp_jsonw_end(&c.w);
    mp_respond_header(response, MP_S("content-language"), mp_str_from(mp_lang_name(request->lang)));
    return mp_respond_json(request, response, 200, mp_jsonw_done(&c.w), err);
}

const mp_route mp_routes_check[MP_ROUTES_CHECK] = {
    API(MP_POST, "/evidence-files/verify", CHECK, check_files, .tag = "evidence", .summary = "api.check.verify",
        .answer = &check_shape, .rate = MP_RATE_HEAVY, .is_noted = true),
};
