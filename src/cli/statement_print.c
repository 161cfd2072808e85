/* SPDX-License-Identifier: Apache-2.0 */
#include "statement_print.h"

#include "document.h"
#include "ical.h"

const char *const mp_statement_formats[] = {
    "table", "json", "csv", "ics", "html", "pdf", "xlsx", "oscal", NULL
};

static const mp_column applicability_columns[] = {
    { "control/label", "column.label", NULL },
    { "control/title", "column.title", NULL },
    { "applicable", "column.applies", NULL },
    { "justification", "column.justification", NULL },
    { "justifiedBy", "column.said-by", "statement.by." },
    { "implementation", "column.implementation", "statement.implementation." },
    { "implementationFrom", "column.implementation-from", "statement.from." },
    { "responsibility", "column.responsibility", "framework.responsible." },
    { "team", "column.team", "team." },
    { "service", "column.service", NULL },
    { "owner", "column.owner", NULL },
    { "targetDate", "column.target-date", NULL },
};
static const mp_column responsibility_columns[] = {
    { "control/label", "column.label", NULL },
    { "control/title", "column.title", NULL },
    { "responsibility", "column.responsibility", "framework.responsible." },
    { "saidBy", "column.said-by", "statement.by." },
    { "team", "column.team", "team." },
    { "service", "column.service", NULL },
    { "owner", "column.owner", NULL },
    { "inheritedFrom", "column.inherited-from", NULL },
};
static const mp_column gap_columns[] = {
    { "control/label", "column.label", NULL },
    { "control/title", "column.title", NULL },
    { "state", "column.state", "comply.state." },
    { "count", "column.gap-count", NULL },
    { "kinds/kind", "column.gaps-found", "statement.kind." },
    { "team", "column.team", "team." },
    { "owner", "column.owner", NULL },
    { "targetDate", "column.target-date", NULL },
    { "kinds/todo", "column.todo", NULL },
};
static const mp_column calendar_columns[] = {
    { "date", "column.date", NULL },
    { "overdue", "column.overdue", NULL },
    { "what", "column.what", "statement.due-kind." },
    { "title", "column.title", NULL },
};
static const mp_column service_columns[] = {
    { "service", "column.service", NULL },     { "environment", "column.environment", NULL },
    { "measure", "column.measure", NULL },     { "framework/title", "column.framework", NULL },
    { "edition", "column.edition", NULL },     { "scheme/title", "column.scheme", NULL },
    { "certified", "column.certified", NULL }, { "certificate", "column.certificate", NULL },
    { "expires", "column.expires", NULL },     { "since", "column.since", NULL },
};

static const struct shown {
    const char *kind, *form;
    const mp_column *columns;
    size_t column_count;
    const char *
        totals[6]; /* members of "totals" for the line above the table: statement.sum.KIND has them as {0}... */
    const char *sum;
    size_t hidden; /* columns, the last, that tables have no room for */
} shown[] = {
    { "applicability",
      "statement-of-applicability",
      MP_COLUMNS(applicability_columns),
      { "controls", "demanded", "applicable", "excluded", "withoutJustification", "differing" },
      "statement.sum.applicability" },
    { "responsibility",
      "responsibility-matrix",
      MP_COLUMNS(responsibility_columns),
      { "controls", "provider", "customer", "shared", "bySource", "byDecision" },
      "statement.sum.responsibility" },
    { "gaps",
      "gap-report",
      MP_COLUMNS(gap_columns),
      { "controls", "lacking", "gaps" },
      "statement.sum.gaps",
      .hidden = 1 },
    { "calendar", "audit-calendar", MP_COLUMNS(calendar_columns), { "due", "overdue" }, "statement.sum.calendar" },
    { "services",
      "services-in-scope",
      MP_COLUMNS(service_columns),
      { "measures", "services", "environments", "certified" },
      "statement.sum.services" },
};

static const struct shown *find(mp_str kind)
{
    size_t i = 0;
    while (i + 1 < MP_COUNT(shown) && !mp_str_eq(kind, mp_str_from(shown[i].kind)))
        i++;
    return &shown[i];
}

/* ---- table ---- */

static void add_sum(mp_buf *out, mp_client *client, const struct shown *s, const mp_json *answer)
{
    const mp_json *totals = mp_json_get(answer, MP_S("totals"));
    mp_str args[MP_COUNT(s->totals)];
    size_t count = 0;
    for (; count < MP_COUNT(s->totals) && s->totals[count]; count++) {
        const mp_json *v = mp_json_get(totals, mp_str_from(s->totals[count]));
        args[count] =
            mp_arena_printf(&client->arena, "%lld", (long long)(mp_json_is(v, MP_JSON_INT) ? v->u.integer : 0));
    }
    mp_say(out, client->cli->lang, s->sum, args, count);
    mp_buf_add_c(out, '\n');
}

