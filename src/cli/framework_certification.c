/* SPDX-License-Identifier: Apache-2.0 */
#include "framework_certification.h"

#include <stdio.h>

#include "buf.h"

#define FRAMEWORKS "/api/v1/frameworks"

static mp_str text_of(const mp_json *of, const char *name)
{
    const mp_json *v = mp_json_get(of, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* {"ko", "en"} in the reader's language. */
static mp_str words_of(const mp_client *client, const mp_json *of, const char *name)
{
    const mp_json *v = mp_json_get(of, mp_str_from(name));
    mp_str ko = text_of(v, "ko"), en = text_of(v, "en");
    return (client->cli->lang == MP_LANG_KO && ko.len) || !en.len ? ko : en;
}

static void say(mp_buf *text, const mp_client *client, const char *id, mp_str first, mp_str second)
{
    mp_str args[] = { first, second };
    mp_say(text, client->cli->lang, id, args, MP_COUNT(args));
    mp_buf_add_c(text, '\n');
}

/* ---- find-scheme ---- */

const mp_option mp_find_scheme_operand = { .value = "FRAMEWORK [QUESTION=ANSWER...]",
                                           .help = "operand.framework.answers",
                                           .min = 1,
                                           .max = 65,
                                           MP_FIELD(struct mp_find_scheme_args, names) };
const mp_option mp_find_scheme_options[MP_FIND_SCHEME_OPTIONS] = {
    MP_ANSWER_OPTIONS(struct mp_find_scheme_args),
};

static const mp_column scheme_columns[] = {
    { "title", "column.scheme", NULL },
    { "id", "column.id", NULL },
    { "controls", "column.controls", NULL },
    { "fits", "column.fits", NULL },
};
static const mp_column choice_columns[] = { { "id", "column.answer", NULL },
                                            { "text", "column.meaning", NULL } };

/* Statements one below the other, each with where it comes from. */
static void add_said(mp_buf *text, const mp_client *client, const mp_json *list)
{
    if (!mp_json_is(list, MP_JSON_ARRAY))
        return;
    for (MP_JSON_EACH(one, list)) {
        const mp_json *inferred = mp_json_get(one, MP_S("inferred"));
        bool is_inferred = mp_json_is_true(inferred);
        say(text, client, is_inferred ? "framework.finder.inferred" : "framework.finder.said",
            words_of(client, one, "text"), words_of(client, one, "place"));
    }
}

static void add_next(mp_buf *text, mp_client *client, const mp_json *answer)
{
    mp_str next = text_of(answer, "next");
    const mp_json *questions = mp_json_get(answer, MP_S("questions"));
    if (!next.len || !mp_json_is(questions, MP_JSON_ARRAY))
        return;
    for (MP_JSON_EACH(q, questions)) {
        if (!mp_str_eq(text_of(q, "id"), next))
            continue;
        mp_buf_add_c(text, '\n');
        say(text, client, "framework.finder.next", words_of(client, q, "text"), next);
        if (words_of(client, q, "help").len)
            say(text, client, "framework.finder.help", words_of(client, q, "help"), MP_S(""));
        mp_columns_below(text, client->cli, choice_columns, MP_COUNT(choice_columns), mp_json_get(q, MP_S("choices")), &client->arena);
    }
}

/* What speaks for the schemes that fit, and against the others; when they are few, what is said of them too. */
static void add_reasons(mp_buf *text, mp_client *client, const mp_json *schemes, bool with_facts)
{
    if (!mp_json_is(schemes, MP_JSON_ARRAY))
        return;
    for (MP_JSON_EACH(s, schemes)) {
        const mp_json *fits = mp_json_get(s, MP_S("fits"));
        bool fit = mp_json_is_true(fits);
        const mp_json *list = mp_json_get(s, fit ? MP_S("for") : MP_S("against"));
        if (!mp_json_is(list, MP_JSON_ARRAY) || !list->count)
            continue;
        mp_buf_add_c(text, '\n');
        say(text, client, fit ? "framework.finder.for" : "framework.finder.against",
            words_of(client, s, "title"), MP_S(""));
        add_said(text, client, list);
        if (fit && with_facts)
            add_said(text, client, mp_json_get(s, MP_S("facts")));
    }
}

static bool fits_any(const mp_json *schemes)
{
    if (!mp_json_is(schemes, MP_JSON_ARRAY))
        return false;
    for (MP_JSON_EACH(s, schemes)) {
        const mp_json *fits = mp_json_get(s, MP_S("fits"));
        if (mp_json_is_true(fits))
            return true;
    }
    return false;
}

/* The document behind what was said. */
static void add_source(mp_buf *text, const mp_client *client, const mp_json *answer)
{
    static const char *const lists[] = { "reasons", "conditions", "effects" };
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        const mp_json *list = mp_json_get(answer, mp_str_from(lists[i]));
        if (!mp_json_is(list, MP_JSON_ARRAY) || !list->count)
            continue;
        mp_buf_add_c(text, '\n');
        say(text, client, "framework.finder.source", words_of(client, mp_json_first(list), "source"), MP_S(""));
        return;
    }
}

static mp_code show_found(mp_client *client, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    const mp_json *answer = client->answer.json, *conditions = mp_json_get(answer, MP_S("conditions"));
    mp_str outcome = text_of(answer, "outcome");
    mp_str id = mp_client_path(client, "framework.finder.outcome.%.*s", MP_FMT(outcome));
    if (!id.ptr)
        return mp_no_memory(err);
    say(&text, client, id.ptr, MP_S(""), MP_S(""));
    add_said(&text, client, mp_json_get(answer, MP_S("reasons")));
    if (fits_any(mp_json_get(answer, MP_S("schemes")))) {
        mp_columns_below(&text, client->cli, scheme_columns, MP_COUNT(scheme_columns),
                  mp_json_get(answer, MP_S("schemes")), &client->arena);
        add_reasons(&text, client, mp_json_get(answer, MP_S("schemes")), !mp_str_eq(outcome, MP_S("open")));
    }
    if (mp_json_is(conditions, MP_JSON_ARRAY) && conditions->count) {
        mp_buf_add_c(&text, '\n');
        say(&text, client, "framework.finder.conditions", MP_S(""), MP_S(""));
        add_said(&text, client, conditions);
    }
    add_next(&text, client, answer);
    add_source(&text, client, answer);
    return mp_output_whole(client->cli, NULL, &text, err);
}

mp_code mp_framework_find_scheme(mp_client *client, const void *args_, mp_error *err)
{
    const struct mp_find_scheme_args *args = args_;
    mp_buf answers = MP_BUF_INIT;
    for (size_t i = 1; i < args->names.count; i++) {
        mp_buf_add_z(&answers, i > 1 ? "," : "");
        mp_buf_add_z(&answers, args->names.items[i]);
    }
    mp_str path = mp_client_path(client, FRAMEWORKS "/%s/finder?answers=%s",
                                 mp_client_quote(client, mp_str_from(args->names.items[0])),
                                 mp_client_quote(client, mp_buf_str(&answers)));
    mp_buf_free(&answers);
    MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
    return client->format == MP_ANSWER_JSON ? mp_client_show(client, NULL, 0, err) : show_found(client, err);
}

/* ---- substitution ---- */

const mp_option mp_substitution_operand = {
    .value = "FRAMEWORK", .help = "operand.framework.scheme", .min = 1, .max = 1, MP_FIELD(mp_ask_args, name)
};

static const mp_column group_columns[] = {
    { "label", "column.label", NULL },         { "title", "column.title", NULL },
    { "controls", "column.controls", NULL },   { "substituted", "column.substituted", NULL },
    { "remaining", "column.remaining", NULL },
};
static const mp_column row_columns[] = {
    { "control/label", "column.label", NULL },
    { "control/title", "column.title", NULL },
    { "substituted", "column.substituted", NULL },
};

static mp_code show_substitution(mp_client *client, mp_error *err)
{
    static const char *const names[] = { "controls", "substituted", "remaining", "elsewhere" };
    mp_buf text = MP_BUF_INIT;
    const mp_json *answer = client->answer.json, *totals = mp_json_get(answer, MP_S("totals"));
    char numbers[MP_COUNT(names)][24];
    mp_str args[MP_COUNT(names) + 1];
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        const mp_json *v = mp_json_get(totals, mp_str_from(names[i]));
        snprintf(numbers[i], sizeof numbers[i], "%lld",
                 (long long)(mp_json_is(v, MP_JSON_INT) ? v->u.integer : 0));
        args[i] = mp_str_from(numbers[i]);
    }
    args[MP_COUNT(names)] = words_of(client, answer, "certificate");
    mp_say(&text, client->cli->lang, "framework.substitution.sum", args, MP_COUNT(args));
    mp_buf_add_c(&text, '\n');
    add_said(&text, client, mp_json_get(answer, MP_S("conditions")));
    add_said(&text, client, mp_json_get(answer, MP_S("effects")));
    mp_columns_below(&text, client->cli, group_columns, MP_COUNT(group_columns), mp_json_get(answer, MP_S("groups")), &client->arena);
    mp_columns_below(&text, client->cli, row_columns, MP_COUNT(row_columns), mp_json_get(answer, MP_S("rows")), &client->arena);
    add_source(&text, client, answer);
    return mp_output_whole(client->cli, NULL, &text, err);
}

mp_code mp_framework_substitution(mp_client *client, const void *args_, mp_error *err)
{
    const mp_ask_args *args = args_;
    mp_str path =
        mp_client_path(client, FRAMEWORKS "/%s/substitution", mp_client_quote(client, mp_str_from(args->name)));
    MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
    return client->format == MP_ANSWER_JSON ? mp_client_show(client, NULL, 0, err)
                                            : show_substitution(client, err);
}
