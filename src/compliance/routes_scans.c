/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API: how far judging is, and full scans. */
#include "compliance_routes.h"

#include "compliance.h"
#include "guard.h"
#include "judging.h"
#include "objects.h"
#include "routes.h"
#include "scans.h"
#include "verdicts.h"

#define SETTLE_SECONDS 3600 /* of a command without a server, which judges in this thread */

/* ---- shapes ---- */

#define COUNT(name_, doc_) { name_, MP_TYPE_INTEGER, .is_required = true, .max = INT64_MAX, .doc = doc_ }
static const char *const   stages[] = { "running", "done", "stopped", NULL };
static const mp_json_shape states_shape = { .type = MP_TYPE_OBJECT, .is_open = true, .doc = "api.scans.states" };
static const mp_property   scan_members[] = {
    COUNT("number", "api.scans.number"),
    { "scope", MP_TYPE_STRING, .is_required = true, .doc = "api.scans.scope" },
    { "stage", MP_TYPE_STRING, .is_required = true, .values = stages, .doc = "api.scans.stage" },
    { "startedAt", MP_TYPE_TIME, .is_required = true, .doc = "api.scans.startedAt" },
    { "startedBy", MP_TYPE_STRING, .is_required = true, .doc = "api.scans.startedBy" },
    { "endedAt", MP_TYPE_TIME, .doc = "api.scans.endedAt" },
    COUNT("resources", "api.scans.resources"),
    COUNT("judged", "api.scans.judged"),
    COUNT("mended", "api.scans.mended"),
    COUNT("newer", "api.scans.newer"),
    { "states", MP_TYPE_OBJECT, .is_required = true, .shape = &states_shape, .doc = "api.scans.states" },
};
static const mp_json_shape scan_shape = {
    .name = "FullScan", .type = MP_TYPE_OBJECT, .doc = "api.scans.scan", MP_PROPERTIES(scan_members)
};

static const mp_property judging_members[] = {
    COUNT("resources", "api.compliance.resources.count"),
    COUNT("checks", "api.compliance.checks"),
    COUNT("waiting", "api.compliance.waiting"),
    { "scan", MP_TYPE_OBJECT, .shape = &scan_shape, .doc = "api.scans.last" },
};
static const mp_json_shape judging_shape = {
    .name = "Judging", .type = MP_TYPE_OBJECT, .doc = "api.compliance.judging", MP_PROPERTIES(judging_members)
};

static const mp_param start_params[] = {
    { .name = "scope", .type = MP_TYPE_STRING, .max = MP_RECORD_KEY_MAX, .doc = "api.compliance.param.scope" }
};

/* ---- how far it is ---- */

typedef struct standing {
    mp_http_request *request;
    mp_record_page   page;
    uint64_t         waiting;
    mp_full_scan     scan;
} standing;

static mp_code read_standing(mp_tx *tx, void *arg, mp_error *err)
{
    standing       *s = arg;
    mp_record_query query = { .kind = &mp_estate_kind, .limit = 1, .counts = true };
    MP_TRY(mp_record_list(&s->page, tx, &query, s->request->arena, err));
    MP_TRY(mp_scan_last(&s->scan, tx, s->request->arena, err));
    return mp_dirty_count(&s->waiting, tx, err);
}

static mp_code get_judging(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app      *app = app_;
    standing     s = { .request = request };
    mp_rulebook *book;
    mp_jsonw     w;
    MP_TRY(mp_store_read(app->store, read_standing, &s, err));
    MP_TRY(mp_rulebook_ref(&book, mp_compliance_of(app)->books, err));
    int64_t checks = mp_rulebook_count(book);
    mp_rulebook_unref(book);
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "resources", s.page.total);
    mp_jsonw_put_int(&w, "checks", checks);
    mp_jsonw_put_int(&w, "waiting", (int64_t)s.waiting);
    if (s.scan.number)
        mp_jsonw_put_value(&w, "scan", mp_scan_tell(&s.scan, true, request->arena));
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- full scans ---- */

typedef struct scanning {
    mp_http_request *request;
    mp_str           scope, by;
    mp_full_scan     scan;
} scanning;

static mp_code begin(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_begin(&s->scan, tx, s->scope, s->by, s->request->arena, err);
}

static mp_code stop(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_stop(&s->scan, tx, s->request->arena, err);
}

static mp_code read_last(mp_tx *tx, void *arg, mp_error *err)
{
    scanning *s = arg;
    return mp_scan_last(&s->scan, tx, s->request->arena, err);
}

static mp_code start_scan(void *app_, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_app       *app = app_;
    const mp_who *who = mp_app_who(request);
    scanning      s = { .request = request, .by = who->kind == MP_WHO_LOCAL ? MP_S("local") : who->id };
    mp_place      place;
    mp_str        id = mp_http_query(request, MP_S("scope"));
    if (id.len) {
        MP_TRY(mp_place_of(&place, id, request->arena, err));
        s.scope = place.key;
    }
    if (mp_str_starts(s.scope, MP_S("/providers/")))
        return mp_fail(
            err, MP_PARAMETER, MP_NOWHERE,
            "a full scan is of a subscription, a resource group, a resource, or of everything; not of '%.*s'",
            MP_FMT(s.scope));
    if (!app->has_jobs) /* what was changed before is judged before: else it would count as changed since the scan's
                           moment */
        MP_TRY(mp_judging_settle(mp_compliance_of(app)->judging, SETTLE_SECONDS, err));
    MP_TRY(mp_app_write(app, request, response, begin, &s, err));
    if (app->has_jobs) {
        mp_judging_wake(mp_compliance_of(app)->judging);
    } else {
        MP_TRY(mp_judging_settle(mp_compliance_of(app)->judging, SETTLE_SECONDS, err));
        MP_TRY(mp_store_read(app->store, read_last, &s, err));
    }
    return mp_respond_json(request, response, 201, mp_scan_tell(&s.scan, true, request->arena), err);
}

static mp_code stop_scan(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    scanning s = { .request = request };
    MP_TRY(mp_app_write(app, request, response, stop, &s, err));
    return mp_respond_json(request, response, 200, mp_scan_tell(&s.scan, true, request->arena), err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "compliance", .summary = name_
#define STATES "Microsoft.PolicyInsights/policyStates"

const mp_route mp_routes_scans[MP_ROUTES_SCANS] = {
    API(MP_GET, "/judging", STATES "/summarize/read", get_judging, SUMMARY("api.compliance.judge"), .answer = &judging_shape),
    API(MP_POST, "/judging", STATES "/triggerEvaluation/action", start_scan, SUMMARY("api.scans.start"), .scope = "{?scope}", PARAMS(start_params), .answer = &scan_shape,
        .status = 201),
    API(MP_DELETE, "/judging", STATES "/triggerEvaluation/action", stop_scan, SUMMARY("api.scans.stop"), .answer = &scan_shape),
};
