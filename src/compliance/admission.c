/* SPDX-License-Identifier: Apache-2.0 */
#include "admission.h"

#include "cloud_place.h"
#include "gate.h"
#include "jsonw.h"
#include "kubernetes.h"

#define WARNING_MAX 256 /* what a cluster shows of one (Kubernetes, "Dynamic Admission Control", Response) */
#define WARNINGS_MAX 16 /* and all of them have 4,096 bytes */

static mp_str text_of(const mp_json *object, const char *name)
{
    const mp_json *v = mp_json_get(object, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* ---- the answer ---- */

static void add_warning(mp_jsonw *w, mp_str text)
{
    size_t len = text.len < WARNING_MAX ? text.len : WARNING_MAX;
    while (len < text.len && len && ((unsigned char)text.ptr[len] & 0xC0) == 0x80)
        len--; /* not within a character */
    mp_jsonw_str(w, mp_str_of(text.ptr, len));
}

static void add_warnings(mp_jsonw *w, const mp_gate_result *result)
{
    size_t count = 0;
    if (!result->audits && !result->is_changed_by_policy)
        return;
    mp_jsonw_key(w, MP_S("warnings"));
    mp_jsonw_array(w);
    if (result->is_changed_by_policy)
        add_warning(w, MP_S("Mapae: policy would change this object; this webhook only validates"));
    for (MP_JSON_EACH(audit, result->audits)) {
        const mp_json *info = mp_json_get(audit, MP_S("info"));
        mp_str policy = text_of(info, "policyDefinitionDisplayName"),
               assignment = text_of(info, "policyAssignmentName");
        policy = policy.len ? policy : text_of(info, "policyDefinitionName");
        mp_str text = mp_arena_printf(w->arena, "Mapae: against policy '%.*s' (assignment '%.*s')", MP_FMT(policy),
                                      MP_FMT(assignment));
        w->failed = w->failed || !text.ptr;
        if (text.ptr && count++ < WARNINGS_MAX)
            add_warning(w, text);
    }
    mp_jsonw_end(w);
}

static void add_refusal(mp_jsonw *w, mp_str message)
{
    mp_jsonw_key(w, MP_S("status"));
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "status", MP_S("Failure"));
    mp_jsonw_put_str(w, "message", message);
    mp_jsonw_put_str(w, "reason", MP_S("Forbidden"));
    mp_jsonw_put_int(w, "code", 403);
    mp_jsonw_end(w);
}

/* `result` NULL: policy was not asked. */
static mp_code write_answer(const mp_json **out, mp_str uid, const mp_gate_result *result, bool is_refused,
                            mp_arena *arena, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "apiVersion", MP_S("admission.k8s.io/v1"));
    mp_jsonw_put_str(&w, "kind", MP_S("AdmissionReview"));
    mp_jsonw_key(&w, MP_S("response"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "uid", uid);
    mp_jsonw_put_bool(&w, "allowed", !is_refused);
    if (is_refused)
        add_refusal(&w, result->refusal);
    if (result)
        add_warnings(&w, result);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    *out = mp_jsonw_done(&w);
    return *out ? MP_OK : mp_no_memory(err);
}

/* ---- the question ---- */

static mp_code check(const mp_json *review, mp_error *err)
{
    if (!mp_str_eq(text_of(review, "kind"), MP_S("AdmissionReview")) ||
        !mp_str_eq(text_of(review, "apiVersion"), MP_S("admission.k8s.io/v1")))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "wanted is an AdmissionReview of admission.k8s.io/v1");
    if (!text_of(mp_json_get(review, MP_S("request")), "uid").len)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the AdmissionReview has no request.uid");
    return MP_OK;
}

static bool has_object(const mp_json *request)
{
    mp_str operation = text_of(request, "operation");
    return mp_str_eq(operation, MP_S("CREATE")) || mp_str_eq(operation, MP_S("UPDATE"));
}

static mp_code not_stored(void *ctx, mp_tx_fn fn, void *arg, mp_error *err)
{
    (void)ctx;
    (void)fn;
    (void)arg;
    return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "an admission stores nothing");
}

static mp_code decide(mp_gate_result *result, mp_compliance *compliance, const mp_admission *asked, mp_arena *arena,
                      mp_error *err)
{
    mp_resource resource;
    mp_place    place;
    MP_TRY(mp_admission_read(&resource, asked->review, arena, err));
    const mp_json *document = mp_cloud_document(&resource, arena);
    if (!document)
        return mp_no_memory(err);
    mp_cloud_resource of = { .id = resource.id, .type = resource.type, .document = document, .source = asked->source };
    mp_cloud_place    where;
    MP_TRY(mp_cloud_place_of(&where, &of, arena, err));
    MP_TRY(mp_place_of(&place, where.id, arena, err));
    mp_gate_request r = { .act = MP_GATE_TRY,
                          .place = &place,
                          .body = document,
                          .by = asked->by,
                          .by_kind = asked->by_kind,
                          .source = asked->source,
                          .expected = MP_ANY_VERSION,
                          .write = not_stored };
    return mp_gate_write(result, compliance, &r, arena, err);
}

mp_code mp_admission_decide(const mp_json **answer, bool *is_refused, mp_compliance *compliance,
                            const mp_admission *asked, mp_arena *arena, mp_error *err)
{
    const mp_json *request = mp_json_get(asked->review, MP_S("request"));
    mp_gate_result result = { .is_new = false };
    mp_error       why = { .code = MP_OK };
    *is_refused = false;
    MP_TRY(check(asked->review, err));
    if (!has_object(request))
        return write_answer(answer, text_of(request, "uid"), NULL, false, arena, err);
    mp_code code = decide(&result, compliance, asked, arena, &why);
    *is_refused = code == MP_DENIED && result.violations;
    if (code == MP_OK || *is_refused)
        return write_answer(answer, text_of(request, "uid"), &result, *is_refused, arena, err);
    if (err)
        *err = why;
    return code;
}
