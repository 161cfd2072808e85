/* SPDX-License-Identifier: Apache-2.0 */
/* Reading of a finder: names become numbers, so that deciding compares bits. */
#include "finder.h"

#include "frameworks.h"
#include "oscal.h"

typedef struct reading {
    mp_finder *out;
    mp_finder_question *questions;
    mp_finder_scheme *schemes;
    const mp_framework *framework;
    const mp_citing *citing;
} reading;

/* An array that must be there, of at most `most`. */
static mp_code wanted_list(const mp_json **out, const mp_json *object, const char *member, size_t most,
                           mp_error *err)
{
    MP_TRY(mp_oscal_array(out, object, member, err));
    if (!*out || !(*out)->count)
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the finder has no \"%s\"", member);
    if ((*out)->count > most)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "\"%s\" of the finder are %u; the most is %zu", member,
                       (*out)->count, most);
    return MP_OK;
}

/* ---- schemes ---- */

static mp_code scheme_bit(uint64_t *bits, const reading *r, mp_str id, mp_error *err)
{
    for (size_t i = 0; i < r->out->scheme_count; i++)
        if (mp_str_eq(r->schemes[i].id, id)) {
            *bits |= UINT64_C(1) << i;
            return MP_OK;
        }
    return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the finder has no scheme '%.*s'", MP_FMT(id));
}

static mp_code read_scheme(reading *r, const mp_json *json, mp_error *err)
{
    mp_finder_scheme *s = &r->schemes[r->out->scheme_count];
    const mp_json *published = mp_json_get(json, MP_S("published"));
    uint64_t before = 0;
    *s = (mp_finder_scheme){ .id = mp_json_get_text(json, "id"),
                             .title = mp_oscal_words(mp_json_get(json, MP_S("title"))) };
    if (scheme_bit(&before, r, s->id, NULL) == MP_OK)
        return mp_fail(err, MP_EXISTS, MP_NOWHERE, "the finder has the scheme '%.*s' twice", MP_FMT(s->id));
    s->scheme = mp_scheme_find(r->framework, s->id);
    if (!s->scheme && !(mp_json_is(published, MP_JSON_BOOL) && !published->u.integer))
        return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the framework has no scheme '%.*s'", MP_FMT(s->id));
    r->out->scheme_count++;
    return MP_OK;
}

static mp_code read_scheme_list(uint64_t *bits, const reading *r, const mp_json *json, const char *member,
                                mp_error *err)
{
    const mp_str *names;
    size_t count = 0;
    MP_TRY(mp_names_read(&names, &count, json, member, r->citing, err));
    for (size_t i = 0; i < count; i++)
        MP_TRY(scheme_bit(bits, r, names[i], err));
    return MP_OK;
}

/* ---- tests ---- */

static const mp_finder_question *question_of(const reading *r, mp_str id)
{
    for (size_t i = 0; i < r->out->question_count; i++)
        if (mp_str_eq(r->questions[i].id, id))
            return &r->questions[i];
    return NULL;
}

static mp_code choice_bit(uint64_t *bits, const mp_finder_question *q, const mp_json *name, mp_error *err)
{
    mp_str id = mp_json_is(name, MP_JSON_STRING) ? mp_json_str(name) : MP_S("");
    for (size_t i = 0; i < q->choice_count; i++)
        if (mp_str_eq(q->choices[i].id, id)) {
            *bits |= UINT64_C(1) << i;
            return MP_OK;
        }
    return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the question '%.*s' of the finder has no answer '%.*s'",
                   MP_FMT(q->id), MP_FMT(id));
}

static mp_code read_tests(const mp_finder_test **out, size_t *count, const reading *r, const mp_json *json,
                          mp_error *err)
{
    const mp_json *when = mp_json_get(json, MP_S("when"));
    if (!when)
        return MP_OK;
    if (!mp_json_is(when, MP_JSON_OBJECT))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"when\" of the finder wants {QUESTION: [ANSWER]}");
    mp_finder_test *tests = MP_ARENA_ARRAY(r->citing->arena, mp_finder_test, when->count + 1);
    if (!tests)
        return mp_no_memory(err);
    for (MP_JSON_MEMBERS(key, when)) {
        const mp_finder_question *q = question_of(r, mp_json_str(key));
        if (!q)
            return mp_fail(err, MP_REFERENCE, MP_NOWHERE, "the finder has no question '%.*s' before that",
                           MP_FMT(mp_json_str(key)));
        if (!mp_json_is(key + 1, MP_JSON_ARRAY))
            return mp_fail(err, MP_FORMAT, MP_NOWHERE, "\"when\" of the finder wants {QUESTION: [ANSWER]}");
        mp_finder_test *t = &tests[(*count)++];
        t->question = (size_t)(q - r->questions);
        for (MP_JSON_EACH(name, key + 1))
            MP_TRY(choice_bit(&t->choices, q, name, err));
    }
    *out = tests;
    return MP_OK;
}

