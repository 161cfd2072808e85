/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for what is measured. */
#include "controls_routes.h"
#include "estate.h"
#include "guard.h"
#include "measure.h"
#include "routes.h"
#include "substituting.h"

#define ACTION "Mapae.Controls/measures/"

/* ---- shapes ---- */

static const mp_json_shape scope_shape = {
    .type = MP_TYPE_STRING, .min = 1, .max = MP_RECORD_KEY_MAX, .doc = "api.measure.scope"
};
#define MEASURE_MEMBERS                                                                                        \
    { "title", MP_TYPE_STRING, .max = 200, .doc = "api.measure.title" }, { "framework",                        \
                                                                           MP_TYPE_STRING,                     \
                                                                           .is_required = true,                \
                                                                           .min = 1,                           \
                                                                           .max = 200,                         \
                                                                           .doc = "api.measure.framework" },   \
        { "scheme", MP_TYPE_STRING, .max = 100, .doc = "api.measure.scheme" },                                 \
        { "scopes",                                                                                            \
          MP_TYPE_ARRAY,                                                                                       \
          .is_required = true,                                                                                 \
          .shape = &scope_shape,                                                                               \
          .min = 1,                                                                                            \
          .max = MP_MEASURE_SCOPES,                                                                            \
          .doc = "api.measure.scopes" },                                                                       \
        { "service", MP_TYPE_STRING, .max = 200, .doc = "api.measure.service" },                               \
        { "environment", MP_TYPE_STRING, .max = 100, .doc = "api.measure.environment" },                       \
        { "owner", MP_TYPE_STRING, .max = 200, .doc = "api.measure.owner" },                                   \
        { "inheritsFrom", MP_TYPE_STRING, .max = MP_MEASURE_NAME, .doc = "api.measure.inheritsFrom" },         \
    {                                                                                                          \
        "shared", MP_TYPE_BOOLEAN, .doc = "api.measure.shared"                                                 \
    }
static const mp_property made_members[] = { { "name", MP_TYPE_STRING, .is_required = true, .min = 1,
                                              .max = MP_MEASURE_NAME, .doc = "api.measure.name" },
                                            MEASURE_MEMBERS };
static const mp_json_shape made_shape = {
    .name = "NewMeasure", .type = MP_TYPE_OBJECT, .doc = "api.measure.new", MP_PROPERTIES(made_members)
};
static const mp_property measure_members[] = { MP_RECORD_MEMBERS,
                                               { "name", MP_TYPE_STRING, .max = MP_MEASURE_NAME,
                                                 .doc = "api.measure.name" },
                                               MEASURE_MEMBERS };
static const mp_json_shape measure_shape = {
    .name = "Measure", .type = MP_TYPE_OBJECT, .doc = "api.measure", MP_PROPERTIES(measure_members)
};
MP_LIST_SHAPE(measures_shape, measure_shape);

static const mp_param list_params[] = {
    MP_LIST_PARAMS,
    { .name = "framework", .type = MP_TYPE_STRING, .doc = "api.measure.filter.framework" },
    { .name = "service", .type = MP_TYPE_STRING, .doc = "api.measure.filter.service" },
    { .name = "environment", .type = MP_TYPE_STRING, .doc = "api.measure.filter.environment" },
};
static const mp_param as_of_params[] = { MP_AS_OF_PARAM };

/* ---- what is put ---- */

typedef struct putting {
    mp_change change; /* first: mp_item_change() */
    mp_measure old;   /* of the same name; its scope_count 0: there is none */
    mp_measure made;
    mp_str names[MP_MEASURE_SCOPES]; /* scopes as they were given */
    const mp_json *body;
    const mp_frameworks *all; /* while it is put */
    bool is_new;
    int64_t last; /* version of the last measure of the name of a new one; 0: there never was one */
} putting;

/* A name that says no edition means that of before, when that is one of the same framework. */
static mp_code choose_framework(putting *p, mp_error *err)
{
    const mp_frameworks *all = p->all;
    const mp_json *body = p->change.request->json;
    mp_str name = mp_json_get_text(body, "framework");
    const mp_framework *f;
    const mp_scheme *s;
    MP_TRY(mp_framework_asked(&f, &s, all, name, mp_json_get_text(body, "scheme"), err));
    if (p->old.scope_count && !mp_str_starts_fold(name, f->id) && !mp_str_eq(p->old.framework, f->id) &&
        mp_str_eq(mp_framework_family(f->id), mp_framework_family(p->old.framework)))
        MP_TRY(mp_framework_asked(&f, &s, all, p->old.framework, s ? s->id : MP_S(""), err));
    p->made.framework = mp_arena_dup(p->change.request->arena, f->id);
    p->made.scheme = mp_arena_dup(p->change.request->arena, s ? s->id : MP_S(""));
    return p->made.framework.ptr && p->made.scheme.ptr ? MP_OK : mp_no_memory(err);
}

