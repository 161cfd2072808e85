/* SPDX-License-Identifier: Apache-2.0 */
#include "certificate_substitution.h"

#include "comply.h"
#include "state_changes.h"

static const mp_column columns[] = {
    { "number", "column.certificate", NULL }, { "issuer", "column.issuer", NULL },
    { "issued", "column.issued", NULL },      { "expires", "column.expires", NULL },
    { "scope", "column.certificate-scope", NULL }, { "covers", "column.covers", NULL },
};

static mp_str path_of(mp_client *client, const char *measure, const char *rest)
{
    return mp_client_path(client, "/api/v1/measures/%s%s", mp_client_quote(client, mp_str_from(measure)), rest);
}

/* ---- substitute ---- */

#define NEEDED(name_, value_, help_, field_) \
    { .name = name_, .value = value_, .help = help_, .is_required = true, MP_FIELD(struct mp_substitute_args, field_) }
const mp_option mp_substitute_options[MP_SUBSTITUTE_OPTIONS] = {
    NEEDED("number", "TEXT", "option.certificate.number", number),
    { .name = "issuer", .value = "NAME", .help = "option.certificate.issuer",
      MP_FIELD(struct mp_substitute_args, issuer) },
    NEEDED("issued", "DAY", "option.certificate.issued", issued),
    NEEDED("expires", "DAY", "option.certificate.last-day", expires),
    NEEDED("scope", "TEXT", "option.certificate.scope", scope),
    { .name = "covers-scope", .help = "option.certificate.covers", MP_FIELD(struct mp_substitute_args, covers) },
    MP_ANSWER_OPTIONS(struct mp_substitute_args),
};

mp_code mp_certificate_substitute(mp_client *client, const void *args_, mp_error *err)
{
    const struct mp_substitute_args *args = args_;
    mp_jsonw w;
    mp_jsonw_init(&w, &client->arena);
    mp_jsonw_object(&w);
    mp_client_member(&w, "number", args->number);
    mp_client_member(&w, "issuer", args->issuer);
    mp_client_member(&w, "issued", args->issued);
    mp_client_member(&w, "expires", args->expires);
    mp_client_member(&w, "scope", args->scope);
    mp_jsonw_put_bool(&w, "covers", args->covers);
    mp_jsonw_end(&w);
    const mp_json *body = mp_jsonw_done(&w);
    if (!body)
        return mp_no_memory(err);
    MP_TRY(mp_client_ask(client, MP_PUT, path_of(client, args->name, "/substitution"), body, err));
    return mp_client_show(client, columns, MP_COUNT(columns), err);
}

/* ---- substitution: what the framework says, beside how the measure stands ---- */

static const mp_column row_columns[] = {
    { "label", "column.label", NULL },
    { "substituted", "column.substituted", NULL },
    { "state", "column.state", "comply.state." },
    { "why", "column.why-so", NULL },
    { "title", "column.control-title", NULL },
};

typedef struct joining {
    const mp_json *certificate, *rows, *controls;
    size_t count, substituted, compliant;
    bool is_in_force;
} joining;

static mp_code ask_all(joining *j, mp_client *client, const char *measure, mp_error *err)
{
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, path_of(client, measure, "/substitution")), NULL, err));
    j->certificate = client->answer.json;
    mp_str path = mp_state_with(client, MP_S("/api/v1/control-states"), "measure", measure);
    MP_TRY(mp_client_ask(client, MP_GET, mp_client_then(client, path), NULL, err));
    const mp_json *state = client->answer.json;
    j->controls = mp_json_get(state, MP_S("controls"));
    path = mp_client_path(client, "/api/v1/frameworks/%s/substitution",
                          mp_client_quote(client, mp_comply_text(state, "framework")));
    mp_str scheme = mp_comply_text(state, "scheme");
    path = mp_state_with(client, path, "scheme",
                         scheme.len ? mp_client_path(client, "%.*s", MP_FMT(scheme)).ptr : NULL);
    MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
    j->rows = mp_json_get(client->answer.json, MP_S("rows"));
    return mp_json_is(j->rows, MP_JSON_ARRAY) && mp_json_is(j->controls, MP_JSON_ARRAY)
               ? MP_OK
               : mp_fail(err, MP_FORMAT, MP_NOWHERE, "the answer is no list");
}

