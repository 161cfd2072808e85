/* SPDX-License-Identifier: Apache-2.0 */
/* Two scores beside each other: of two dates, scopes, measures or frameworks, and the controls that differ. */
#include "comply.h"
#include "named_control.h"
#include "state_changes.h"

struct compare_args {
    mp_place place;
    int format;
    mp_list names; /* a framework, and maybe another */
    const char *measure, *scope, *with_measure, *with_scope, *out;
    mp_when as_of, with_as_of;
    bool all;
};
static const mp_option operand = { .value = "FRAMEWORK [FRAMEWORK]",
                                   .help = "operand.compare",
                                   .min = 0,
                                   .max = 2,
                                   MP_FIELD(struct compare_args, names) };
#define ONE(name_, value_, help_, field_) \
    { .name = name_, .value = value_, .help = help_, MP_FIELD(struct compare_args, field_) }
static const mp_option options[] = {
    ONE("measure", "NAME", "option.comply.measure", measure),
    ONE("scope", "ID", "option.comply.scope", scope),
    ONE("as-of", "TIME", "option.score-compare.as-of", as_of),
    ONE("with-measure", "NAME", "option.score-compare.with-measure", with_measure),
    ONE("with-scope", "ID", "option.score-compare.with-scope", with_scope),
    ONE("with-as-of", "TIME", "option.score-compare.with-as-of", with_as_of),
    { .name = "all", .help = "option.score-compare.all", MP_FIELD(struct compare_args, all) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct compare_args, out) },
    { .name = "format", .letter = 'f', .choices = mp_table_formats, .fallback = "table", .help = "option.format.table",
      MP_FIELD(struct compare_args, format) },
    MP_PLACE_OPTIONS(struct compare_args),
};

static const mp_column head_columns[] = {
    { "what", "column.compare.what", NULL },
    { "from", "column.compare.from", NULL },
    { "to", "column.compare.to", NULL },
    { "change", "column.change", NULL },
};
static const mp_column control_columns[] = {
    { "label", "column.label", NULL },
    { "otherLabel", "column.new", NULL },
    { "change", "column.change", "compare.change." },
    { "from", "column.compare.from", "comply.state." },
    { "to", "column.compare.to", "comply.state." },
    { "points", "column.points", NULL },
    { "title", "column.control-title", NULL },
};

/* ---- the head ---- */

static const mp_json *member(const mp_json *of, const char *path)
{
    mp_str rest = mp_str_from(path);
    while (of && rest.len) {
        size_t slash = mp_str_find(rest, '/');
        of = mp_json_get(of, mp_str_of(rest.ptr, slash == SIZE_MAX ? rest.len : slash));
        rest = mp_str_skip(rest, slash == SIZE_MAX ? rest.len : slash + 1);
    }
    return of;
}

static bool is_number(const mp_json *v) { return mp_json_is(v, MP_JSON_INT) || mp_json_is(v, MP_JSON_REAL); }

/* Hundredths and thousandths, without what is left of reckoning in binary. */
static void put_change(mp_jsonw *w, const char *name, const mp_json *from, const mp_json *to)
{
    if (!is_number(from) || !is_number(to))
        return;
    double difference = mp_json_double(to) - mp_json_double(from);
    mp_str text = mp_arena_printf(w->arena, "%+.3f", difference);
    w->failed = w->failed || !text.ptr;
    while (text.len && text.ptr[text.len - 1] == '0')
        text.len--;
    if (text.len && text.ptr[text.len - 1] == '.')
        text.len--;
    if (difference > 0.0005 || difference < -0.0005)
        mp_jsonw_put_str(w, name, text);
}

