/* SPDX-License-Identifier: Apache-2.0 */
#include "framework_move.h"

#include "jsonw.h"

#define MEASURES "/api/v1/measures"

const mp_option mp_framework_move_operand = { .value = "MEASURE FRAMEWORK",
                                              .help = "operand.framework.move",
                                              .min = 2,
                                              .max = 2,
                                              MP_FIELD(struct mp_framework_move_args, names) };
const mp_option mp_framework_move_options[MP_FRAMEWORK_MOVE_OPTIONS] = {
    { .name = "yes", .help = "option.framework.move-yes", MP_FIELD(struct mp_framework_move_args, yes) },
    { .name = "same", .help = "option.framework.same", MP_FIELD(struct mp_framework_move_args, same) },
    MP_ANSWER_OPTIONS(struct mp_framework_move_args),
};

static const mp_column columns[] = {
    { "what", "column.what", "framework.differs." },
    { "from/label", "column.old", NULL },
    { "from/title", "column.old-title", NULL },
    { "from/state", "column.old-state", "comply.state." },
    { "to/label", "column.new", NULL },
    { "to/title", "column.new-title", NULL },
    { "to/state", "column.new-state", "comply.state." },
    { "relation", "column.relation", "framework.relation." },
    { "answers", "column.said-answers", NULL },
    { "exclusions", "column.said-exclusions", NULL },
    { "findings", "column.said-findings", NULL },
    { "decisions", "column.said-decisions", NULL },
};

static mp_str text_of(const mp_json *of, const char *name)
{
    const mp_json *v = mp_json_get(of, mp_str_from(name));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

static int64_t number_of(const mp_json *of, const char *name)
{
    const mp_json *v = mp_json_get(of, mp_str_from(name));
    return mp_json_is(v, MP_JSON_INT) ? v->u.integer : 0;
}

/* What stays as it is and has nothing that stays behind is not worth a row. */
static bool is_worth(const mp_json *row)
{
    static const char *const behind[] = { "answers", "exclusions", "findings", "decisions" };
    bool is_worth = !mp_str_eq(text_of(row, "what"), MP_S("same")) ||
                    !mp_str_eq(text_of(mp_json_get(row, MP_S("from")), "state"),
                               text_of(mp_json_get(row, MP_S("to")), "state"));
    for (size_t i = 0; i < MP_COUNT(behind); i++)
        is_worth = is_worth || number_of(row, behind[i]);
    return is_worth;
}

static const mp_json *rows_of(mp_client *client, const mp_json *answer, bool with_same)
{
    const mp_json *rows = mp_json_get(answer, MP_S("rows"));
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_array(&w);
    if (mp_json_is(rows, MP_JSON_ARRAY))
        for (MP_JSON_EACH(row, rows))
            if (with_same || is_worth(row))
                mp_jsonw_value(&w, row);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* A line of a message, with numbers of an object as {0}, {1}... */
static void say_numbers(mp_buf *text, mp_client *client, const char *id, const mp_json *of,
                        const char *const *names, size_t count)
{
    mp_str args[8];
    for (size_t i = 0; i < count; i++)
        args[i] = mp_client_path(client, "%lld", (long long)number_of(of, names[i]));
    mp_say(text, client->cli->lang, id, args, count);
    mp_buf_add_c(text, '\n');
}

static mp_str percent_of(mp_client *client, const mp_json *side)
{
    const mp_json *percent = mp_json_get(mp_json_get(side, MP_S("score")), MP_S("percent"));
    return percent ? mp_client_path(client, "%g", mp_json_double(percent)) : MP_S("-");
}

static mp_code show(mp_client *client, const struct mp_framework_move_args *args, const mp_json *answer,
                    mp_error *err)
{
    static const char *const differs[] = { "removed", "added", "moved", "renamed", "changed", "same" };
    static const char *const behind[] = { "answers", "exclusions", "findings", "decisions" };
    const mp_json *from = mp_json_get(answer, MP_S("from")), *to = mp_json_get(answer, MP_S("to")),
                  *totals = mp_json_get(answer, MP_S("totals"));
    const mp_str heads[] = { text_of(answer, "measure"), text_of(from, "framework"), text_of(to, "framework"),
                             percent_of(client, from), percent_of(client, to) };
    mp_buf text = MP_BUF_INIT;
    mp_say(&text, client->cli->lang, "framework.move.head", heads, MP_COUNT(heads));
    mp_buf_add_c(&text, '\n');
    say_numbers(&text, client, "framework.differs.sum", totals, differs, MP_COUNT(differs));
    say_numbers(&text, client, "framework.move.behind", totals, behind, MP_COUNT(behind));
    if (!mp_json_get(answer, MP_S("basis"))) {
        mp_buf_add(&text, mp_message(client->cli->lang, "framework.differs.without"));
        mp_buf_add_c(&text, '\n');
    }
    mp_columns_below(&text, client->cli, columns, MP_COUNT(columns), rows_of(client, answer, args->same),
                     &client->arena);
    return mp_output_whole(client->cli, NULL, &text, err);
}

/* The measure as it is, with the other edition. */
static const mp_json *moved(mp_client *client, const mp_json *measure, const mp_json *to)
{
    static const char *const kept[] = { "title", "scopes", "service", "environment", "owner", "inheritsFrom", "shared" };
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    for (size_t i = 0; i < MP_COUNT(kept); i++) {
        const mp_json *v = mp_json_get(measure, mp_str_from(kept[i]));
        if (v)
            mp_jsonw_put_value(&w, kept[i], v);
    }
    mp_jsonw_put_str(&w, "framework", text_of(to, "framework"));
    if (text_of(to, "scheme").len)
        mp_jsonw_put_str(&w, "scheme", text_of(to, "scheme"));
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* Only the measure that was there before what changes was worked out: who changed it meanwhile is not undone, and nobody is moved
 * by what he was not shown. */
static mp_code move(mp_client *client, mp_str path, const mp_local_answer *measure, const mp_json *to, mp_error *err)
{
    mp_local_request request = {
        .method = MP_PUT, .path = path, .json = moved(client, measure->json, to), .expected = measure->version
    };
    if (!request.json)
        return mp_no_memory(err);
    MP_TRY(mp_local_ask(&client->answer, client->local, &request, &client->arena, err));
    return mp_local_check(&client->answer, err);
}

mp_code mp_framework_move(mp_client *client, const void *args_, mp_error *err)
{
    const struct mp_framework_move_args *args = args_;
    mp_str path = mp_client_path(client, MEASURES "/%s", mp_client_quote(client, mp_str_from(args->names.items[0])));
    MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
    const mp_local_answer measure = client->answer;
    MP_TRY(mp_client_ask(client, MP_GET,
                         mp_client_path(client, "%.*s/move?framework=%s", MP_FMT(path),
                                        mp_client_quote(client, mp_str_from(args->names.items[1]))),
                         NULL, err));
    const mp_json *answer = client->answer.json;
    MP_TRY(client->format == MP_ANSWER_JSON ? mp_client_show(client, NULL, 0, err) : show(client, args, answer, err));
    if (args->yes)
        MP_TRY(move(client, path, &measure, mp_json_get(answer, MP_S("to")), err));
    mp_cli_note(client->cli, args->yes ? "framework.move.done" : "framework.move.not-done", NULL);
    return MP_OK;
}