static mp_code read_scopes(putting *p, mp_app *app, mp_error *err)
{
    mp_http_request *request = p->change.request;
    const mp_json *scopes = mp_json_get(request->json, MP_S("scopes"));
    mp_str *keys = MP_ARENA_ARRAY(request->arena, mp_str, scopes->count + 1);
    if (!keys)
        return mp_no_memory(err);
    p->made.scopes = keys;
    for (MP_JSON_EACH(scope, scopes)) {
        mp_place place;
        MP_TRY(mp_place_of(&place, mp_json_str(scope), request->arena, err));
        MP_TRY(mp_app_require(app, request, NULL, place.key, err));
        p->names[p->made.scope_count] = place.id;
        keys[p->made.scope_count++] = place.key;
    }
    return MP_OK;
}

static const mp_json *body_of(const putting *p)
{
    static const char *const kept[] = { "title", "service", "environment", "owner", "inheritsFrom" };
    mp_jsonw w;
    mp_jsonw_init(&w, p->change.request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "name", p->made.name);
    mp_jsonw_put_str(&w, "framework", p->made.framework);
    mp_jsonw_put_filled(&w, "scheme", p->made.scheme);
    mp_jsonw_key(&w, MP_S("scopes"));
    mp_jsonw_array(&w);
    for (size_t i = 0; i < p->made.scope_count; i++)
        mp_jsonw_str(&w, p->names[i]);
    mp_jsonw_end(&w);
    for (size_t i = 0; i < MP_COUNT(kept); i++) {
        mp_str text = mp_json_text(mp_json_get(p->change.request->json, mp_str_from(kept[i])));
        if (text.len)
            mp_jsonw_put_str(&w, kept[i], text);
    }
    const mp_json *shared = mp_json_get(p->change.request->json, MP_S("shared"));
    if (shared && shared->u.integer)
        mp_jsonw_put_bool(&w, "shared", true);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Does what is said of the one say something of the other? */
static bool is_connected(const putting *p, mp_str framework)
{
    const mp_framework *his = mp_framework_find(p->all, framework),
                       *ours = mp_framework_find(p->all, p->made.framework);
    return his && ours && (his == ours || mp_frameworks_are_mapped(p->all, his, ours));
}

/* Of the same edition or of one that is mapped to it, to be read by who says so, and not from itself in the end. Within the write: what was
 * asked before may be otherwise. */
static mp_code check_inheritance(const putting *p, mp_tx *tx, mp_error *err)
{
    mp_str name = mp_json_get_text(p->change.request->json, "inheritsFrom");
    for (unsigned level = 0; name.len; level++) {
        mp_measure from;
        mp_error why = { .code = MP_OK };
        mp_code code = mp_measure_get(&from, tx, name, 0, mp_tx_arena(tx), &why);
        if (code != MP_OK && code != MP_MISSING)
            return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
        bool may = code == MP_OK &&
                   (from.is_shared || level > 0 ||
                    mp_measure_may(p->change.app, p->change.request, "Mapae.Controls/measures/read", &from));
        if (!may)
            return level ? MP_OK : mp_measure_none(p->change.app, p->change.request, tx, name, err);
        if (level == 0 && !is_connected(p, from.framework))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                           "'%.*s' is measured by '%.*s', and no mapping leads from there to '%.*s'",
                           MP_FMT(name), MP_FMT(from.framework), MP_FMT(p->made.framework));
        if (mp_str_eq(name, p->made.name) || level == MP_MEASURE_LEVELS)
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                           "'%.*s' would inherit from itself, or through more than %d others",
                           MP_FMT(p->made.name), MP_MEASURE_LEVELS);
        name = from.inherits;
    }
    return MP_OK;
}

static bool is_within(mp_str scope, const mp_measure *of)
{
    for (size_t i = 0; i < of->scope_count; i++)
        if (mp_str_eq(of->scopes[i], scope))
            return true;
    return false;
}