static const mp_json *head_of(const mp_client *client, const mp_json *answer, mp_arena *arena)
{
    static const struct {
        const char *member, *title;
    } lines[] = {
        { "asOf", "column.at" },
        { "measure/name", "column.measure" },
        { "scopes", "column.scopes" },
        { "framework", "column.framework" },
        { "scheme", "column.scheme" },
        { "score/percent", "column.percent" },
        { "score/points", "column.points" },
        { "score/most", "column.most" },
        { "states/compliant", "column.compliant" },
        { "states/partial", "column.partial" },
        { "states/nonCompliant", "column.non-compliant" },
        { "states/unknown", "column.unknown" },
        { "states/notApplicable", "column.not-applicable" },
    };
    const mp_json *from = mp_json_get(answer, MP_S("from")), *to = mp_json_get(answer, MP_S("to"));
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    for (size_t i = 0; i < MP_COUNT(lines); i++) {
        const mp_json *one = member(from, lines[i].member), *two = member(to, lines[i].member);
        if (!one && !two)
            continue;
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "what", mp_message(client->cli->lang, lines[i].title));
        if (one)
            mp_jsonw_put_value(&w, "from", one);
        if (two)
            mp_jsonw_put_value(&w, "to", two);
        put_change(&w, "change", one, two);
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* ---- controls ---- */

static void put_value(mp_jsonw *w, const char *name, const mp_json *v)
{
    if (v)
        mp_jsonw_put_value(w, name, v);
}

static void put_row(mp_jsonw *w, const mp_json *pair, bool is_mapped)
{
    const mp_json *from = mp_json_get(pair, MP_S("from")), *to = mp_json_get(pair, MP_S("to"));
    mp_jsonw_object(w);
    put_value(w, "label", mp_json_get(from || is_mapped ? from : to, MP_S("label")));
    if (is_mapped)
        put_value(w, "otherLabel", mp_json_get(to, MP_S("label")));
    put_value(w, "title", mp_json_get(from ? from : to, MP_S("title")));
    put_value(w, "change", mp_json_get(pair, MP_S("change")));
    put_value(w, "from", mp_json_get(from, MP_S("state")));
    put_value(w, "to", mp_json_get(to, MP_S("state")));
    if (!is_mapped)
        put_change(w, "points", mp_json_get(from, MP_S("points")), mp_json_get(to, MP_S("points")));
    mp_jsonw_end(w);
}

static const mp_json *rows_of(const mp_json *answer, bool all, mp_arena *arena)
{
    const mp_json *controls = mp_json_get(answer, MP_S("controls"));
    mp_str by = mp_comply_text(answer, "by");
    bool is_mapped = mp_str_eq(by, MP_S("mapping")), are_strangers = mp_str_eq(by, MP_S("none"));
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    if (mp_json_is(controls, MP_JSON_ARRAY))
        for (MP_JSON_EACH(pair, controls))
            if (all || !(are_strangers || mp_str_eq(mp_comply_text(pair, "change"), MP_S("same"))))
                put_row(&w, pair, is_mapped || are_strangers);
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

static void say_sums(mp_buf *text, mp_client *client, const mp_json *answer)
{
    const mp_json *sums = mp_json_get(answer, MP_S("sums"));
    mp_str basis = mp_comply_words(answer, "basis", client->cli->lang);
    const mp_str args[] = { mp_comply_number(sums, "better", &client->arena),
                            mp_comply_number(sums, "worse", &client->arena),
                            mp_comply_number(sums, "same", &client->arena),
                            mp_comply_number(sums, "only", &client->arena) };
    mp_buf_add_c(text, '\n');
    mp_say(text, client->cli->lang, "compare.sums", args, MP_COUNT(args));
    mp_buf_add_c(text, '\n');
    if (basis.len) {
        mp_say(text, client->cli->lang, "compare.basis", &basis, 1);
        mp_buf_add_c(text, '\n');
    } else if (mp_str_eq(mp_comply_text(answer, "by"), MP_S("none"))) {
        mp_say(text, client->cli->lang, "compare.unmapped", NULL, 0);
        mp_buf_add_c(text, '\n');
    }
}

/* ---- together ---- */

static mp_code write_as(mp_buf *text, mp_client *client, const struct compare_args *args, mp_error *err)
{
    const mp_json *answer = client->answer.json;
    mp_columns_state state = { .has_head = false };
    const mp_json *rows = rows_of(answer, args->all || args->format == MP_TABLE_CSV, &client->arena),
                  *head = head_of(client, answer, &client->arena);
    if (!rows || !head)
        return mp_no_memory(err);
    if (args->format == MP_TABLE_CSV)
        return mp_columns_csv(text, client->cli->lang, control_columns, MP_COUNT(control_columns), rows,
                              &client->arena, err);
    mp_columns_list(text, client->cli, head_columns, MP_COUNT(head_columns), head, &state, &client->arena);
    mp_columns_below(text, client->cli, control_columns, MP_COUNT(control_columns), rows, &client->arena);
    say_sums(text, client, answer);
    return MP_OK;
}

static mp_code path_of(mp_str *out, mp_client *client, const struct compare_args *args, mp_error *err)
{
    mp_str path = MP_S("/api/v1/control-states/compare");
    bool has_framework = args->names.count > 0;
    if (has_framework == (args->measure != NULL))
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "wanted either a framework or --measure");
    if (!args->as_of.is_given && !args->with_as_of.is_given && !args->with_measure && !args->with_scope &&
        args->names.count < 2)
        return mp_fail(err, MP_USAGE, MP_NOWHERE,
                       "compared with what? wanted --as-of, --with-as-of, --with-scope, --with-measure or a second "
                       "framework");
    path = mp_state_with(client, path, "framework", has_framework ? args->names.items[0] : NULL);
    path = mp_state_with(client, path, "withFramework", args->names.count > 1 ? args->names.items[1] : NULL);
    path = mp_state_with(client, mp_state_with(client, path, "measure", args->measure), "scope", args->scope);
    path = mp_state_with(client, path, "withMeasure", args->with_measure);
    path = mp_state_with(client, path, "withScope", args->with_scope);
    path = mp_state_with_time(client, path, "asOf", &args->as_of);
    *out = mp_state_with_time(client, path, "withAsOf", &args->with_as_of);
    return MP_OK;
}

static mp_code compare(mp_client *client, const void *args_, mp_error *err)
{
    const struct compare_args *args = args_;
    mp_buf text = MP_BUF_INIT;
    mp_str path;
    MP_TRY(path_of(&path, client, args, err));
    MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
    if (args->format == MP_TABLE_JSON)
        return mp_client_json(client, args->out, err);
    mp_code code = write_as(&text, client, args, err);
    if (code == MP_OK)
        return mp_output_whole(client->cli, args->out, &text, err);
    mp_buf_free(&text);
    return code;
}

const mp_command mp_command_compare = {
    .name = "compare",
    .summary = "command.compare.summary",
    .text = "command.compare.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = (const mp_example[]){ { "mapae compare --measure portal --as-of 2026-10-01", "example.compare.then" },
                                      { "mapae compare isms-p-2018 isms-p-2023", "example.compare.frameworks" },
                                      { "mapae compare csap-iaas --scope /subscriptions/A --with-scope /subscriptions/B",
                                        "example.compare.scopes" } },
    .example_count = 3,
    .args_size = sizeof(struct compare_args),
    .run = mp_client_run,
    .about = &(const mp_ask){ .fn = compare },
    .exits = MP_EXITS_USUAL,
};
