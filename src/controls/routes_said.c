/* SPDX-License-Identifier: Apache-2.0 */
/* Our own API for what people say about controls. What is said in a measure is for who may do so there, what is
 * said in general for who may do so everywhere. */
#include <stdio.h>
#include <stdlib.h>

#include "controls_routes.h"
#include "guard.h"
#include "measure.h"
#include "routes.h"
#include "said.h"
#include "secret.h"

/* ---- shapes ---- */

enum { ANSWERS_AT_ONCE = 2000 };

static const char *const statuses[] = { "open", "closed", NULL };
static const mp_json_shape id_shape = {
    .type = MP_TYPE_STRING, .min = 1, .max = 200, .doc = "api.said.evidence.id"
};
static const mp_property words_members[] = { { "ko", MP_TYPE_STRING, .max = 4096, .doc = "api.said.ko" },
                                             { "en", MP_TYPE_STRING, .max = 4096, .doc = "api.said.en" } };
static const mp_json_shape words_shape = { .type = MP_TYPE_OBJECT,
                                           .doc = "api.said.asked",
                                           MP_PROPERTIES(words_members) };

#define TARGET_MEMBERS                                                                                         \
    {                                                                                                          \
        "framework", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.measure.framework" \
    },                                                                                                         \
        { "control", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.said.control" },   \
    {                                                                                                          \
        "measure", MP_TYPE_STRING, .max = MP_MEASURE_NAME, .doc = "api.said.measure"                           \
    }
#define MADE_MEMBERS                                                                                           \
    { "by", MP_TYPE_STRING, .is_read_only = true, .doc = "api.said.by" },                                      \
    {                                                                                                          \
        "at", MP_TYPE_TIME, .is_read_only = true, .doc = "api.said.at"                                         \
    }

#define ANSWER_MEMBERS                                                                                         \
    { "question", MP_TYPE_INTEGER, .is_required = true, .min = 1, .max = 1000, .doc = "api.said.question" }, \
        { "answer", MP_TYPE_STRING, .is_required = true, .values = mp_said_answers, .doc = "api.said.answer" }, \
        { "note", MP_TYPE_STRING, .max = 4096, .doc = "api.said.note" }, \
        { "validUntil", MP_TYPE_TIME, .doc = "api.said.validUntil" }, \
        { "evidence", MP_TYPE_ARRAY, .shape = &id_shape, .max = 100, .doc = "api.said.evidence" }

static const mp_property answer_members[] = {
    MP_RECORD_MEMBERS,
    TARGET_MEMBERS,
    ANSWER_MEMBERS,
    { "asked", MP_TYPE_OBJECT, .shape = &words_shape, .is_read_only = true, .doc = "api.said.asked" },
    MADE_MEMBERS,
};
static const mp_json_shape answer_shape = {
    .name = "ControlAnswer", .type = MP_TYPE_OBJECT, .doc = "api.said.answers", MP_PROPERTIES(answer_members)
};
MP_LIST_SHAPE(answers_shape, answer_shape);