/* It is of places that it was not of before. */
static bool has_grown(const putting *p)
{
    for (size_t i = 0; i < p->made.scope_count; i++)
        if (!is_within(p->made.scopes[i], &p->old))
            return true;
    return false;
}

/* The version that was asked for, and in any case the one whose places were asked about. */
static mp_code expect(int64_t *expected, const putting *p, mp_tx *tx, mp_error *err)
{
    MP_TRY(mp_item_expect(expected, tx, p->change.request, &mp_measure_kind, p->change.id, err));
    MP_TRY(mp_measure_as_seen(tx, &p->old, err));
    *expected = *expected == MP_NO_VERSION ? MP_NO_VERSION : p->old.version;
    return MP_OK;
}

/* Nobody had the name since it was asked about (check_name). */
static mp_code check_last(const putting *p, mp_tx *tx, mp_error *err)
{
    mp_record_page page = { .count = 0 };
    mp_error why = { .code = MP_OK };
    int64_t last = 0;
    mp_code code = mp_record_history(&page, tx, &mp_measure_kind, p->change.id, MP_S(""), 2, mp_tx_arena(tx), &why);
    if (code != MP_OK && code != MP_MISSING)
        return mp_fail(err, code, MP_NOWHERE, "%s", why.message);
    for (size_t i = 0; code == MP_OK && i < page.count && !last; i++)
        last = page.records[i].body ? page.records[i].version : 0;
    return last == p->last ? MP_OK : mp_measure_changed(p->change.id, err);
}

static mp_code store(mp_tx *tx, void *arg, mp_error *err)
{
    putting *p = arg;
    int64_t expected = MP_NO_VERSION;
    MP_TRY(check_inheritance(p, tx, err));
    MP_TRY(p->is_new ? check_last(p, tx, err) : expect(&expected, p, tx, err));
    mp_code code = mp_record_put(NULL, tx, &mp_measure_kind, p->change.id, p->body, expected, err);
    if (code == MP_EXISTS)
        return mp_fail(err, code, MP_NOWHERE, "there is a measure '%.*s' already", MP_FMT(p->change.id));
    MP_TRY(code);
    if (!p->is_new && has_grown(p))
        MP_TRY(mp_substituting_end(tx, p->change.id, err));
    return mp_item_keep(&p->change, tx, &mp_measure_kind, err);
}

static mp_code put(putting *p, mp_app *app, mp_http_response *response, mp_error *err)
{
    const mp_held *held;
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    p->all = &held->all;
    mp_code code = choose_framework(p, err);
    if (code == MP_OK && !(p->body = body_of(p)))
        code = mp_no_memory(err);
    response->status = p->is_new ? 201 : 200;
    if (code == MP_OK)
        code = mp_item_change(app, p->change.request, response, store, &p->change, err);
    mp_held_drop(held);
    return code;
}

static bool is_name(mp_str s)
{
    bool is_good = s.len > 0 && s.ptr[0] != '-';
    for (size_t i = 0; i < s.len; i++)
        is_good = is_good && ((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9') ||
                              s.ptr[i] == '-');
    return is_good;
}

/* What was said of a measure stands under its name, also after it: who takes the name up again reads it. So he
 * needs the right where the last one of this name was, as who changes its scopes does. Who lacks it is told what
 * he is told when he lacks it at his own scopes: that there is such a name is nothing he may learn. */
static mp_code check_name(putting *p, mp_app *app, mp_error *err)
{
    mp_http_request *request = p->change.request;
    mp_record last;
    mp_measure old;
    mp_error why = { .code = MP_OK };
    mp_code code = mp_list_last(&last, app, request, &mp_measure_kind, p->made.name, &why);
    if (code == MP_MISSING)
        return MP_OK;
    if (code == MP_OK) {
        p->last = last.version;
        code = mp_measure_of(&old, &last, request->arena, &why);
    }
    for (size_t i = 0; code == MP_OK && i < old.scope_count; i++)
        code = mp_app_require(app, request, NULL, old.scopes[i], &why);
    if (code == MP_DENIED)
        return mp_app_refuse(request, p->made.scopes[0], err);
    return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code make(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    putting p = { .change = { .app = app, .request = request, .is_new = true }, .is_new = true };
    p.made.name = p.change.id = mp_json_get_text(request->json, "name");
    if (!is_name(p.made.name))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "a measure is named by small letters, digits and '-', not '%.*s'", MP_FMT(p.made.name));
    MP_TRY(read_scopes(&p, app, err));
    MP_TRY(check_name(&p, app, err));
    MP_TRY(put(&p, app, response, err));
    return mp_respond_location(request, response, "/api/v1/measures", p.made.name, err);
}

/* The one of the path, for who may do this to it. */
static mp_code find(putting *p, mp_app *app, mp_error *err)
{
    MP_TRY(mp_item_name(&p->change.id, p->change.request, "name", err));
    return mp_measure_require(&p->old, app, p->change.request, p->change.id, 0, err);
}

static mp_code replace(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    putting p = { .change = { .app = app, .request = request } };
    mp_str name = mp_json_get_text(request->json, "name");
    MP_TRY(find(&p, app, err));
    if (name.len && !mp_str_eq_fold(name, p.change.id))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "a measure keeps its name: found '%.*s', wanted '%.*s'",
                       MP_FMT(name), MP_FMT(p.change.id));
    p.made.name = p.change.id;
    MP_TRY(read_scopes(&p, app, err));
    return put(&p, app, response, err);
}

