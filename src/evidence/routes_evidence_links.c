/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: which controls a piece of evidence answers, and how controls stand. */
#include "evidence_routes.h"

#include "evidence.h"
#include "evidence_rights.h"
#include "evidence_seen.h"
#include "guard.h"
#include "routes.h"

#define LINKS_READ "Mapae.Evidence/links/read"
#define LINKS_WRITE "Mapae.Evidence/links/write"

/* ---- shapes ---- */

static const mp_property link_members[] = {
    { "evidence", MP_TYPE_GUID, .is_read_only = true, .doc = "api.member.id" },
    { "framework", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 100,
      .doc = "api.controls.framework" },
    { "control", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200,
      .doc = "api.controls.control" },
    { "label", MP_TYPE_STRING, .is_read_only = true, .doc = "api.controls.label" },
    { "measure", MP_TYPE_STRING, .max = MP_MEASURE_ID_MAX, .doc = "api.links.measure" },
    { "rule", MP_TYPE_STRING, .max = 1000, .doc = "api.links.rule" },
    { "note", MP_TYPE_STRING, .max = MP_LINK_NOTE_MAX, .doc = "api.links.note" },
    { "by", MP_TYPE_STRING, .is_read_only = true, .doc = "api.links.by" },
    { "scope", MP_TYPE_STRING, .is_read_only = true, .doc = "api.evidence.scope" },
};
static const mp_json_shape link_shape = { .name = "EvidenceLink",
                                          .type = MP_TYPE_OBJECT,
                                          .doc = "api.links.link",
                                          MP_PROPERTIES(link_members) };
MP_LIST_SHAPE(links_shape, link_shape);