#define SAID_MEMBERS                                                                                           \
    { "control", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.said.control" },       \
        ANSWER_MEMBERS
static const mp_property one_members[] = { SAID_MEMBERS,
                                           { "seen", MP_TYPE_STRING, .max = MP_CLOCK_TEXT, .doc = "api.said.seen" } };
static const mp_json_shape one_shape = { .type = MP_TYPE_OBJECT,
                                         .doc = "api.said.answers",
                                         MP_PROPERTIES(one_members) };
static const mp_property many_members[] = {
    { "framework", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 200, .doc = "api.measure.framework" },
    { "measure", MP_TYPE_STRING, .max = MP_MEASURE_NAME, .doc = "api.said.measure" },
    { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &one_shape, .min = 1, .max = ANSWERS_AT_ONCE,
      .doc = "api.said.value" },
};
static const mp_json_shape many_shape = { .name = "ControlAnswers",
                                          .type = MP_TYPE_OBJECT,
                                          .doc = "api.said.many",
                                          MP_PROPERTIES(many_members) };
static const mp_property written_members[] = { { "written", MP_TYPE_INTEGER, .max = ANSWERS_AT_ONCE,
                                                 .doc = "api.said.written" } };
static const mp_json_shape written_shape = { .name = "ControlAnswersWritten",
                                             .type = MP_TYPE_OBJECT,
                                             .doc = "api.said.written",
                                             MP_PROPERTIES(written_members) };

static const mp_property exclusion_members[] = {
    MP_RECORD_MEMBERS,
    TARGET_MEMBERS,
    { "justification", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 4096,
      .doc = "api.said.justification" },
    { "validUntil", MP_TYPE_TIME, .doc = "api.said.validUntil" },
    MADE_MEMBERS,
};
static const mp_json_shape exclusion_shape = { .name = "ControlExclusion",
                                               .type = MP_TYPE_OBJECT,
                                               .doc = "api.said.exclusions",
                                               MP_PROPERTIES(exclusion_members) };
MP_LIST_SHAPE(exclusions_shape, exclusion_shape);

static const mp_property finding_members[] = {
    MP_RECORD_MEMBERS,
    TARGET_MEMBERS,
    { "title", MP_TYPE_STRING, .is_required = true, .min = 1, .max = 400, .doc = "api.said.title" },
    { "severity", MP_TYPE_STRING, .is_required = true, .values = mp_finding_severities,
      .doc = "api.said.severity" },
    { "due", MP_TYPE_TIME, .doc = "api.said.due" },
    { "note", MP_TYPE_STRING, .max = 4096, .doc = "api.said.note" },
    { "status", MP_TYPE_STRING, .is_read_only = true, .values = statuses, .doc = "api.said.status" },
    { "resolution", MP_TYPE_STRING, .is_read_only = true, .doc = "api.said.resolution" },
    { "closedBy", MP_TYPE_STRING, .is_read_only = true, .doc = "api.said.closedBy" },
    { "closedAt", MP_TYPE_TIME, .is_read_only = true, .doc = "api.said.closedAt" },
    MADE_MEMBERS,
};
static const mp_json_shape finding_shape = {
    .name = "ControlFinding", .type = MP_TYPE_OBJECT, .doc = "api.said.findings", MP_PROPERTIES(finding_members)
};
MP_LIST_SHAPE(findings_shape, finding_shape);
static const mp_property closing_members[] = { { "resolution", MP_TYPE_STRING, .is_required = true, .min = 1,
                                                 .max = 4096, .doc = "api.said.resolution" } };
static const mp_json_shape closing_shape = {
    .name = "ControlFindingEnd", .type = MP_TYPE_OBJECT, .doc = "api.said.close", MP_PROPERTIES(closing_members)
};

#define TARGET_PARAMS                                                                                          \
    { .name = "measure", .type = MP_TYPE_STRING, .max = MP_MEASURE_NAME, .doc = "api.said.param.measure" },    \
        { .name = "framework", .type = MP_TYPE_STRING, .doc = "api.said.param.framework" },                    \
    {                                                                                                          \
        .name = "control", .type = MP_TYPE_STRING, .doc = "api.said.param.control"                             \
    }
static const mp_param list_params[] = { MP_LIST_PARAMS, TARGET_PARAMS };
static const mp_param finding_params[] = {
    MP_LIST_PARAMS,
    TARGET_PARAMS,
    { .name = "status", .type = MP_TYPE_STRING, .values = statuses, .doc = "api.said.status" }
};

/* ---- what is said ---- */

typedef struct saying {
    mp_change change; /* first: mp_item_change() */
    const mp_json *said; /* the body, or one of many in it */
    const mp_kind *kind;
    mp_measure measure;
    const mp_framework *framework; /* held while it is made */
    const mp_control *control;
    const mp_answer *answer;
    const mp_json *body;
} saying;

static mp_code find_framework(saying *s, const mp_frameworks *all, mp_error *err)
{
    const mp_scheme *scheme;
    mp_str name = mp_json_get_text(s->change.request->json, "framework");
    MP_TRY(mp_framework_asked(&s->framework, &scheme, all, name, MP_S(""), err));
    if (s->measure.scope_count && !mp_str_eq(s->measure.framework, s->framework->id))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "the measure '%.*s' is of '%.*s', not of '%.*s'",
                       MP_FMT(s->measure.name), MP_FMT(s->measure.framework), MP_FMT(s->framework->id));
    return MP_OK;
}

static mp_code find_control(saying *s, mp_error *err)
{
    mp_str control = mp_json_get_text(s->said, "control");
    MP_TRY(mp_framework_has(&s->control, s->framework, MP_MISSING, control, err));
    for (size_t i = 0; i < s->framework->answers.count; i++)
        if (s->framework->answers.of[i].control == s->control)
            s->answer = &s->framework->answers.of[i];
    return MP_OK;
}