static bool is_seen(mp_app *app, const mp_http_request *request, const mp_record *record)
{
    mp_measure measure;
    mp_error why;
    return record->body && mp_measure_of(&measure, record, request->arena, &why) == MP_OK &&
           mp_measure_may(app, request, "Mapae.Controls/measures/read", &measure);
}

/* Who lets others inherit is in nobody's hand for it: of measures that he may not see he is told nothing, and what they inherited is not
 * measured any more, as when it is shared no more. */
static mp_code check_heirs(const putting *p, mp_tx *tx, mp_error *err)
{
    mp_record_filter filter = { "inheritsFrom", MP_FILTER_EQ, p->change.id };
    mp_record_query query = { .kind = &mp_measure_kind, .filters = &filter, .filter_count = 1, .limit = 1000 };
    mp_record_page page;
    do {
        MP_TRY(mp_record_list(&page, tx, &query, mp_tx_arena(tx), err));
        for (size_t i = 0; i < page.count; i++)
            if (is_seen(p->change.app, p->change.request, &page.records[i]))
                return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the measure '%.*s' inherits from it; change that first",
                               MP_FMT(page.records[i].key));
        query.after = page.next;
    } while (page.next.len);
    return MP_OK;
}

static mp_code forget(mp_tx *tx, void *arg, mp_error *err)
{
    putting *p = arg;
    int64_t expected;
    MP_TRY(expect(&expected, p, tx, err));
    MP_TRY(check_heirs(p, tx, err));
    MP_TRY(mp_substituting_end(tx, p->change.id, err));
    return mp_record_delete(tx, &mp_measure_kind, p->change.id, expected, err);
}

static mp_code delete_measure(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    putting p = { .change = { .app = app, .request = request } };
    MP_TRY(find(&p, app, err));
    response->status = 204;
    return mp_app_write(app, request, response, forget, &p, err);
}

/* ---- reading ---- */

static mp_code get(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    mp_measure measure;
    mp_str name;
    mp_ticks as_of;
    MP_TRY(mp_item_name(&name, request, "name", err));
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    MP_TRY(mp_measure_require(&measure, app, request, name, as_of, err));
    return mp_item_get(app, request, response, &mp_measure_kind, name, err);
}

static mp_code list(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return mp_list_answer(app, request, response, &(mp_listing){ .kind = &mp_measure_kind, .is_seen = is_seen },
                          err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "controls", .summary = "api.measures." name_
#define ONE "/measures/{name}"
#define ITS_SCOPES "{measure.scopes}"

const mp_route mp_routes_measures[MP_ROUTES_MEASURES] = {
    API(MP_GET, "/measures", MP_SIGNED_IN, list, SUMMARY("list"), PARAMS(list_params),
        .answer = &measures_shape),
    API(MP_POST, "/measures", ACTION "write", make, SUMMARY("make"), .scope = "{body.scopes}",
        .body = &made_shape, .answer = &measure_shape, .status = 201),
    API(MP_GET, ONE, ACTION "read", get, SUMMARY("get"), .scope = ITS_SCOPES, PARAMS(as_of_params),
        .answer = &measure_shape),
    API(MP_PUT, ONE, ACTION "write", replace, SUMMARY("replace"), .scope = ITS_SCOPES, .body = &measure_shape,
        .answer = &measure_shape),
    API(MP_DELETE, ONE, ACTION "delete", delete_measure, SUMMARY("delete"), .scope = ITS_SCOPES, .status = 204),
};
