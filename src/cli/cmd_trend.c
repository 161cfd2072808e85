/* SPDX-License-Identifier: Apache-2.0 */
/* How a framework stood over time, as a table with a bar for each time. */
#include "comply.h"
#include "named_control.h"
#include "state_changes.h"
#include "text.h"

struct trend_args {
    mp_place place;
    int format;
    const char *framework;
    const char *measure, *scope, *out;
    mp_when from, to;
    int64_t points;
};
static const mp_option operand = {
    .value = "FRAMEWORK", .help = "operand.comply", .min = 0, .max = 1, MP_FIELD(struct trend_args, framework)
};
static const mp_option options[] = {
    { .name = "measure", .value = "NAME", .help = "option.comply.measure", MP_FIELD(struct trend_args, measure) },
    { .name = "scope", .value = "ID", .help = "option.comply.scope", MP_FIELD(struct trend_args, scope) },
    { .name = "from", .value = "TIME", .help = "option.trend.from", MP_FIELD(struct trend_args, from) },
    { .name = "to", .value = "TIME", .help = "option.trend.to", MP_FIELD(struct trend_args, to) },
    { .name = "points", .value = "N", .fallback = "12", .help = "option.trend.points", .min = 2, .max = 366,
      MP_FIELD(struct trend_args, points) },
    { .name = "out", .letter = 'o', .value = "FILE", .help = "option.out", MP_FIELD(struct trend_args, out) },
    { .name = "format", .letter = 'f', .choices = mp_table_formats, .fallback = "table", .help = "option.format.table",
      MP_FIELD(struct trend_args, format) },
    MP_PLACE_OPTIONS(struct trend_args),
};

/* The bar is of tables alone. */
static const mp_column columns[] = {
    { "at", "column.at", NULL },
    { "percent", "column.percent", NULL },
    { "bar", "column.trend.bar", NULL },
    { "states/compliant", "column.compliant", NULL },
    { "states/partial", "column.partial", NULL },
    { "states/nonCompliant", "column.non-compliant", NULL },
    { "states/unknown", "column.unknown", NULL },
    { "states/notApplicable", "column.not-applicable", NULL },
};
static const mp_column csv_columns[] = {
    { "at", "column.at", NULL },
    { "percent", "column.percent", NULL },
    { "points", "column.points", NULL },
    { "most", "column.most", NULL },
    { "states/compliant", "column.compliant", NULL },
    { "states/partial", "column.partial", NULL },
    { "states/nonCompliant", "column.non-compliant", NULL },
    { "states/unknown", "column.unknown", NULL },
    { "states/notApplicable", "column.not-applicable", NULL },
};

/* ---- bars ---- */

enum { DAY = 10, TIME = 20, PERCENT = 6, GAP = 2, FIRST_STATE = 3, BAR_LEAST = 10, BAR_MOST = 50 };

/* The columns that a line of the reader's has room for beside a bar, from the left; counts that have none stand in CSV and JSON. */
typedef struct layout {
    size_t   count;
    unsigned bar;
    bool     daily;
} layout;

static bool is_daily(const mp_json *list)
{
    mp_ticks first, second;
    return list->count > 1 && mp_clock_parse(&first, mp_comply_text(mp_json_at(list, 0), "at")) &&
           mp_clock_parse(&second, mp_comply_text(mp_json_at(list, 1), "at")) &&
           second - first >= MP_TICKS_PER_DAY;
}

static size_t title_width(const mp_cli *cli, size_t column)
{
    return mp_text_width(mp_message(cli->lang, columns[column].title));
}

static layout layout_of(const mp_cli *cli, const mp_json *list)
{
    layout out = { .count = FIRST_STATE, .daily = is_daily(list) };
    size_t time = out.daily ? DAY : TIME, percent = title_width(cli, 1);
    size_t used = time + GAP + (percent > PERCENT ? percent : PERCENT) + GAP;
    while (out.count < MP_COUNT(columns) && used + BAR_LEAST + GAP + title_width(cli, out.count) <= cli->columns)
        used += GAP + title_width(cli, out.count++);
    size_t left = cli->columns > used ? cli->columns - used : 0;
    out.bar = left < BAR_LEAST ? BAR_LEAST : left > BAR_MOST ? BAR_MOST : (unsigned)left;
    return out;
}