/* What is over already when it is said would count nowhere. */
static mp_code check_until(const saying *s, mp_error *err)
{
    mp_ticks until;
    mp_str text = mp_json_get_text(s->said, "validUntil");
    return !text.len || !mp_clock_parse(&until, text) || until > mp_clock_now()
               ? MP_OK
               : mp_fail(err, MP_PARAMETER, MP_NOWHERE, "\"validUntil\" is '%.*s', which is over; wanted is a time to come",
                         MP_FMT(text));
}

static void put_by(mp_jsonw *w, const saying *s, const char *by, const char *at)
{
    char *time = mp_arena_alloc(s->change.request->arena, MP_CLOCK_TEXT);
    mp_str who = mp_app_who(s->change.request)->id;
    if (!time) {
        w->failed = true;
        return;
    }
    mp_clock_format(time, mp_clock_now());
    mp_jsonw_put_str(w, by, who.len ? who : MP_S("local"));
    mp_jsonw_put_str(w, at, mp_str_from(time));
}

static mp_str kept(mp_jsonw *w, mp_str text)
{
    mp_str copy = mp_arena_dup(w->arena, text);
    w->failed = w->failed || !copy.ptr;
    return copy;
}

/* Framework and control by their ids, the measure, then what the body says beside them. */
static void begin(mp_jsonw *w, const saying *s)
{
    mp_jsonw_init(w, s->change.request->arena);
    mp_jsonw_object(w);
    mp_jsonw_put_str(w, "id", s->change.id);
    mp_jsonw_put_str(w, "framework", kept(w, s->framework->id));
    mp_jsonw_put_str(w, "control", kept(w, s->control->id));
    mp_jsonw_put_str(w, "measure", s->measure.scope_count ? s->measure.name : MP_S(""));
    for (MP_JSON_MEMBERS(name, s->said)) {
        mp_str n = mp_json_str(name);
        if (mp_str_eq(n, MP_S("framework")) || mp_str_eq(n, MP_S("control")) || mp_str_eq(n, MP_S("measure")) ||
            mp_str_eq(n, MP_S("seen")))
            continue;
        mp_jsonw_key(w, n);
        mp_jsonw_value(w, name + 1);
    }
    put_by(w, s, "by", "at");
}

static mp_code end(saying *s, mp_jsonw *w, mp_error *err)
{
    mp_jsonw_end(w);
    s->body = mp_jsonw_done(w);
    return s->body && s->change.id.ptr ? MP_OK : mp_no_memory(err);
}

static mp_str key_of(const saying *s, int64_t question)
{
    char number[24] = "";
    if (question)
        snprintf(number, sizeof number, "~%lld", (long long)question);
    return mp_arena_printf(s->change.request->arena, "%.*s~%.*s%s%s%.*s", MP_FMT(s->framework->id),
                           MP_FMT(s->control->id), number, s->measure.scope_count ? "~" : "",
                           MP_FMT(s->measure.name));
}

static mp_code make_answer(saying *s, mp_error *err)
{
    mp_jsonw w;
    int64_t question = mp_json_get(s->said, MP_S("question"))->u.integer;
    size_t count = s->answer ? s->answer->question_count : 0;
    MP_TRY(check_until(s, err));
    if (question > (int64_t)count)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "control '%.*s' has %zu questions; there is none of number %lld",
                       MP_FMT(s->control->label), count, (long long)question);
    s->change.id = key_of(s, question);
    begin(&w, s);
    mp_jsonw_key(&w, MP_S("asked"));
    mp_jsonw_object(&w);
    mp_jsonw_put_str(&w, "ko", kept(&w, s->answer->questions[question - 1].ko));
    mp_jsonw_put_str(&w, "en", kept(&w, s->answer->questions[question - 1].en));
    mp_jsonw_end(&w);
    return end(s, &w, err);
}

static mp_code make_exclusion(saying *s, mp_error *err)
{
    mp_jsonw w;
    MP_TRY(check_until(s, err));
    s->change.id = key_of(s, 0);
    begin(&w, s);
    return end(s, &w, err);
}

static mp_code make_finding(saying *s, mp_error *err)
{
    char id[37];
    mp_jsonw w;
    MP_TRY(mp_guid(id, err));
    s->change.id = mp_arena_dup(s->change.request->arena, mp_str_of(id, 36));
    begin(&w, s);
    mp_jsonw_put_str(&w, "status", MP_S("open"));
    return end(s, &w, err);
}