/* ---- questions, rules ---- */

static mp_code read_choices(mp_finder_question *q, const reading *r, const mp_json *json, mp_error *err)
{
    const mp_json *list;
    MP_TRY(wanted_list(&list, json, "choices", MP_FINDER_MAX, err));
    mp_finder_choice *choices = MP_ARENA_ARRAY(r->citing->arena, mp_finder_choice, list->count);
    if (!choices)
        return mp_no_memory(err);
    for (MP_JSON_EACH(one, list)) {
        uint64_t before = 0;
        mp_str id = mp_json_get_text(one, "id");
        q->choices = choices;
        if (!id.len || choice_bit(&before, q, mp_json_get(one, MP_S("id")), NULL) == MP_OK)
            return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                           "the question '%.*s' of the finder has an answer twice, or one without \"id\"",
                           MP_FMT(q->id));
        choices[q->choice_count++] =
            (mp_finder_choice){ .id = id, .text = mp_oscal_words(mp_json_get(one, MP_S("text"))) };
    }
    return MP_OK;
}

static mp_code read_question(reading *r, const mp_json *json, mp_error *err)
{
    mp_finder_question *q = &r->questions[r->out->question_count];
    q->id = mp_json_get_text(json, "id");
    q->text = mp_oscal_words(mp_json_get(json, MP_S("text")));
    q->help = mp_oscal_words(mp_json_get(json, MP_S("help")));
    if (!q->id.len || (!q->text.ko.len && !q->text.en.len) || question_of(r, q->id))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE,
                       "a question of the finder has no \"id\" or \"text\", or stands twice: '%.*s'",
                       MP_FMT(q->id));
    MP_TRY(read_tests(&q->tests, &q->test_count, r, json, err));
    MP_TRY(read_choices(q, r, json, err));
    r->out->question_count++;
    return MP_OK;
}

static mp_code read_outcome(mp_finding *out, const mp_json *json, mp_error *err)
{
    mp_str name = mp_json_get_text(json, "outcome");
    for (mp_finding i = MP_FOUND_NOT_SUBJECT; i < MP_FINDING_COUNT; i++)
        if (mp_str_eq(name, mp_str_from(mp_finding_name(i)))) {
            *out = i;
            return MP_OK;
        }
    *out = MP_FOUND_OPEN;
    return !name.len ? MP_OK
                     : mp_fail(err, MP_FORMAT, MP_NOWHERE, "'%.*s' is no outcome of a finder", MP_FMT(name));
}

static mp_code read_rule(mp_finder_rule *rule, const reading *r, const mp_json *json, mp_error *err)
{
    const mp_json *condition = mp_json_get(json, MP_S("condition"));
    MP_TRY(mp_cited_read(&rule->said, json, r->citing, err));
    MP_TRY(read_tests(&rule->tests, &rule->test_count, r, json, err));
    MP_TRY(read_outcome(&rule->outcome, json, err));
    MP_TRY(read_scheme_list(&rule->supports, r, json, "supports", err));
    MP_TRY(read_scheme_list(&rule->excludes, r, json, "excludes", err));
    rule->is_condition = mp_json_is_true(condition);
    return MP_OK;
}

static mp_code read_rules(reading *r, const mp_json *json, mp_error *err)
{
    const mp_json *list;
    MP_TRY(wanted_list(&list, json, "rules", 1000, err));
    mp_finder_rule *rules = MP_ARENA_ARRAY(r->citing->arena, mp_finder_rule, list->count);
    if (!rules)
        return mp_no_memory(err);
    r->out->rules = rules;
    for (MP_JSON_EACH(one, list))
        MP_TRY(read_rule(&rules[r->out->rule_count++], r, one, err));
    return MP_OK;
}

mp_code mp_finder_read(mp_finder *out, const mp_json *json, const mp_framework *framework,
                       const mp_citing *citing, mp_error *err)
{
    reading r = { .out = out, .framework = framework, .citing = citing };
    const mp_json *schemes, *questions;
    *out = (mp_finder){ .question_count = 0 };
    MP_TRY(wanted_list(&schemes, json, "schemes", MP_FINDER_MAX, err));
    MP_TRY(wanted_list(&questions, json, "questions", MP_FINDER_MAX, err));
    r.schemes = MP_ARENA_ARRAY(citing->arena, mp_finder_scheme, schemes->count);
    r.questions = MP_ARENA_ARRAY(citing->arena, mp_finder_question, questions->count);
    if (!r.schemes || !r.questions)
        return mp_no_memory(err);
    out->schemes = r.schemes;
    out->questions = r.questions;
    for (MP_JSON_EACH(one, schemes))
        MP_TRY(read_scheme(&r, one, err));
    for (MP_JSON_EACH(one, questions))
        MP_TRY(read_question(&r, one, err));
    return read_rules(&r, json, err);
}