/* In signs of ASCII: others are twice as wide on some Korean terminals. */
static mp_str bar_of(const mp_json *point, unsigned width, mp_arena *arena)
{
    char bar[BAR_MOST];
    if (!mp_json_get(point, MP_S("percent")))
        return MP_S("");
    double filled = mp_comply_amount(point, "percent") * width / 100.0;
    for (unsigned i = 0; i < width; i++)
        bar[i] = i + 0.5 < filled ? '#' : '.';
    return mp_arena_dup(arena, mp_str_of(bar, width));
}

static const mp_json *with_bars(const layout *as, const mp_json *list, mp_arena *arena)
{
    mp_jsonw w;
    mp_jsonw_init(&w, arena);
    mp_jsonw_array(&w);
    for (MP_JSON_EACH(point, list)) {
        mp_str at = mp_comply_text(point, "at");
        mp_jsonw_object(&w);
        mp_jsonw_put_str(&w, "at", as->daily && at.len > DAY ? mp_str_of(at.ptr, DAY) : at);
        mp_jsonw_put_str(&w, "bar", bar_of(point, as->bar, arena));
        if (mp_json_get(point, MP_S("percent")))
            mp_jsonw_put_value(&w, "percent", mp_json_get(point, MP_S("percent")));
        mp_jsonw_put_value(&w, "states", mp_json_get(point, MP_S("states")));
        mp_jsonw_end(&w);
    }
    mp_jsonw_end(&w);
    return mp_jsonw_done(&w);
}

/* ---- together ---- */

static mp_code write_as(mp_buf *text, mp_client *client, int format, mp_error *err)
{
    const mp_json *list = mp_json_get(client->answer.json, MP_S("value"));
    mp_columns_state state = { .has_head = false };
    if (!mp_json_is(list, MP_JSON_ARRAY))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the answer is no list");
    if (format == MP_TABLE_CSV)
        return mp_columns_csv(text, client->cli->lang, csv_columns, MP_COUNT(csv_columns), list, &client->arena, err);
    layout as = layout_of(client->cli, list);
    const mp_json *rows = with_bars(&as, list, &client->arena);
    if (!rows)
        return mp_no_memory(err);
    mp_columns_list(text, client->cli, columns, as.count, rows, &state, &client->arena);
    return MP_OK;
}

static mp_code trend(mp_client *client, const void *args_, mp_error *err)
{
    const struct trend_args *args = args_;
    mp_buf text = MP_BUF_INIT;
    mp_str path = mp_client_path(client, "/api/v1/control-states/trend?points=%lld", (long long)args->points);
    if (!args->framework == !args->measure)
        return mp_fail(err, MP_USAGE, MP_NOWHERE, "wanted either a framework or --measure");
    path = mp_state_with(client, path, "framework", args->framework);
    path = mp_state_with(client, mp_state_with(client, path, "measure", args->measure), "scope", args->scope);
    path = mp_state_with_time(client, mp_state_with_time(client, path, "from", &args->from), "to", &args->to);
    MP_TRY(mp_client_ask(client, MP_GET, path, NULL, err));
    if (args->format == MP_TABLE_JSON)
        return mp_client_json(client, args->out, err);
    mp_code code = write_as(&text, client, args->format, err);
    if (code == MP_OK)
        return mp_output_whole(client->cli, args->out, &text, err);
    mp_buf_free(&text);
    return code;
}

const mp_command mp_command_trend = {
    .name = "trend",
    .summary = "command.trend.summary",
    .text = "command.trend.text",
    .options = options,
    .option_count = MP_COUNT(options),
    .operand = &operand,
    .examples = (const mp_example[]){ { "mapae trend --measure portal", "example.trend" },
                                      { "mapae trend csap-iaas --from 2026-01-01 --format csv --out 2026.csv",
                                        "example.trend.csv" } },
    .example_count = 2,
    .args_size = sizeof(struct trend_args),
    .run = mp_client_run,
    .about = &(const mp_ask){ .fn = trend },
    .exits = MP_EXITS_USUAL,
};