static mp_code store(mp_tx *tx, void *arg, mp_error *err)
{
    saying *s = arg;
    int64_t expected;
    MP_TRY(mp_measure_as_seen(tx, &s->measure, err));
    MP_TRY(mp_item_expect(&expected, tx, s->change.request, s->kind, s->change.id, err));
    MP_TRY(mp_record_put(NULL, tx, s->kind, s->change.id, s->body, expected, err));
    return mp_item_keep(&s->change, tx, s->kind, err);
}

typedef mp_code maker(saying *s, mp_error *err);

static mp_code say(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_kind *kind,
                   maker *make, const char *path, mp_error *err)
{
    saying s = { .change = { .app = app, .request = request }, .said = request->json, .kind = kind };
    const mp_held *held;
    MP_TRY(mp_measure_require(&s.measure, app, request, mp_json_get_text(request->json, "measure"), 0, err));
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    mp_code code = find_framework(&s, &held->all, err);
    if (code == MP_OK)
        code = find_control(&s, err);
    if (code == MP_OK)
        code = make(&s, err);
    mp_held_drop(held);
    MP_TRY(code);
    response->status = 201;
    MP_TRY(mp_respond_location(request, response, path, s.change.id, err));
    return mp_item_change(app, request, response, store, &s.change, err);
}

#define ANSWERS "/api/v1/control-answers"
#define EXCLUSIONS "/api/v1/control-exclusions"
#define FINDINGS "/api/v1/control-findings"

static mp_code answer(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return say(app, request, response, &mp_control_answer_kind, make_answer, ANSWERS, err);
}

static mp_code exclude(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return say(app, request, response, &mp_control_exclusion_kind, make_exclusion, EXCLUSIONS, err);
}

static mp_code open_finding(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return say(app, request, response, &mp_control_finding_kind, make_finding, FINDINGS, err);
}

/* ---- many answers at once: all of them are understood before one is written ---- */

typedef struct answering {
    saying *of;
    size_t count;
} answering;

static int by_id(const void *a, const void *b)
{
    return mp_str_cmp(((const saying *)a)->change.id, ((const saying *)b)->change.id);
}

static mp_code make_answers(answering *all, const saying *first, mp_error *err)
{
    for (MP_JSON_EACH(one, mp_json_get(first->change.request->json, MP_S("value")))) {
        saying *s = &all->of[all->count++];
        *s = *first;
        s->said = one;
        MP_TRY(find_control(s, err));
        MP_TRY(make_answer(s, err));
    }
    qsort(all->of, all->count, sizeof *all->of, by_id);
    for (size_t i = 1; i < all->count; i++)
        if (mp_str_eq(all->of[i].change.id, all->of[i - 1].change.id))
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "there are two answers for '%.*s'",
                           MP_FMT(all->of[i].change.id));
    return MP_OK;
}

/* The answer of this key; NULL: there is none. */
static mp_code what_stands(const mp_json **out, mp_tx *tx, mp_str key, mp_error *err)
{
    mp_record record;
    mp_error why = { .code = MP_OK };
    mp_code code = mp_record_get(&record, tx, &mp_control_answer_kind, key, 0, mp_tx_arena(tx), &why);
    *out = code == MP_OK ? record.body : NULL;
    return code == MP_OK || code == MP_MISSING ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

/* Who answered, what and when, is for who may read answers. */
static mp_code not_seen(const saying *s, const mp_json *now, mp_error *err)
{
    static const char read[] = "Mapae.Controls/answers/read";
    mp_app *app = s->change.app;
    int64_t question = mp_json_get(s->said, MP_S("question"))->u.integer;
    mp_str control = mp_json_get_text(s->said, "control");
    bool may_read = s->measure.scope_count ? mp_measure_may(app, s->change.request, read, &s->measure)
                                           : mp_app_may(app, s->change.request, read, MP_S("/"));
    if (now && may_read)
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                       "question %lld of control '%.*s' was answered \"%.*s\" by %.*s at %.*s meanwhile; look at it, and ask again",
                       (long long)question, MP_FMT(control), MP_FMT(mp_json_get_text(now, "answer")),
                       MP_FMT(mp_json_get_text(now, "by")), MP_FMT(mp_json_get_text(now, "at")));
    return mp_fail(err, MP_CONFLICT, MP_NOWHERE,
                   "question %lld of control '%.*s' was answered by somebody else just now; look at it, and ask again",
                   (long long)question, MP_FMT(control));
}

/* Nobody's answer is replaced that was not seen: what counts now, the measure's own or else what is said in general, is
 * what the one who sends it looked at. Who does not say what he looked at is not asked. */
