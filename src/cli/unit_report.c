/* SPDX-License-Identifier: Apache-2.0 */
#include "unit_report.h"

#include <stdio.h>

#include "escape.h"
#include "text.h"

#define GREEN "\033[32m"
#define RED "\033[31m"
#define YELLOW "\033[33m"
#define DIM "\033[2m"
#define RESET "\033[0m"

/* ---- text ---- */

static const char *shade(const mp_unit_report *r, const char *color) { return r->color ? color : ""; }

static void add_safe(mp_buf *out, mp_str s) { mp_escape_plain(out, s); }

static void add_value(mp_buf *out, const mp_json *v)
{
    mp_buf raw = MP_BUF_INIT;
    mp_buf_add_json(&raw, v);
    add_safe(out, mp_buf_str(&raw));
    out->failed |= raw.failed;
    mp_buf_free(&raw);
}

static void say_number(mp_buf *out, const mp_unit_report *r, const char *id, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    mp_say_z(out, r->cli->lang, id, text, NULL);
}

static void add_colored(mp_buf *out, const mp_unit_report *r, const char *color, const char *id)
{
    mp_buf_add_z(out, shade(r, color));
    mp_say_z(out, r->cli->lang, id, NULL);
    mp_buf_add_z(out, shade(r, RESET));
}

static void text_difference(mp_buf *out, const mp_unit_report *r, const mp_difference *d)
{
    mp_buf value = MP_BUF_INIT;
    if (d->path.len) {
        mp_buf_add_z(out, "      ");
        add_safe(out, d->path);
        mp_buf_add_c(out, '\n');
    }
    if (d->expected)
        add_value(&value, d->expected);
    mp_str text = d->expected ? mp_buf_str(&value) : mp_message(r->cli->lang, "explain.no-value");
    mp_buf_add_z(out, "        ");
    mp_say(out, r->cli->lang, "test.expected", &text, 1);
    mp_buf_add_z(out, "\n        ");
    mp_buf_clear(&value);
    if (d->found)
        add_value(&value, d->found);
    text = mp_buf_str(&value);
    mp_say(out, r->cli->lang, d->found ? "test.found" : "test.found.nothing", &text, 1);
    mp_buf_add_c(out, '\n');
    out->failed |= value.failed;
    mp_buf_free(&value);
}

static void text_because(mp_buf *out, const mp_unit_report *r, mp_str text)
{
    mp_buf_add_z(out, "      ");
    mp_say_z(out, r->cli->lang, "test.because", NULL);
    mp_buf_add_c(out, '\n');
    while (text.len) {
        size_t end = mp_str_find(text, '\n');
        mp_str line = mp_str_of(text.ptr, end == SIZE_MAX ? text.len : end);
        mp_buf_printf(out, "        %.*s\n", MP_FMT(line));
        text = mp_str_skip(text, line.len + 1);
    }
}

static void text_test(mp_buf *out, const mp_unit_report *r, const mp_unit_test *t)
{
    mp_buf_printf(out, "  %s%s ", shade(r, t->passed ? GREEN : RED), t->passed ? "✓" : "✗");
    mp_say_z(out, r->cli->lang, t->passed ? "test.pass" : "test.fail", NULL);
    mp_buf_printf(out, "%s  ", shade(r, RESET));
    add_safe(out, t->name);
    if (t->line && !t->passed) {
        mp_buf_printf(out, "  %s", shade(r, DIM));
        mp_buf_add_c(out, '(');
        say_number(out, r, "test.line", t->line);
        mp_buf_printf(out, ")%s", shade(r, RESET));
    }
    mp_buf_add_c(out, '\n');
    for (const mp_difference *d = t->differences; d; d = d->next)
        text_difference(out, r, d);
    if (t->error.len) {
        mp_buf_add_z(out, "      ");
        add_safe(out, t->error);
        mp_buf_add_c(out, '\n');
    }
    if (t->because.len)
        text_because(out, r, t->because);
}

void mp_unit_text_file(mp_buf *out, const mp_unit_report *r, const mp_unit_file *file)
{
    add_safe(out, file->path);
    mp_buf_add_z(out, "  ");
    if (file->passed || !file->failed)
        mp_buf_add_z(out, shade(r, file->failed ? "" : GREEN));
    if (file->passed || !file->failed)
        say_number(out, r, "test.file.passed", file->passed);
    if (file->passed && file->failed)
        mp_buf_add_z(out, ", ");
    if (file->failed) {
        mp_buf_add_z(out, shade(r, RED));
        say_number(out, r, "test.file.failed", file->failed);
    }
    mp_buf_printf(out, "%s\n", shade(r, RESET));
    for (const mp_unit_test *t = file->first; t; t = t->next)
        if (!t->passed || r->is_verbose)
            text_test(out, r, t);
}

static const char *never_id(const mp_covered *c)
{
    return !c->was_true && !c->was_false ? "test.never" : c->was_true ? "test.never.false" : "test.never.true";
}

