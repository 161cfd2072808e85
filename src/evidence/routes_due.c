/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: who is to renew what by when, as a list and as a calendar; and which controls one
 * piece answers. */
#include "evidence_routes.h"

#include "evidence_due.h"
#include "evidence_rights.h"
#include "evidence_seen.h"
#include "framework_show.h"
#include "guard.h"
#include "routes.h"
#include "time_put.h"

#define LINKS_READ "Mapae.Evidence/links/read"
#define DUE_DAYS 30

/* ---- shapes ---- */

static const mp_json_shape words_shape = {
    .name = "Words", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.controls.words"
};
static const mp_property line_members[] = {
    { "framework", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.framework" },
    { "control", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.control" },
    { "label", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.label" },
    { "title", MP_TYPE_OBJECT, .shape = &words_shape, .doc = "api.due.title" },
    { "kind", MP_TYPE_STRING, .doc = "api.evidence.kind" },
    { "name", MP_TYPE_OBJECT, .shape = &words_shape, .doc = "api.links.ruleName" },
    { "every", MP_TYPE_STRING, .doc = "api.evidence.every" },
    { "freshness", MP_TYPE_STRING, .is_required = true, .values = mp_freshness_names,
      .doc = "api.links.freshness" },
    { "until", MP_TYPE_TIME, .doc = "api.due.until" },
    { "owner", MP_TYPE_STRING, .doc = "api.due.owner" },
    { "evidence", MP_TYPE_GUID, .doc = "api.due.evidence" },
    { "evidenceTitle", MP_TYPE_STRING, .doc = "api.evidence.title" },
};
static const mp_json_shape line_shape = { .name = "EvidenceDue",
                                          .type = MP_TYPE_OBJECT,
                                          .doc = "api.due.line",
                                          MP_PROPERTIES(line_members) };
static const mp_property lines_members[] = {
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &line_shape, .max = 100000,
      .doc = "api.list.value" },
};
static const mp_json_shape lines_shape = { .type = MP_TYPE_OBJECT,
                                           .doc = "api.list",
                                           MP_PROPERTIES(lines_members) };
static const mp_param due_params[] = {
    { .name = "framework", .type = MP_TYPE_STRING, .max = 100, .doc = "api.due.framework" },
    { .name = "measure",
      .type = MP_TYPE_STRING,
      .max = MP_MEASURE_ID_MAX,
      .doc = "api.links.measure" },
    { .name = "owner", .type = MP_TYPE_STRING, .max = 200, .doc = "api.due.owner" },
    { .name = "within", .type = MP_TYPE_STRING, .max = 10, .doc = "api.due.within" },
};
static const mp_property reused_members[] = {
    { "framework", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.framework" },
    { "control", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.control" },
    { "label", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.label" },
    { "title", MP_TYPE_OBJECT, .shape = &words_shape, .doc = "api.due.title" },
    { "freshness", MP_TYPE_STRING, .is_required = true, .values = mp_freshness_names,
      .doc = "api.links.freshness" },
    { "until", MP_TYPE_TIME, .doc = "api.links.until" },
    { "mapped", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.due.mapped" },
};
static const mp_json_shape reused_shape = { .name = "EvidenceReuse",
                                            .type = MP_TYPE_OBJECT,
                                            .doc = "api.due.reused",
                                            MP_PROPERTIES(reused_members) };
static const mp_property reuse_members[] = {
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &reused_shape, .max = 100000,
      .doc = "api.list.value" },
};
static const mp_json_shape reuse_shape = { .type = MP_TYPE_OBJECT,
                                           .doc = "api.list",
                                           MP_PROPERTIES(reuse_members) };

/* ---- words ---- */

static void put_end(mp_jsonw *w, mp_ticks until)
{
    if (until)
        mp_time_put_short(w, "until", until);
}

static void put_control(mp_jsonw *w, const mp_framework *framework, const mp_control *control)
{
    mp_jsonw_put_filled(w, "framework", framework->id);
    mp_jsonw_put_filled(w, "control", control->id);
    mp_jsonw_put_filled(w, "label", control->label);
    mp_words_put(w, "title", control->title);
}

/* ---- what is due ---- */

typedef struct asking {
    mp_app *app;
    mp_http_request *request;
    const mp_frameworks *frameworks;
    const mp_evidence_view *view;
    mp_due_question q;
    mp_evidence_seer seer;
    mp_due_line *lines;
    size_t count;
} asking;

static mp_code ask(asking *a, mp_error *err)
{
    mp_str framework = mp_http_query(a->request, MP_S("framework")),
           within = mp_http_query(a->request, MP_S("within"));
    unsigned months = 0, days = DUE_DAYS;
    if (within.len && !mp_period_read(&months, &days, within))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "\"within\" is \"%.*s\"; wanted is a period like P30D", MP_FMT(within));
    a->q = (mp_due_question){ .frameworks = a->frameworks,
                              .measure = mp_http_query(a->request, MP_S("measure")),
                              .owner = mp_http_query(a->request, MP_S("owner")),
                              .at = mp_clock_now(),
                              .may_see = mp_evidence_seen,
                              .seer = &a->seer };
    a->q.horizon = mp_clock_after(a->q.at, months, days);
    MP_TRY(mp_require_for_measure(a->app, a->request, LINKS_READ, a->q.measure, 0, err));
    if (framework.len &&
        !mp_framework_named(&a->q.framework, &a->q.scheme, a->frameworks, framework))
        return mp_framework_none(a->frameworks, MP_PARAMETER, framework, err);
    return mp_evidence_due(&a->lines, &a->count, a->view, &a->q, a->request->arena, err);
}

static void write_line(mp_jsonw *w, const mp_due_line *l)
{
    mp_jsonw_object(w);
    put_control(w, l->framework, l->control);
    if (l->rule) {
        mp_jsonw_put_filled(w, "kind", l->rule->kind);
        mp_words_put(w, "name", l->rule->name);
        mp_jsonw_put_filled(w, "every", mp_evidence_every(l->rule, w->arena));
    }
    mp_jsonw_put_filled(w, "freshness", mp_str_from(mp_freshness_names[l->freshness]));
    put_end(w, l->until);
    mp_jsonw_put_filled(w, "owner", l->owner);
    if (l->piece) {
        mp_jsonw_put_filled(w, "evidence", l->piece->id);
        mp_jsonw_put_filled(w, "evidenceTitle", l->piece->title);
    }
    mp_jsonw_end(w);
}

static mp_code answer_list(asking *a, mp_http_response *response, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, a->request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < a->count; i++)
        write_line(&w, &a->lines[i]);
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_respond_json(a->request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code answer_calendar(asking *a, mp_http_response *response, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    mp_due_calendar(&text, a->lines, a->count, a->q.at, mp_store_installation(a->app->store),
                    a->request->lang == MP_LANG_KO);
    response->body =
        text.failed ? mp_str_of(NULL, 0) : mp_arena_dup(a->request->arena, mp_buf_str(&text));
    mp_buf_free(&text);
    response->content_type = "text/calendar; charset=utf-8";
    return response->body.ptr ? MP_OK
                              : mp_no_memory(err);
}

/* `answer` copies what it has of the view: the answer is sent when that is gone. */
static mp_code with_due(void *app, mp_http_request *request, mp_http_response *response,
                        mp_code (*answer)(asking *, mp_http_response *, mp_error *), mp_error *err)
{
    asking a = { .app = app, .request = request, .seer = { .app = app, .request = request } };
    MP_TRY(mp_evidence_frameworks(&a.frameworks, app, err));
    mp_code code = mp_evidence_view_take(&a.view, app, 0, err);
    if (code == MP_OK)
        code = ask(&a, err);
    if (code == MP_OK)
        code = answer(&a, response, err);
    mp_evidence_view_drop(a.view);
    mp_evidence_frameworks_drop(app, a.frameworks);
    return code;
}

static mp_code list_due(void *app, mp_http_request *request, mp_http_response *response,
                        mp_error *err)
{
    return with_due(app, request, response, answer_list, err);
}

static mp_code get_calendar(void *app, mp_http_request *request, mp_http_response *response,
                            mp_error *err)
{
    return with_due(app, request, response, answer_calendar, err);
}

/* ---- what one piece answers ---- */

/* How it stands for a control: the best of the rules that it answers there. */
static const mp_evidence_use *use_of(const mp_evidence_standing *s, mp_str id)
{
    const mp_evidence_use *best = NULL;
    for (size_t r = 0; r < s->count; r++)
        for (size_t p = 0; p < s->of[r].count; p++)
            if (mp_str_eq(s->of[r].pieces[p].piece->id, id) &&
                (!best || s->of[r].pieces[p].freshness > best->freshness))
                best = &s->of[r].pieces[p];
    return best;
}

static mp_code write_reuse(asking *a, mp_jsonw *w, mp_str id, mp_error *err)
{
    for (size_t f = 0; f < a->frameworks->count; f++) {
        const mp_framework *framework = &a->frameworks->of[f];
        for (size_t i = 0; i < framework->catalog.control_count; i++) {
            const mp_control *control = &framework->catalog.controls[i];
            const mp_evidence_question q = { .frameworks = a->frameworks,
                                             .framework = framework,
                                             .control = control,
                                             .at = mp_clock_now() };
            mp_evidence_standing s;
            MP_TRY(mp_evidence_standing_of(&s, a->view, &q, a->request->arena, err));
            const mp_evidence_use *use = use_of(&s, id);
            if (!use)
                continue;
            mp_jsonw_object(w);
            put_control(w, framework, control);
            mp_jsonw_put_filled(w, "freshness", mp_str_from(mp_freshness_names[use->freshness]));
            put_end(w, use->until);
            mp_jsonw_put_bool(w, "mapped", use->via != NULL);
            mp_jsonw_end(w);
        }
    }
    return MP_OK;
}

static mp_code answer_reuse(asking *a, mp_http_response *response, mp_str id, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, a->request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    MP_TRY(write_reuse(a, &w, id, err));
    mp_jsonw_end(&w);
    mp_jsonw_end(&w);
    return mp_respond_json(a->request, response, 200, mp_jsonw_done(&w), err);
}

static mp_code get_reuse(void *app, mp_http_request *request, mp_http_response *response,
                         mp_error *err)
{
    asking a = { .app = app, .request = request };
    mp_record piece;
    mp_str id;
    MP_TRY(mp_item_guid(&id, request, "id", err));
    MP_TRY(mp_evidence_require(&piece, app, request, LINKS_READ, id, 0, err));
    MP_TRY(mp_evidence_frameworks(&a.frameworks, app, err));
    mp_code code = mp_evidence_view_take(&a.view, app, 0, err);
    if (code == MP_OK)
        code = answer_reuse(&a, response, id, err);
    mp_evidence_view_drop(a.view);
    mp_evidence_frameworks_drop(app, a.frameworks);
    return code;
}

#define SUMMARY(name_) .tag = "evidence", .summary = "api.due." name_

const mp_route mp_routes_due[MP_ROUTES_DUE] = {
    API(MP_GET, "/evidence-due", LINKS_READ, list_due, SUMMARY("list"), .scope = "{measure.scope}",
        PARAMS(due_params), .answer = &lines_shape),
    API(MP_GET, "/evidence-due/calendar", LINKS_READ, get_calendar, SUMMARY("calendar"),
        .scope = "{measure.scope}", PARAMS(due_params)),
    API(MP_GET, "/evidence/{id}/reuse", LINKS_READ, get_reuse, SUMMARY("reuse"),
        .scope = "{evidence.scope}", .answer = &reuse_shape),
};