static mp_code check_seen(mp_tx *tx, const saying *s, mp_error *err)
{
    const mp_json *seen = mp_json_get(s->said, MP_S("seen"));
    const mp_json *now;
    if (!seen)
        return MP_OK;
    MP_TRY(what_stands(&now, tx, s->change.id, err));
    if (!now && s->measure.scope_count) /* the key without "~MEASURE" */
        MP_TRY(what_stands(&now, tx, mp_str_of(s->change.id.ptr, s->change.id.len - s->measure.name.len - 1), err));
    return mp_str_eq(mp_json_get_text(now, "at"), mp_json_str(seen)) ? MP_OK : not_seen(s, now, err);
}

static mp_code store_answers(mp_tx *tx, void *arg, mp_error *err)
{
    const answering *all = arg;
    MP_TRY(mp_measure_as_seen(tx, &all->of[0].measure, err));
    for (size_t i = 0; i < all->count; i++) {
        MP_TRY(check_seen(tx, &all->of[i], err));
        MP_TRY(mp_record_put(NULL, tx, &mp_control_answer_kind, all->of[i].change.id, all->of[i].body,
                             MP_ANY_VERSION, err));
    }
    return MP_OK;
}

static mp_code answer_many(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    saying first = { .change = { .app = app, .request = request }, .kind = &mp_control_answer_kind };
    answering all = { .count = 0 };
    const mp_held *held;
    mp_jsonw w;
    MP_TRY(mp_measure_require(&first.measure, app, request, mp_json_get_text(request->json, "measure"), 0, err));
    all.of = MP_ARENA_ARRAY(request->arena, saying, mp_json_get(request->json, MP_S("value"))->count + 1);
    if (!all.of)
        return mp_no_memory(err);
    MP_TRY(mp_held_take(&held, mp_controls_of(app)->holding, err));
    mp_code code = find_framework(&first, &held->all, err);
    if (code == MP_OK)
        code = make_answers(&all, &first, err);
    mp_held_drop(held);
    MP_TRY(code);
    MP_TRY(mp_app_write(app, request, response, store_answers, &all, err));
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "written", (int64_t)all.count);
    mp_jsonw_end(&w);
    return mp_respond_json(request, response, 200, mp_jsonw_done(&w), err);
}

/* ---- one ---- */

static mp_code read_one(mp_tx *tx, void *arg, mp_error *err)
{
    saying *s = arg;
    return mp_record_get(&s->change.out, tx, s->kind, s->change.id, 0, s->change.request->arena, err);
}

/* The one of the path, for who may do the route's action where it is said. Who may not is told what he is told
 * of any other name. */
static mp_code find(saying *s, mp_app *app, mp_error *err)
{
    mp_error why = { .code = MP_OK };
    s->change.id = mp_http_param(s->change.request, "id");
    mp_code code = mp_store_read(app->store, read_one, s, &why);
    if (code == MP_OK)
        code = mp_measure_require(&s->measure, app, s->change.request,
                                  mp_json_get_text(s->change.out.body, "measure"), 0, &why);
    if (code == MP_MISSING)
        return mp_fail(err, MP_MISSING, MP_NOWHERE, "nothing of this id is said about a control");
    return code == MP_OK ? MP_OK : mp_fail(err, code, MP_NOWHERE, "%s", why.message);
}

static mp_code remove_it(mp_tx *tx, void *arg, mp_error *err)
{
    saying *s = arg;
    MP_TRY(mp_measure_as_seen(tx, &s->measure, err));
    return mp_record_delete(tx, s->kind, s->change.id, s->change.out.version, err);
}

static mp_code take_back(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_kind *kind,
                         mp_error *err)
{
    saying s = { .change = { .app = app, .request = request }, .kind = kind };
    MP_TRY(find(&s, app, err));
    response->status = 204;
    return mp_app_write(app, request, response, remove_it, &s, err);
}

static mp_code delete_answer(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return take_back(app, request, response, &mp_control_answer_kind, err);
}

static mp_code delete_exclusion(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return take_back(app, request, response, &mp_control_exclusion_kind, err);
}

static mp_code close_it(mp_tx *tx, void *arg, mp_error *err)
{
    saying *s = arg;
    MP_TRY(mp_measure_as_seen(tx, &s->measure, err));
    MP_TRY(mp_record_put(NULL, tx, s->kind, s->change.id, s->body, s->change.out.version, err));
    return mp_item_keep(&s->change, tx, s->kind, err);
}

