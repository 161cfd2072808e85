/* SPDX-License-Identifier: Apache-2.0 */
#include "state_changes.h"

#include <stdio.h>

#include "state.h"

static const mp_column columns[] = {
    { "kind", "column.change", "state.kind." },
    { "from", "column.state-from", "report.state." },
    { "to", "column.state-to", "report.state." },
    { "assignmentId", "column.assignment", NULL },
    { "referenceId", "column.reference", NULL },
    { "resourceId", "column.resource", NULL },
};

#define NONE MP_STATE_COUNT /* null: no verdict */

typedef struct showing {
    mp_client       *client;
    mp_output        out;
    mp_columns_state table;
    uint64_t         sums[MP_STATE_COUNT + 1][MP_STATE_COUNT + 1];
    uint64_t         resources, unchanged;
    bool             has_resources, has_any;
} showing;

mp_str mp_state_with(mp_client *client, mp_str path, const char *name, const char *value)
{
    if (!value || !path.ptr)
        return path;
    return mp_client_path(client, "%.*s%c%s=%s", MP_FMT(path), mp_str_find(path, '?') == SIZE_MAX ? '?' : '&', name,
                          mp_client_quote(client, mp_str_from(value)));
}

mp_str mp_state_with_time(mp_client *client, mp_str path, const char *name, const mp_when *when)
{
    char text[MP_CLOCK_TEXT];
    if (!when->is_given)
        return path;
    mp_clock_format(text, when->at);
    return mp_state_with(client, path, name, text);
}

/* ---- sums ---- */

static unsigned state_of(const mp_json *v)
{
    for (unsigned i = 0; i < MP_STATE_COUNT && mp_json_is(v, MP_JSON_STRING); i++)
        if (mp_str_eq(mp_states[i].text, mp_json_str(v)))
            return i;
    return NONE;
}

static uint64_t number(const mp_json *object, const char *name)
{
    const mp_json *v = mp_json_get(object, mp_str_from(name));
    return mp_json_is(v, MP_JSON_INT) && v->u.integer > 0 ? (uint64_t)v->u.integer : 0;
}

static void add_sums(showing *s, const mp_json *page)
{
    const mp_json *counts = mp_json_get(page, MP_S("counts"));
    if (mp_json_is(counts, MP_JSON_ARRAY))
        for (MP_JSON_EACH(one, counts))
            s->sums[state_of(mp_json_get(one, MP_S("from")))][state_of(mp_json_get(one, MP_S("to")))] +=
                number(one, "verdicts");
    s->has_resources = s->has_resources || mp_json_get(page, MP_S("resources"));
    s->resources += number(page, "resources");
    s->unchanged += number(page, "unchanged");
}

static mp_str name_of(const showing *s, unsigned state)
{
    mp_lang lang = s->client->cli->lang;
    return state == NONE ? mp_message(lang, "state.none") : mp_message_of(lang, "report.state.", mp_states[state].text);
}

static mp_code say_sums(showing *s, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    char   count[24], others[24];
    for (unsigned from = 0; from <= MP_STATE_COUNT; from++)
        for (unsigned to = 0; to <= MP_STATE_COUNT; to++) {
            if (!s->sums[from][to])
                continue;
            snprintf(count, sizeof count, "%llu", (unsigned long long)s->sums[from][to]);
            mp_str args[] = { name_of(s, from), name_of(s, to), mp_str_from(count) };
            mp_buf_add_z(&text, s->has_any ? "\n" : "");
            s->has_any = false;
            mp_say(&text, s->client->cli->lang, "state.change", args, MP_COUNT(args));
            mp_buf_add_c(&text, '\n');
        }
    if (s->has_resources) {
        snprintf(count, sizeof count, "%llu", (unsigned long long)s->resources);
        snprintf(others, sizeof others, "%llu", (unsigned long long)s->unchanged);
        mp_str args[] = { mp_str_from(count), mp_str_from(others) };
        mp_say(&text, s->client->cli->lang, "state.looked", args, MP_COUNT(args));
        mp_buf_add_c(&text, '\n');
    } else if (!text.len) {
        mp_say(&text, s->client->cli->lang, "state.no-changes", NULL, 0);
        mp_buf_add_c(&text, '\n');
    }
    return mp_output_buf(&s->out, &text, err);
}

static void json_state(mp_buf *text, const char *name, unsigned state)
{
    mp_buf_printf(text, "\"%s\": ", name);
    if (state == NONE)
        mp_buf_add_z(text, "null");
    else
        mp_buf_add_json_str(text, mp_states[state].text);
}