static bool is_replaced(const joining *j, mp_str id)
{
    for (MP_JSON_EACH(row, j->rows)) {
        const mp_json *substituted = mp_json_get(row, MP_S("substituted"));
        if (mp_str_eq(mp_comply_text(mp_json_get(row, MP_S("control")), "id"), id))
            return mp_json_is_true(substituted);
    }
    return false;
}

static bool is_by_certificate(const mp_json *control)
{
    for (MP_JSON_EACH(part, mp_json_get(control, MP_S("parts"))))
        if (mp_str_eq(mp_comply_text(part, "why"), MP_S("certified")))
            return true;
    return false;
}

static void put_control(joining *j, mp_jsonw *w, const mp_client *client, const mp_json *control)
{
    static const char *const same[] = { "id", "label", "title", "state", "points", "most" };
    bool replaced = is_replaced(j, mp_comply_text(control, "id"));
    j->count++;
    j->substituted += replaced;
    j->compliant += replaced && mp_str_eq(mp_comply_text(control, "state"), MP_S("compliant"));
    j->is_in_force = j->is_in_force || is_by_certificate(control);
    mp_jsonw_object(w);
    for (size_t i = 0; i < MP_COUNT(same); i++)
        mp_jsonw_put_value(w, same[i], mp_json_get(control, mp_str_from(same[i])));
    mp_jsonw_put_bool(w, "substituted", replaced);
    mp_jsonw_put_bool(w, "inherited", is_by_certificate(control));
    mp_jsonw_put_str(w, "why", mp_comply_why(control, client->cli->lang, w->arena));
    mp_jsonw_end(w);
}

static const mp_json *join(joining *j, const mp_client *client, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_object(&w);
    mp_jsonw_put_value(&w, "certificate", j->certificate);
    mp_jsonw_key(&w, MP_S("value"));
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(control, j->controls))
        put_control(j, &w, client, control);
    mp_jsonw_end(&w);
    mp_jsonw_key(&w, MP_S("totals"));
    mp_jsonw_object(&w);
    mp_jsonw_put_int(&w, "controls", (int64_t)j->count);
    mp_jsonw_put_int(&w, "substituted", (int64_t)j->substituted);
    mp_jsonw_put_int(&w, "compliant", (int64_t)j->compliant);
    mp_jsonw_end(&w);
    mp_jsonw_put_bool(&w, "inForce", j->is_in_force);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static void say_totals(mp_buf *text, mp_client *client, const joining *j)
{
    const size_t numbers[] = { j->substituted, j->count, j->count - j->substituted, j->compliant };
    mp_str args[MP_COUNT(numbers)];
    for (size_t i = 0; i < MP_COUNT(numbers); i++)
        args[i] = mp_client_path(client, "%zu", numbers[i]);
    mp_buf_add_c(text, '\n');
    mp_say(text, client->cli->lang, j->is_in_force ? "certificate.counts" : "certificate.not-now", args,
           j->is_in_force ? MP_COUNT(args) : 0);
    mp_buf_add_c(text, '\n');
}

mp_code mp_certificate_substitution(mp_client *client, const void *args_, mp_error *err)
{
    const mp_read_args *args = args_;
    joining j = { .count = 0 };
    mp_buf text = MP_BUF_INIT;
    MP_TRY(mp_client_as_of(client, &args->as_of, err));
    MP_TRY(ask_all(&j, client, args->name, err));
    const mp_json *joined = join(&j, client, &client->arena);
    if (!joined)
        return mp_no_memory(err);
    client->answer.json = joined;
    if (client->format == MP_ANSWER_JSON)
        return mp_client_json(client, NULL, err);
    mp_columns_object(&text, client->cli, columns, MP_COUNT(columns), j.certificate, &client->arena);
    say_totals(&text, client, &j);
    mp_columns_below(&text, client->cli, row_columns, MP_COUNT(row_columns), mp_json_get(joined, MP_S("value")),
                     &client->arena);
    return mp_output_whole(client->cli, NULL, &text, err);
}