static mp_code close_finding(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    saying s = { .change = { .app = app, .request = request }, .kind = &mp_control_finding_kind };
    mp_jsonw w;
    MP_TRY(find(&s, app, err));
    if (!mp_str_eq(mp_json_get_text(s.change.out.body, "status"), MP_S("open")))
        return mp_fail(err, MP_CONFLICT, MP_NOWHERE, "the finding is closed already");
    mp_jsonw_init(&w, request->arena);
    mp_jsonw_object(&w);
    for (MP_JSON_MEMBERS(name, s.change.out.body)) {
        bool is_status = mp_str_eq(mp_json_str(name), MP_S("status"));
        mp_jsonw_key(&w, mp_json_str(name));
        if (is_status)
            mp_jsonw_str(&w, MP_S("closed"));
        else
            mp_jsonw_value(&w, name + 1);
    }
    mp_jsonw_put_str(&w, "resolution", mp_json_get_text(request->json, "resolution"));
    put_by(&w, &s, "closedBy", "closedAt");
    MP_TRY(end(&s, &w, err));
    return mp_item_change(app, request, response, close_it, &s.change, err);
}

/* ---- lists: of one measure, or of what is said in general ---- */

static mp_code list(mp_app *app, mp_http_request *request, mp_http_response *response, const mp_kind *kind,
                    mp_error *err)
{
    mp_measure measure;
    mp_ticks as_of;
    MP_TRY(mp_query_time(&as_of, request, MP_S("asOf"), err));
    MP_TRY(mp_measure_require(&measure, app, request, mp_http_query(request, MP_S("measure")), as_of, err));
    mp_record_filter filter = { "measure", MP_FILTER_EQ, measure.scope_count ? measure.name : MP_S("") };
    return mp_list_answer(app, request, response,
                          &(mp_listing){ .kind = kind, .fixed = &filter, .fixed_count = 1 }, err);
}

static mp_code list_answers(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return list(app, request, response, &mp_control_answer_kind, err);
}

static mp_code list_exclusions(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return list(app, request, response, &mp_control_exclusion_kind, err);
}

static mp_code list_findings(void *app, mp_http_request *request, mp_http_response *response, mp_error *err)
{
    return list(app, request, response, &mp_control_finding_kind, err);
}

/* ---- the table ---- */

#define SUMMARY(name_) .tag = "controls", .summary = "api.said." name_
#define OF_MEASURE .scope = "{measure.scopes}"
#define ACTION "Mapae.Controls/"

const mp_route mp_routes_said[MP_ROUTES_SAID] = {
    API(MP_GET, "/control-answers", ACTION "answers/read", list_answers, SUMMARY("listAnswers"), OF_MEASURE,
        PARAMS(list_params), .answer = &answers_shape),
    API(MP_POST, "/control-answers", ACTION "answers/write", answer, SUMMARY("sayAnswer"), OF_MEASURE,
        .body = &answer_shape, .answer = &answer_shape, .status = 201),
    API(MP_POST, "/control-answers/import", ACTION "answers/write", answer_many, SUMMARY("sayAnswers"), OF_MEASURE,
        .body = &many_shape, .answer = &written_shape),
    API(MP_DELETE, "/control-answers/{id}", ACTION "answers/delete", delete_answer, SUMMARY("deleteAnswer"),
        OF_MEASURE, .status = 204),
    API(MP_GET, "/control-exclusions", ACTION "exclusions/read", list_exclusions, SUMMARY("listExclusions"),
        OF_MEASURE, PARAMS(list_params), .answer = &exclusions_shape),
    API(MP_POST, "/control-exclusions", ACTION "exclusions/write", exclude, SUMMARY("exclude"), OF_MEASURE,
        .body = &exclusion_shape, .answer = &exclusion_shape, .status = 201),
    API(MP_DELETE, "/control-exclusions/{id}", ACTION "exclusions/delete", delete_exclusion,
        SUMMARY("deleteExclusion"), OF_MEASURE, .status = 204),
    API(MP_GET, "/control-findings", ACTION "findings/read", list_findings, SUMMARY("listFindings"), OF_MEASURE,
        PARAMS(finding_params), .answer = &findings_shape),
    API(MP_POST, "/control-findings", ACTION "findings/write", open_finding, SUMMARY("openFinding"), OF_MEASURE,
        .body = &finding_shape, .answer = &finding_shape, .status = 201),
    API(MP_POST, "/control-findings/{id}/close", ACTION "findings/write", close_finding,
        SUMMARY("closeFinding"), OF_MEASURE, .body = &closing_shape, .answer = &finding_shape),
};