static void text_uncovered(mp_buf *out, const mp_unit_report *r, const mp_unit_policy *p)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const mp_covered *c = &p->conditions[i];
        if (!c->is_test || (c->was_true && c->was_false))
            continue;
        mp_buf_add_z(out, "  ");
        add_safe(out, p->file);
        if (c->line)
            mp_buf_printf(out, ":%u", c->line);
        mp_buf_add_z(out, "  ");
        add_colored(out, r, YELLOW, never_id(c));
        mp_buf_printf(out, "  %.*s\n", MP_FMT(c->text));
    }
}

static void text_coverage(mp_buf *out, const mp_unit_report *r, const mp_units *u)
{
    uint32_t both, all;
    char     numbers[3][16];
    mp_units_coverage(u, &both, &all);
    snprintf(numbers[0], sizeof numbers[0], "%u", both);
    snprintf(numbers[1], sizeof numbers[1], "%u", all);
    snprintf(numbers[2], sizeof numbers[2], "%u", mp_units_percent(both, all));
    mp_say_z(out, r->cli->lang, all ? "test.coverage" : "test.coverage.none", numbers[0], numbers[1],
             numbers[2], NULL);
    if (both < all && !r->is_full) {
        mp_buf_add_z(out, ". ");
        mp_say_z(out, r->cli->lang, "test.coverage.more", NULL);
    }
    mp_buf_add_c(out, '\n');
    for (size_t i = 0; i < u->policies.len && r->is_full; i++)
        text_uncovered(out, r, u->policies.entries[i].value);
    if (mp_units_percent(both, all) < r->least) {
        mp_buf_add_z(out, shade(r, RED));
        say_number(out, r, "test.under", r->least);
        mp_buf_printf(out, "%s\n", shade(r, RESET));
    }
}

void mp_unit_text_sums(mp_buf *out, const mp_unit_report *r, const mp_units *u)
{
    char passed[16], failed[16];
    if (u->first && (u->first->next || u->first->failed || r->is_verbose))
        mp_buf_add_c(out, '\n');
    if (r->has_coverage)
        text_coverage(out, r, u);
    snprintf(passed, sizeof passed, "%u", u->passed);
    snprintf(failed, sizeof failed, "%u", u->failed);
    mp_buf_add_z(out, shade(r, u->failed ? RED : GREEN));
    mp_say_z(out, r->cli->lang, "test.total", passed, failed, NULL);
    mp_buf_printf(out, "%s\n", shade(r, RESET));
}

/* ---- JSON ---- */

static void json_str(mp_buf *out, const char *before, mp_str s)
{
    mp_buf_add_z(out, before);
    mp_buf_add_json_str(out, s);
}

/* Seconds with six digits behind the point, in any locale. */
static void add_seconds(mp_buf *out, double seconds)
{
    uint64_t micros = (uint64_t)(seconds * 1e6 + 0.5);
    mp_buf_printf(out, "%llu.%06llu", (unsigned long long)(micros / 1000000),
                  (unsigned long long)(micros % 1000000));
}

static void json_test(mp_buf *out, const mp_unit_test *t)
{
    json_str(out, "        {\"name\": ", t->name);
    if (t->policy.len)
        json_str(out, ", \"policy\": ", t->policy);
    if (t->line)
        mp_buf_printf(out, ", \"line\": %u", t->line);
    mp_buf_printf(out, ", \"passed\": %s, \"seconds\": ", t->passed ? "true" : "false");
    add_seconds(out, t->seconds);
    if (t->error.len)
        json_str(out, ", \"error\": ", t->error);
    if (t->differences) {
        mp_buf_add_z(out, ", \"differences\": [");
        for (const mp_difference *d = t->differences; d; d = d->next) {
            json_str(out, d == t->differences ? "{\"path\": " : ", {\"path\": ", d->path);
            if (d->expected) {
                mp_buf_add_z(out, ", \"expected\": ");
                mp_buf_add_json(out, d->expected);
            }
            if (d->found) {
                mp_buf_add_z(out, ", \"found\": ");
                mp_buf_add_json(out, d->found);
            }
            mp_buf_add_c(out, '}');
        }
        mp_buf_add_c(out, ']');
    }
    if (t->answer) {
        mp_buf_add_z(out, ", \"answer\": ");
        mp_buf_add_json(out, t->answer);
    }
    mp_buf_add_c(out, '}');
}

static void json_file(mp_buf *out, const mp_unit_file *f)
{
    json_str(out, "    {\"file\": ", f->path);
    mp_buf_printf(out, ", \"passed\": %u, \"failed\": %u, \"tests\": [\n", f->passed, f->failed);
    for (const mp_unit_test *t = f->first; t; t = t->next) {
        json_test(out, t);
        mp_buf_add_z(out, t->next ? ",\n" : "\n");
    }
    mp_buf_add_z(out, f->next ? "    ]},\n" : "    ]}\n");
}