static const mp_json_shape words_shape = {
    .name = "Words", .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.controls.words"
};
static const mp_property via_members[] = {
    { "framework", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.framework" },
    { "control", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.control" },
    { "stated", MP_TYPE_BOOLEAN, .is_required = true, .doc = "api.links.stated" },
};
static const mp_json_shape via_shape = { .name = "EvidenceVia",
                                         .type = MP_TYPE_OBJECT,
                                         .doc = "api.links.via",
                                         MP_PROPERTIES(via_members) };
#define FRESHNESS                                                                                  \
    {                                                                                              \
        "freshness", MP_TYPE_STRING, .is_required = true, .values = mp_freshness_names,            \
                                     .doc = "api.links.freshness"                                  \
    }
static const mp_property use_members[] = {
    { "id", MP_TYPE_GUID, .is_required = true, .doc = "api.member.id" },
    { "title", MP_TYPE_STRING, .doc = "api.evidence.title" },
    { "kind", MP_TYPE_STRING, .doc = "api.evidence.kind" },
    { "owner", MP_TYPE_STRING, .doc = "api.evidence.owner" },
    { "sha256", MP_TYPE_SHA256, .doc = "api.evidence.sha256" },
    { "hidden", MP_TYPE_BOOLEAN, .doc = "api.links.hidden" },
    { "measure", MP_TYPE_STRING, .doc = "api.links.measure" },
    FRESHNESS,
    { "until", MP_TYPE_TIME, .doc = "api.links.until" },
    { "via", MP_TYPE_OBJECT, .shape = &via_shape, .doc = "api.links.via" },
};
static const mp_json_shape use_shape = { .name = "EvidenceUse",
                                         .type = MP_TYPE_OBJECT,
                                         .doc = "api.links.use",
                                         MP_PROPERTIES(use_members) };
static const mp_property rule_members[] = {
    { "kind", MP_TYPE_STRING, .doc = "api.evidence.kind" },
    { "name", MP_TYPE_OBJECT, .shape = &words_shape, .doc = "api.links.ruleName" },
    { "every", MP_TYPE_STRING, .doc = "api.evidence.every" },
    FRESHNESS,
    { "until", MP_TYPE_TIME, .doc = "api.links.until" },
    { "pieces", MP_TYPE_ARRAY, .is_required = true, .shape = &use_shape, .max = 100000,
      .doc = "api.links.pieces" },
};
static const mp_json_shape rule_shape = { .name = "EvidenceRuleStanding",
                                          .type = MP_TYPE_OBJECT,
                                          .doc = "api.links.ruleStanding",
                                          MP_PROPERTIES(rule_members) };
static const mp_property standing_members[] = {
    { "framework", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.framework" },
    { "control", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.control" },
    { "label", MP_TYPE_STRING, .is_required = true, .doc = "api.controls.label" },
    FRESHNESS,
    { "rules", MP_TYPE_ARRAY, .is_required = true, .shape = &rule_shape, .max = 1000,
      .doc = "api.links.rules" },
};
static const mp_json_shape standing_shape = { .name = "EvidenceStanding",
                                              .type = MP_TYPE_OBJECT,
                                              .doc = "api.links.standing",
                                              MP_PROPERTIES(standing_members) };
static const mp_property standings_members[] = {
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &standing_shape, .max = 20000,
      .doc = "api.list.value" },
};
static const mp_json_shape standings_shape = { .type = MP_TYPE_OBJECT,
                                               .doc = "api.list",
                                               MP_PROPERTIES(standings_members) };

#define FRAMEWORK_PARAM(is_needed)                                                                 \
    {                                                                                              \
        .name = "framework", .type = MP_TYPE_STRING, .max = 100, .is_required = (is_needed),       \
        .doc = "api.controls.framework"                                                            \
    }
#define CONTROL_PARAM(is_needed)                                                                   \
    {                                                                                              \
        .name = "control", .type = MP_TYPE_STRING, .max = 200, .is_required = (is_needed),         \
        .doc = "api.controls.control"                                                              \
    }
#define MEASURE_PARAM                                                                              \
    {                                                                                              \
        .name = "measure", .type = MP_TYPE_STRING, .max = MP_MEASURE_ID_MAX,                       \
        .doc = "api.links.measure"                                                                 \
    }
static const mp_param list_params[] = {
    { .name = "evidence", .type = MP_TYPE_GUID, .doc = "api.member.id" },
    { .name = "target", .type = MP_TYPE_STRING, .max = 400, .doc = "api.links.target" },
    FRAMEWORK_PARAM(false),
    MEASURE_PARAM,
    MP_LIST_PARAMS,
};
static const mp_param check_params[] = {
    FRAMEWORK_PARAM(true),
    CONTROL_PARAM(true),
    MEASURE_PARAM,
    { .name = "kind", .type = MP_TYPE_STRING, .max = 40, .doc = "api.evidence.kind" },
    { .name = "rule", .type = MP_TYPE_STRING, .max = 1000, .doc = "api.links.rule" },
    { .name = "scope", .type = MP_TYPE_STRING, .max = 1024, .doc = "api.evidence.scope" },
};
static const mp_param unlink_params[] = { FRAMEWORK_PARAM(true), CONTROL_PARAM(true),
                                          MEASURE_PARAM };
static const mp_param standing_params[] = { FRAMEWORK_PARAM(true), CONTROL_PARAM(false),
                                            MEASURE_PARAM, MP_AS_OF_PARAM };
static const mp_param piece_params[] = { MP_PAGE_PARAMS, MP_AS_OF_PARAM };

/* ---- names ---- */

mp_code mp_named_framework(const mp_framework **out, const mp_frameworks *all, mp_str name,
                           mp_error *err)
{
    const mp_scheme *scheme;
    return mp_framework_named(out, &scheme, all, name) ? MP_OK : mp_framework_none(all, MP_PARAMETER, name, err);
}

mp_code mp_named_control(const mp_control **out, const mp_framework *framework, mp_str name,
                         mp_error *err)
{
    return mp_framework_has(out, framework, MP_PARAMETER, name, err);
}

/* ---- rights ---- */

/* Where nobody knows of measures there is none either. */
static mp_code no_measure(mp_app *app, mp_http_request *request, mp_str measure, mp_error *err)
{
    const mp_evidence_world *world = mp_evidence_of(app)->world;
    return world && world->none ? world->none(app, request, measure, err)
                                : mp_fail(err, MP_MISSING, MP_NOWHERE, "there is no measure '%.*s'", MP_FMT(measure));
}

mp_code mp_require_measure(mp_measure_asked *out, mp_app *app, mp_http_request *request, const char *action,
                           mp_str measure, mp_ticks as_of, mp_error *err)
{
    const mp_evidence_room *room = mp_evidence_of(app);
    const mp_str *scopes;
    size_t count = 0;
    *out = (mp_measure_asked){ .count = 0 };
    mp_error why = { .code = MP_OK };
    if (!measure.len || !room->world || !room->world->scopes)
        return mp_app_require(app, request, action, MP_S("/"), err);
    mp_code code =
        room->world->scopes(&scopes, &count, app, measure, as_of, request->arena, &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    bool may_know = code == MP_OK && count > 0;
    for (size_t i = 0; may_know && i < count; i++)
        may_know = mp_app_may(app, request, "Mapae.Controls/measures/read", scopes[i]);
    if (!may_know)
        return no_measure(app, request, measure, err);
    *out = (mp_measure_asked){ measure, scopes, count };
    for (size_t i = 0; i < count; i++)
        MP_TRY(mp_app_require(app, request, action, scopes[i], err));
    return MP_OK;
}

mp_code mp_require_for_measure(mp_app *app, mp_http_request *request, const char *action, mp_str measure,
                               mp_ticks as_of, mp_error *err)
{
    mp_measure_asked asked;
    return mp_require_measure(&asked, app, request, action, measure, as_of, err);
}

/* ---- lists ---- */

/* With the piece: the scope of a link is its piece's. */
static bool is_seen(mp_app *app, const mp_http_request *request, const mp_record *record)
{
    mp_str scope = mp_json_get_text(record->body, "scope");
    return mp_app_may(app, request, LINKS_READ, scope.len ? scope : MP_S("/"));
}

static const mp_json *without_measure(mp_http_request *request, const mp_json *body)
{
    mp_jsonw w;
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(key, body)) {
        if (mp_str_eq(mp_json_str(key), MP_S("measure")))
            continue;
        mp_jsonw_key(&w, mp_json_str(key));
        mp_jsonw_value(&w, key + 1);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* A piece is linked by who may, also to a measure of more than its place: what that is called is for who may read it. */
static mp_code hide_measures(mp_app *app, mp_http_request *request, mp_record *records, size_t count, mp_error *err)
{
    mp_str last = { NULL, 0 };
    bool may = false;
    for (size_t i = 0; i < count; i++) {
        mp_str measure = mp_json_get_text(records[i].body, "measure");
        if (!measure.len)
            continue;
        if (!last.ptr || !mp_str_eq(measure, last))
            may = mp_evidence_measure_seen(app, request, measure);
        last = measure;
        if (!may && !(records[i].body = without_measure(request, records[i].body)))
            return mp_no_memory(err);
    }
    return MP_OK;
}

static mp_code list_links(void *app, mp_http_request *request, mp_http_response *response,
                          mp_error *err)
{
    mp_str measure = mp_http_query(request, MP_S("measure"));
    if (measure.len && !mp_evidence_measure_seen(app, request, measure))
        return no_measure(app, request, measure, err);
    return mp_list_answer(
        app, request, response,
        &(mp_listing){ .kind = &mp_evidence_link_kind, .is_seen = is_seen, .named = hide_measures }, err);
}

static mp_code list_of_piece(void *arg, mp_http_request *request, mp_http_response *response,
                             mp_error *err)
{
    mp_app *app = arg;
    mp_record piece;
    mp_record_filter filter = { .index = "evidence", .op = MP_FILTER_EQ };
    MP_TRY(mp_item_guid(&filter.value, request, "id", err));
    MP_TRY(mp_evidence_require(&piece, app, request, LINKS_READ, filter.value, 0, err));
    return mp_list_answer(
        app, request, response,
        &(mp_listing){
            .kind = &mp_evidence_link_kind, .fixed = &filter, .fixed_count = 1, .named = hide_measures },
        err);
}

/* ---- linking ---- */

typedef struct linking {
    mp_change change;
    const mp_frameworks *frameworks;
    mp_evidence_link link;
    mp_measure_asked asked;
} linking;

static mp_code check_still(const linking *l, mp_tx *tx, mp_error *err)
{
    return l->asked.count ? mp_evidence_of(l->change.app)->world->still(tx, l->asked.measure, l->asked.scopes, l->asked.count, err)
                          : MP_OK;
}

static mp_code name_target(linking *l, mp_app *app, mp_str framework, mp_str control, mp_error *err)
{
    MP_TRY(mp_evidence_frameworks(&l->frameworks, app, err));
    MP_TRY(mp_named_framework(&l->link.framework, l->frameworks, framework, err));
    return mp_named_control(&l->link.control, l->link.framework, control, err);
}

static mp_code put_link(mp_tx *tx, void *arg, mp_error *err)
{
    linking *l = arg;
    mp_record made;
    MP_TRY(check_still(l, tx, err));
    MP_TRY(mp_evidence_link_put(&made, tx, &l->link, err));
    l->change.id = mp_arena_dup(l->change.request->arena, made.key);
    return l->change.id.ptr
               ? mp_item_keep(&l->change, tx, &mp_evidence_link_kind, err)
               : mp_no_memory(err);
}

static mp_code link_piece(linking *l, mp_app *app, mp_http_request *request,
                          mp_http_response *response, mp_error *err)
{
    const mp_json *json = request->json;
    mp_record piece;
    l->link.measure = mp_json_get_text(json, "measure");
    l->link.rule = mp_json_get_text(json, "rule");
    l->link.note = mp_json_get_text(json, "note");
    l->link.by = mp_app_who(request)->id;
    MP_TRY(mp_evidence_require(&piece, app, request, LINKS_WRITE, l->link.evidence, 0, err));
    MP_TRY(mp_require_measure(&l->asked, app, request, LINKS_WRITE, l->link.measure, 0, err));
    MP_TRY(name_target(l, app, mp_json_get_text(json, "framework"), mp_json_get_text(json, "control"), err));
    MP_TRY(mp_app_write(app, request, response, put_link, l, err));
    return mp_item_respond(request, response, 200, &l->change.out, err);
}

static mp_code post_link(void *app, mp_http_request *request, mp_http_response *response,
                         mp_error *err)
{
    linking l = { .change = { .app = app, .request = request } };
    MP_TRY(mp_item_guid(&l.link.evidence, request, "id", err));
    mp_code code = link_piece(&l, app, request, response, err);
    mp_evidence_frameworks_drop(app, l.frameworks);
    return code;
}

/* What a link would be told, before there is a piece: so that nobody uploads what then answers nothing. */
static mp_code check_link(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    linking l = { .link = { .measure = mp_http_query(request, MP_S("measure")),
                            .rule = mp_http_query(request, MP_S("rule")) } };
    if (l.link.measure.len)
        MP_TRY(mp_require_for_measure(app, request, LINKS_WRITE, l.link.measure, 0, err));
    mp_code code = name_target(&l, app, mp_http_query(request, MP_S("framework")),
                               mp_http_query(request, MP_S("control")), err);
    if (code == MP_OK)
        code = mp_evidence_link_check(&l.link, mp_http_query(request, MP_S("kind")), err);
    mp_evidence_frameworks_drop(app, l.frameworks);
    response->status = code == MP_OK ? 204 : response->status;
    return code;
}

static mp_code delete_link(mp_tx *tx, void *arg, mp_error *err)
{
    linking *l = arg;
    MP_TRY(check_still(l, tx, err));
    return mp_evidence_link_delete(tx, &l->link, err);
}

static mp_code unlink_piece(void *app, mp_http_request *request, mp_http_response *response,
                            mp_error *err)
{
    linking l = { .change = { .app = app, .request = request } };
    mp_record piece;
    l.link.measure = mp_http_query(request, MP_S("measure"));
    MP_TRY(mp_item_guid(&l.link.evidence, request, "id", err));
    MP_TRY(mp_evidence_require(&piece, app, request, LINKS_WRITE, l.link.evidence, 0, err));
    MP_TRY(mp_require_measure(&l.asked, app, request, LINKS_WRITE, l.link.measure, 0, err));
    mp_code code = name_target(&l, app, mp_http_query(request, MP_S("framework")),
                               mp_http_query(request, MP_S("control")), err);
    if (code == MP_OK)
        code = mp_app_write(app, request, response, delete_link, &l, err);
    mp_evidence_frameworks_drop(app, l.frameworks);
    response->status = code == MP_OK ? 204 : response->status;
    return code;
}

/* ---- how controls stand ---- */

static mp_code write_standing(mp_jsonw *w, const mp_evidence_view *view,
                              const mp_evidence_question *q, mp_error *err)
{
    mp_evidence_standing standing;
    MP_TRY(mp_evidence_standing_of(&standing, view, q, w->arena, err));
    const mp_json *json = mp_evidence_standing_json(&standing, w->arena);
    if (!json)
        return mp_no_memory(err);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "framework", q->framework->id);
    mp_jsonw_put_str(w, "control", q->control->id);
    mp_jsonw_put_str(w, "label", q->control->label);
    for (MP_JSON_MEMBERS(key, json)) {
        mp_jsonw_key(w, mp_json_str(key));
        mp_jsonw_value(w, key + 1);
    }
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_code write_standings(mp_jsonw *w, const mp_evidence_view *view, mp_evidence_question *q,
                               mp_str control, mp_error *err)
{
    const mp_catalog *catalog = &q->framework->catalog;
    mp_jsonw_object(w);
    mp_jsonw_key(w, MP_S("value"));
    mp_jsonw_array(w);
    if (control.len) {
        MP_TRY(mp_named_control(&q->control, q->framework, control, err));
        MP_TRY(write_standing(w, view, q, err));
    }
    for (size_t i = 0; control.len == 0 && i < catalog->control_count; i++) {
        q->control = &catalog->controls[i];
        if (!q->control->is_withdrawn)
            MP_TRY(write_standing(w, view, q, err));
    }
    mp_jsonw_end(w);
    mp_jsonw_end(w);
    return MP_OK;
}

static mp_code stand(mp_app *app, mp_http_request *request, mp_http_response *response,
                     const mp_frameworks *all, mp_error *err)
{
    mp_evidence_seer seer = { .app = app, .request = request };
    mp_evidence_question q = { .frameworks = all,
                               .measure = mp_http_query(request, MP_S("measure")),
                               .may_see = mp_evidence_seen,
                               .seer = &seer };
    const mp_evidence_view *view;
    mp_ticks as_of;
    mp_jsonw w;
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    MP_TRY(mp_require_for_measure(app, request, LINKS_READ, q.measure, as_of, err));
    MP_TRY(mp_named_framework(&q.framework, all, mp_http_query(request, MP_S("framework")), err));
    q.hides_measures = !q.measure.len && !mp_evidence_seen_of_all(&seer);
    q.at = as_of ? as_of : request->started;
    MP_TRY(mp_evidence_view_take(&view, app, as_of, err));
    mp_jsonw_init(&w, request->arena);
    mp_code code = write_standings(&w, view, &q, mp_http_query(request, MP_S("control")), err);
    const mp_json *json =
        code == MP_OK ? mp_arena_dup_json(request->arena, mp_jsonw_done(&w)) : NULL;
    mp_evidence_view_drop(view);
    MP_TRY(code);
    return mp_respond_json(request, response, 200, json, err);
}

static mp_code get_standing(void *app, mp_http_request *request, mp_http_response *response,
                            mp_error *err)
{
    const mp_frameworks *all;
    MP_TRY(mp_evidence_frameworks(&all, app, err));
    mp_code code = stand(app, request, response, all, err);
    mp_evidence_frameworks_drop(app, all);
    return code;
}

/* ---- the tables ---- */

#define SUMMARY(name_) .tag = "evidence", .summary = "api.links." name_

const mp_route mp_routes_evidence_links[MP_ROUTES_EVIDENCE_LINKS] = {
    API(MP_GET, "/evidence-links", MP_SIGNED_IN, list_links, SUMMARY("list"), PARAMS(list_params),
        .answer = &links_shape),
    API(MP_GET, "/evidence-links/check", LINKS_WRITE, check_link, SUMMARY("check"), .scope = "{?scope}",
        PARAMS(check_params), .status = 204),
    API(MP_GET, "/evidence/{id}/controls", LINKS_READ, list_of_piece, SUMMARY("ofPiece"),
        PARAMS(piece_params), .scope = "{evidence.scope}", .answer = &links_shape),
    API(MP_POST, "/evidence/{id}/controls", LINKS_WRITE, post_link, SUMMARY("add"),
        .scope = "{evidence.scope}", .body = &link_shape, .answer = &link_shape),
    API(MP_DELETE, "/evidence/{id}/controls", LINKS_WRITE, unlink_piece, SUMMARY("unlink"),
        .scope = "{evidence.scope}", PARAMS(unlink_params), .status = 204),
    API(MP_GET, "/evidence-standing", LINKS_READ, get_standing, SUMMARY("getStanding"),
        .scope = "{measure.scope}", PARAMS(standing_params), .answer = &standings_shape),
};