static mp_code json_sums(showing *s, mp_error *err)
{
    mp_buf text = MP_BUF_INIT;
    bool   has_one = false;
    mp_buf_add_z(&text, s->has_any ? "\n  ],\n  \"counts\": [" : "],\n  \"counts\": [");
    for (unsigned from = 0; from <= MP_STATE_COUNT; from++)
        for (unsigned to = 0; to <= MP_STATE_COUNT; to++) {
            if (!s->sums[from][to])
                continue;
            mp_buf_add_z(&text, has_one ? ",\n    { " : "\n    { ");
            json_state(&text, "from", from);
            mp_buf_add_z(&text, ", ");
            json_state(&text, "to", to);
            mp_buf_printf(&text, ", \"verdicts\": %llu }", (unsigned long long)s->sums[from][to]);
            has_one = true;
        }
    mp_buf_add_z(&text, has_one ? "\n  ]" : "]");
    if (s->has_resources)
        mp_buf_printf(&text, ",\n  \"resources\": %llu,\n  \"unchanged\": %llu", (unsigned long long)s->resources,
                      (unsigned long long)s->unchanged);
    mp_buf_add_z(&text, "\n}\n");
    return mp_output_buf(&s->out, &text, err);
}

/* ---- pages ---- */

static mp_code show_page(showing *s, mp_error *err)
{
    mp_buf         text = MP_BUF_INIT;
    const mp_json *list = mp_json_get(s->client->answer.json, MP_S("value"));
    if (s->client->format == MP_ANSWER_JSON && mp_json_is(list, MP_JSON_ARRAY)) {
        for (MP_JSON_EACH(one, list)) {
            mp_buf_add_z(&text, s->has_any ? ",\n    " : "\n    ");
            mp_buf_add_json_pretty(&text, one, 2);
            s->has_any = true;
        }
    } else {
        mp_columns_list(&text, s->client->cli, columns, MP_COUNT(columns), list, &s->table, &s->client->arena);
        s->has_any = s->has_any || text.len;
    }
    add_sums(s, s->client->answer.json);
    return mp_output_buf(&s->out, &text, err);
}

static mp_code show_pages(showing *s, mp_method method, mp_str path, const mp_json *body, mp_error *err)
{
    char next[4096] = "";
    bool is_json = s->client->format == MP_ANSWER_JSON;
    if (is_json)
        MP_TRY(mp_output_write(&s->out, MP_S("{\n  \"value\": ["), err));
    do {
        mp_arena_mark mark = mp_arena_save(&s->client->arena);
        MP_TRY(mp_client_ask(s->client, method, mp_state_with(s->client, path, "after", next[0] ? next : NULL), body, err));
        MP_TRY(show_page(s, err));
        const mp_json *more = mp_json_get(s->client->answer.json, MP_S("next"));
        snprintf(next, sizeof next, "%.*s", MP_FMT(mp_json_is(more, MP_JSON_STRING) ? mp_json_str(more) : MP_S("")));
        s->client->answer.json = NULL;
        mp_arena_restore(&s->client->arena, mark);
    } while (next[0]);
    return is_json ? json_sums(s, err) : say_sums(s, err);
}

mp_code mp_state_changes(mp_client *client, mp_method method, mp_str path, const mp_json *body, mp_error *err)
{
    showing s = { .client = client };
    if (!path.ptr)
        return mp_no_memory(err);
    MP_TRY(mp_output_open(&s.out, client->cli, NULL, err));
    mp_code code = show_pages(&s, method, path, body, err);
    if (code == MP_OK)
        return mp_output_close(&s.out, err);
    mp_output_abandon(&s.out);
    return code;
}

/* ---- compare ---- */

const mp_option mp_compare_options[MP_COMPARE_OPTIONS] = {
    { .name = "from", .value = "TIME", .help = "option.compare.from", .is_required = true, MP_FIELD(struct mp_compare_args, from) },
    { .name = "to", .value = "TIME", .help = "option.compare.to", MP_FIELD(struct mp_compare_args, to) },
    { .name = "kind", .value = "KIND", .help = "option.compare.kind", MP_FIELD(struct mp_compare_args, kind) },
    { .name = "assignment", .letter = 'a', .value = "ID", .help = "option.state.assignment", MP_FIELD(struct mp_compare_args, assignment) },
    { .name = "scope", .value = "ID", .help = "option.state.scope", MP_FIELD(struct mp_compare_args, scope) },
    MP_ANSWER_OPTIONS(struct mp_compare_args),
};

mp_code mp_state_compare(mp_client *client, const void *args_, mp_error *err)
{
    const struct mp_compare_args *args = args_;
    mp_str path = mp_state_with_time(client, MP_S("/api/v1/states/compare?top=1000"), "from", &args->from);
    path = mp_state_with_time(client, path, "to", &args->to);
    path = mp_state_with(client, mp_state_with(client, path, "kind", args->kind), "assignment", args->assignment);
    return mp_state_changes(client, MP_GET, mp_state_with(client, path, "scope", args->scope), NULL, err);
}