static void json_coverage(mp_buf *out, const mp_units *u)
{
    uint32_t both, all;
    bool     is_first = true;
    mp_units_coverage(u, &both, &all);
    mp_buf_printf(out, "  \"coverage\": {\"conditions\": %u, \"both\": %u, \"percent\": %u, \"uncovered\": [",
                  all, both, mp_units_percent(both, all));
    for (size_t i = 0; i < u->policies.len; i++) {
        const mp_unit_policy *p = u->policies.entries[i].value;
        for (uint32_t k = 0; k < p->count; k++) {
            const mp_covered *c = &p->conditions[k];
            if (!c->is_test || (c->was_true && c->was_false))
                continue;
            json_str(out, is_first ? "\n    {\"file\": " : ",\n    {\"file\": ", p->file);
            if (c->line)
                mp_buf_printf(out, ", \"line\": %u", c->line);
            json_str(out, ", \"pointer\": ", c->pointer);
            json_str(out, ", \"condition\": ", c->text);
            mp_buf_printf(out, ", \"wasTrue\": %s, \"wasFalse\": %s}", c->was_true ? "true" : "false",
                          c->was_false ? "true" : "false");
            is_first = false;
        }
    }
    mp_buf_add_z(out, is_first ? "]},\n" : "\n  ]},\n");
}

void mp_unit_json(mp_buf *out, const mp_unit_report *r, const mp_units *u)
{
    mp_buf_add_z(out, "{\n  \"files\": [\n");
    for (const mp_unit_file *f = u->first; f; f = f->next)
        json_file(out, f);
    mp_buf_add_z(out, "  ],\n");
    if (r->has_coverage)
        json_coverage(out, u);
    mp_buf_printf(out, "  \"passed\": %u,\n  \"failed\": %u\n}\n", u->passed, u->failed);
}

/* ---- JUnit ---- */

static void xml_attribute(mp_buf *out, const char *name, mp_str value)
{
    mp_buf_printf(out, " %s=\"", name);
    mp_escape_xml(out, value);
    mp_buf_add_c(out, '"');
}

static void junit_failure(mp_buf *out, const mp_unit_report *r, const mp_unit_test *t)
{
    mp_buf text = MP_BUF_INIT, first = MP_BUF_INIT;
    if (t->differences) {
        mp_buf_add(&first, t->differences->path);
        mp_buf_add_z(&first, ": ");
        mp_str value;
        mp_buf json = MP_BUF_INIT;
        if (t->differences->expected)
            mp_buf_add_json(&json, t->differences->expected);
        value = t->differences->expected ? mp_buf_str(&json) : mp_message(r->cli->lang, "explain.no-value");
        mp_say(&first, r->cli->lang, "test.expected", &value, 1);
        mp_buf_free(&json);
    } else {
        mp_buf_add(&first, t->error);
    }
    for (const mp_difference *d = t->differences; d; d = d->next)
        text_difference(&text, r, d);
    if (t->error.len)
        mp_buf_add(&text, t->error);
    mp_buf_add_z(out, "\n      <failure");
    xml_attribute(out, "message", mp_buf_str(&first));
    mp_buf_add_c(out, '>');
    for (mp_str rest = mp_buf_str(&text); rest.len;) { /* line by line: escaping shows control characters */
        size_t end = mp_str_find(rest, '\n');
        mp_str line = mp_str_of(rest.ptr, end == SIZE_MAX ? rest.len : end);
        mp_escape_xml(out, line);
        mp_buf_add_c(out, '\n');
        rest = mp_str_skip(rest, line.len + 1);
    }
    mp_buf_add_z(out, "</failure>\n    ");
    out->failed |= text.failed || first.failed;
    mp_buf_free(&text);
    mp_buf_free(&first);
}

static void junit_test(mp_buf *out, const mp_unit_report *r, const mp_unit_file *f, const mp_unit_test *t)
{
    mp_buf_add_z(out, "    <testcase");
    xml_attribute(out, "name", t->name);
    xml_attribute(out, "classname", t->policy.len ? t->policy : f->path);
    xml_attribute(out, "file", f->path);
    if (t->line)
        mp_buf_printf(out, " line=\"%u\"", t->line);
    mp_buf_add_z(out, " time=\"");
    add_seconds(out, t->seconds);
    mp_buf_add_c(out, '"');
    if (t->passed) {
        mp_buf_add_z(out, "/>\n");
        return;
    }
    mp_buf_add_c(out, '>');
    junit_failure(out, r, t);
    mp_buf_add_z(out, "</testcase>\n");
}

void mp_unit_junit(mp_buf *out, const mp_unit_report *r, const mp_units *u)
{
    mp_buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                       "<testsuites name=\"mapae test\" tests=\"%u\" failures=\"%u\">\n",
                  u->passed + u->failed, u->failed);
    for (const mp_unit_file *f = u->first; f; f = f->next) {
        double seconds = 0;
        for (const mp_unit_test *t = f->first; t; t = t->next)
            seconds += t->seconds;
        mp_buf_add_z(out, "  <testsuite");
        xml_attribute(out, "name", f->path);
        mp_buf_printf(out, " tests=\"%u\" failures=\"%u\" time=\"", f->passed + f->failed, f->failed);
        add_seconds(out, seconds);
        mp_buf_add_z(out, "\">\n");
        for (const mp_unit_test *t = f->first; t; t = t->next)
            junit_test(out, r, f, t);
        mp_buf_add_z(out, "  </testsuite>\n");
    }
    mp_buf_add_z(out, "</testsuites>\n");
}
