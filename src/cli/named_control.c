/* SPDX-License-Identifier: Apache-2.0 */
#include "named_control.h"

#include "evidence_add.h"
#include "state_changes.h"
#include "time_put.h"

/* ---- names ---- */

static mp_code framework_of_measure(mp_str *out, mp_client *client, const char *measure, mp_error *err)
{
    MP_TRY(mp_client_ask(
        client, MP_GET,
        mp_client_path(client, "/api/v1/measures/%s", mp_client_quote(client, mp_str_from(measure))), NULL, err));
    const mp_json *framework = mp_json_get(client->answer.json, MP_S("framework"));
    *out = mp_json_is(framework, MP_JSON_STRING) ? mp_arena_dup(&client->arena, mp_json_str(framework)) : MP_S("");
    return out->ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_named_control_of(mp_named_control *out, mp_client *client, const char *name, const char *measure,
                            mp_error *err)
{
    bool is_number = strchr(name, '/') == NULL;
    *out = (mp_named_control){ .control = mp_str_from(name), .measure = measure };
    if (!is_number)
        return mp_evidence_split(&out->framework, &out->control, name, err);
    if (!measure)
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "\"%s\" says no framework: wanted FRAMEWORK/CONTROL, or --measure beside it", name);
    return framework_of_measure(&out->framework, client, measure, err);
}

mp_code mp_client_framework(mp_str *out, mp_client *client, const char *framework, const char *measure, mp_error *err)
{
    if (!framework == !measure)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "wanted either a framework or --measure");
    *out = framework ? mp_str_from(framework) : MP_S("");
    return framework ? MP_OK : framework_of_measure(out, client, measure, err);
}

/* ---- saying ---- */

void mp_client_time(mp_jsonw *w, const char *name, const mp_when *when)
{
    if (when->is_given)
        mp_time_put(w, name, when->at);
}

void mp_named_control_put(mp_jsonw *w, const mp_named_control *control)
{
    mp_jsonw_put_str(w, "framework", control->framework);
    mp_jsonw_put_str(w, "control", control->control);
    mp_client_member(w, "measure", control->measure);
}

mp_code mp_say_of_control(mp_client *client, const char *path, const mp_named_control *control, mp_say_members put,
                          const void *args, const mp_column *columns, size_t column_count, mp_error *err)
{
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_named_control_put(&w, control);
    put(&w, args);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_client_ask(client, MP_POST, mp_str_from(path), body, err));
    return mp_client_show(client, columns, column_count, err);
}

/* ---- withdrawing ---- */

const mp_option mp_withdraw_operand = {
    .value = "CONTROL", .help = "operand.said.withdraw", .min = 1, .max = 1, MP_FIELD(mp_withdraw_args, name)
};
const mp_option mp_withdraw_options[MP_WITHDRAW_OPTION_COUNT] = {
    MP_MEASURE_OPTION(mp_withdraw_args),
    MP_ANSWER_OPTIONS(mp_withdraw_args),
};

static mp_str text_of(const mp_client *client, const char *member)
{
    const mp_json *v = mp_json_get(client->answer.json, mp_str_from(member));
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : MP_S("");
}

/* The key that what is said of a control has (said.h, decisions.h). */
static mp_code id_of(mp_str *out, mp_client *client, const mp_withdraw_args *what, mp_error *err)
{
    mp_named_control control;
    MP_TRY(mp_named_control_of(&control, client, what->name, what->measure, err));
    MP_TRY(mp_client_ask(client, MP_GET,
                         mp_client_path(client, "/api/v1/frameworks/%s/controls/%s",
                                        mp_client_quote(client, control.framework),
                                        mp_client_quote(client, control.control)),
                         NULL, err));
    mp_str number = what->question ? mp_client_path(client, "~%lld", (long long)what->question) : MP_S("");
    mp_str measure = mp_arena_lower(&client->arena, mp_str_from(what->measure ? what->measure : ""));
    *out = mp_client_path(client, "%.*s~%.*s%.*s%s%.*s", MP_FMT(text_of(client, "framework")),
                          MP_FMT(text_of(client, "id")), MP_FMT(number), measure.len ? "~" : "", MP_FMT(measure));
    return out->ptr ? MP_OK : mp_no_memory(err);
}

mp_code mp_withdraw(mp_client *client, const mp_withdraw_args *what, const char *path, mp_error *err)
{
    mp_str id = mp_str_from(what->name);
    if (mp_str_find(id, '~') == SIZE_MAX)
        MP_TRY(id_of(&id, client, what, err));
    MP_TRY(mp_client_ask(client, MP_DELETE,
                         mp_client_path(client, "%s/%s", path, mp_client_quote(client, id)), NULL, err));
    mp_cli_note(client->cli, "said.withdrawn", what->name, NULL);
    return MP_OK;
}

/* ---- lists ---- */

const mp_option mp_said_options[MP_SAID_OPTION_COUNT] = {
    MP_MEASURE_OPTION(mp_said_args),
    { .name = "control", .value = "CONTROL", .help = "option.said.control", MP_FIELD(mp_said_args, control) },
    MP_AS_OF_OPTION(mp_said_args),
    MP_ANSWER_OPTIONS(mp_said_args),
};

/* The list knows a control by its framework's id and its own. */
static mp_code with_control(mp_str *path, mp_client *client, const mp_said_args *args, mp_error *err)
{
    mp_named_control control;
    if (!args->control)
        return MP_OK;
    MP_TRY(mp_named_control_of(&control, client, args->control, args->measure, err));
    MP_TRY(mp_client_ask(client, MP_GET,
                         mp_client_path(client, "/api/v1/frameworks/%s/controls/%s",
                                        mp_client_quote(client, control.framework),
                                        mp_client_quote(client, control.control)),
                         NULL, err));
    mp_str framework = text_of(client, "framework"), id = text_of(client, "id");
    *path = mp_client_path(client, "%.*s&framework=%s&control=%s", MP_FMT(*path), mp_client_quote(client, framework),
                           mp_client_quote(client, id));
    return MP_OK;
}

mp_code mp_said_list(mp_client *client, const mp_said_args *args, const char *path, const mp_column *columns,
                     size_t count, mp_error *err)
{
    mp_str whole = mp_client_path(client, "%s?top=500", path);
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    MP_TRY(with_control(&whole, client, args, err));
    whole = mp_state_with(client, mp_state_with(client, whole, "measure", args->measure), "status", args->status);
    return mp_client_list(client, mp_client_then(client, whole), columns, count, err);
}