static mp_str words_of(const mp_client *client, const mp_json *of, const char *member)
{
    const mp_column column = { .member = member };
    return mp_columns_value(client->cli->lang, &column, of, client->cli->arena);
}

/* A list of what sources say, each with its place, and whether it is inferred. */
static void add_said(mp_buf *out, const mp_client *client, const mp_json *list)
{
    if (!mp_json_is(list, MP_JSON_ARRAY))
        return;
    for (MP_JSON_EACH(one, list)) {
        const mp_json *inferred = mp_json_get(one, MP_S("inferred"));
        bool is_inferred = mp_json_is_true(inferred),
             has_title = mp_json_get(one, MP_S("title")) != NULL;
        const mp_str args[] = { words_of(client, one, "text"), words_of(client, one, "place"),
                                words_of(client, one, "title") };
        mp_say(out, client->cli->lang,
               has_title ? (is_inferred ? "statement.rule-inferred" : "statement.rule")
                         : (is_inferred ? "framework.finder.inferred" : "framework.finder.said"),
               args, MP_COUNT(args));
        mp_buf_add_c(out, '\n');
    }
}

/* What the sources say of the cycle: also where no certificate gives it dates. */
static void add_rules(mp_buf *out, const mp_client *client, const mp_json *answer)
{
    const mp_json *rules = mp_json_get(answer, MP_S("rules"));
    if (!mp_json_is(rules, MP_JSON_ARRAY) || !rules->count)
        return;
    mp_str source = words_of(client, mp_json_first(rules), "source");
    mp_buf_add_c(out, '\n');
    add_said(out, client, rules);
    add_said(out, client, mp_json_get(answer, MP_S("notes")));
    add_said(out, client, mp_json_get(answer, MP_S("facts")));
    mp_say(out, client->cli->lang, "framework.finder.source", &source, 1);
    mp_buf_add_c(out, '\n');
}

static void add_table(mp_buf *out, mp_client *client, const struct shown *s, const mp_json *answer,
                      const mp_json *rows)
{
    mp_columns_state state = { .has_head = false };
    add_sum(out, client, s, answer);
    if (rows->count)
        mp_buf_add_c(out, '\n');
    if (rows->count)
        mp_columns_list(out, client->cli, s->columns, s->column_count - s->hidden, rows, &state,
                        &client->arena);
    add_rules(out, client, answer);
}

static void add_json(mp_buf *out, const mp_json *answer)
{
    mp_buf_add_json_pretty(out, answer, 0);
    mp_buf_add_c(out, '\n');
}

mp_code mp_statement_print(mp_buf *out, mp_client *client, mp_str kind, mp_statement_format format,
                           const char *zone, mp_error *err)
{
    const struct shown *s = find(kind);
    const mp_json *answer = client->answer.json, *rows = mp_json_get(answer, MP_S("rows"));
    if (format == MP_STATEMENT_OSCAL) {
        add_json(out, answer);
        return MP_OK;
    }
    if (!mp_json_is(rows, MP_JSON_ARRAY))
        return mp_fail(err, MP_FORMAT, MP_NOWHERE, "the answer is no statement");
    switch (format) {
    case MP_STATEMENT_JSON:
        add_json(out, answer);
        return MP_OK;
    case MP_STATEMENT_CSV:
        return mp_columns_csv(out, client->cli->lang, s->columns, s->column_count, rows, &client->arena, err);
    case MP_STATEMENT_ICS:
        if (!mp_str_eq(kind, MP_S("calendar")))
            return mp_fail(err, MP_USAGE, MP_NOWHERE, "only a calendar has the format ics");
        mp_ical_write(out, answer, client->cli->lang);
        return MP_OK;
    case MP_STATEMENT_HTML:
        return mp_document_print(out, client, s->form, MP_PAPER_HTML, zone, err);
    case MP_STATEMENT_PDF:
        return mp_document_print(out, client, s->form, MP_PAPER_PDF, zone, err);
    case MP_STATEMENT_XLSX:
        return mp_document_print(out, client, s->form, MP_PAPER_XLSX, zone, err);
    default:
        add_table(out, client, s, answer, rows);
        return MP_OK;
    }
}
