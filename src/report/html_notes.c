/* SPDX-License-Identifier: Apache-2.0 */
/* html: the notes at the end: what was not judged, and how the page is read. */
#include <inttypes.h>
#include <stdio.h>

#include "html_page.h"

bool mp_html_has_unjudged(const mp_scan_summary *s)
{
    return s->pairs.by_state[MP_STATE_ERROR] || s->pairs.by_state[MP_STATE_CONFLICTING] ||
           s->pairs.by_state[MP_STATE_UNKNOWN] || s->pairs.by_state[MP_STATE_NOT_EVALUATED] ||
           s->bad_documents || s->policy_errors || s->problem_count || s->without_policy || s->duplicates ||
           s->absent;
}

static void add_unjudged_state(mp_html_page *p, mp_state state)
{
    if (p->s->pairs.by_state[state] == 0)
        return;
    HTML(p->out, "<tr><th scope=\"row\">");
    mp_html_state(p->out, state);
    mp_html_row_number(p, p->s->pairs.by_state[state]);
    HTML(p->out, "<td class=\"list\"><ul>");
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        const mp_scan_check *c = &p->s->checks[i];
        if (c->resources.by_state[state] == 0)
            continue;
        mp_buf_printf(p->out, "<li><a href=\"#p%u\">", i);
        mp_html_check_title(p, c);
        HTML(p->out, "</a> ");
        mp_html_number(p, c->resources.by_state[state]);
        HTML(p->out, "</li>");
    }
    HTML(p->out, "</ul></td></tr>");
}

static void add_plain_row(mp_html_page *p, const char *name_id, uint64_t n, const char *text_id)
{
    if (n == 0)
        return;
    HTML(p->out, "<tr><th scope=\"row\">");
    mp_html_put(p, name_id);
    mp_html_row_number(p, n);
    HTML(p->out, "<td>");
    mp_html_put(p, text_id);
    HTML(p->out, "</td></tr>");
}

static void add_whole_policies(mp_html_page *p)
{
    const mp_scan_summary *s = p->s;
    uint64_t               count = 0;
    for (uint32_t i = 0; i < s->check_count; i++)
        count += s->checks[i].not_evaluated.len && !mp_words_is_repeated(s, i);
    if (count == 0)
        return;
    HTML(p->out, "<tr><th scope=\"row\">");
    mp_html_put(p, "report.html.whole");
    mp_html_row_number(p, count);
    HTML(p->out, "<td class=\"list\"><ul>");
    for (uint32_t i = 0; i < s->check_count; i++) {
        if (s->checks[i].not_evaluated.len == 0 || mp_words_is_repeated(s, i))
            continue;
        HTML(p->out, "<li>");
        mp_html_check_title(p, &s->checks[i]);
        HTML(p->out, " <code>");
        mp_html_text(p->out, s->checks[i].not_evaluated);
        HTML(p->out, "</code></li>");
    }
    HTML(p->out, "</ul></td></tr>");
}

static void tell_sentence(mp_buf *out, mp_lang lang, const void *english)
{
    mp_say_sentence(out, lang, *(const mp_str *)english);
}

static void add_problem(mp_html_page *p, const mp_scan_problem *problem)
{
    uint64_t line = problem->pos.line ? problem->pos.line : problem->origin.line;
    HTML(p->out, "<tr><td class=\"mono\">");
    mp_html_text(p->out, mp_str_from(problem->origin.file ? problem->origin.file : "-"));
    if (line)
        mp_buf_printf(p->out, ":%" PRIu64, line);
    if (problem->pos.line && problem->pos.col)
        mp_buf_printf(p->out, ":%u", problem->pos.col);
    HTML(p->out, "</td><td>");
    mp_html_tell(p->out, tell_sentence, &problem->message);
    HTML(p->out, "</td></tr>");
}

static mp_code add_problems(mp_html_page *p, mp_error *err)
{
    static const mp_html_column columns[] = { { "report.html.source", "" }, { "report.html.problem", "" } };
    const mp_scan_summary *s = p->s;
    if (s->problem_count == 0)
        return MP_OK;
    HTML(p->out, "<h3>");
    mp_html_put(p, "report.html.problems");
    HTML(p->out, "</h3>");
    mp_html_table(p, "grid", columns, MP_COUNT(columns));
    for (uint32_t i = 0; i < s->problem_count; i++) {
        add_problem(p, &s->problems[i]);
        MP_TRY(mp_report_flush_some(p->r, err));
    }
    HTML(p->out, MP_HTML_TABLE_END);
    if (s->bad_documents > s->problem_count) {
        HTML(p->out, "<p class=\"note\">");
        mp_html_put_number(p, "report.more", s->bad_documents - s->problem_count);
        HTML(p->out, "</p>");
    }
    return MP_OK;
}

mp_code mp_html_unjudged(mp_html_page *p, mp_error *err)
{
    static const mp_html_column columns[] = {
        { "report.html.what", "" }, { "report.html.number", "n" }, { "report.html.where", "" },
    };
    static const mp_state states[] = { MP_STATE_ERROR, MP_STATE_CONFLICTING, MP_STATE_UNKNOWN,
                                       MP_STATE_NOT_EVALUATED };
    const mp_scan_summary *s = p->s;
    if (!mp_html_has_unjudged(s))
        return MP_OK;
    mp_html_section(p, "unjudged", "report.unjudged");
    mp_html_table(p, "grid worst", columns, MP_COUNT(columns));
    for (size_t i = 0; i < MP_COUNT(states); i++)
        add_unjudged_state(p, states[i]);
    add_whole_policies(p);
    add_plain_row(p, "report.html.policy-errors", s->policy_errors, "report.html.policy-errors.text");
    add_plain_row(p, "report.html.bad", s->bad_documents, "report.html.bad.text");
    add_plain_row(p, "report.html.without", s->without_policy, "report.html.without.text");
    add_plain_row(p, "report.html.duplicates", s->duplicates, "report.html.duplicates.text");
    add_plain_row(p, "report.html.gone", s->absent, "report.html.gone.text");
    HTML(p->out, MP_HTML_TABLE_END);
    MP_TRY(add_problems(p, err));
    HTML(p->out, "</section>");
    return MP_OK;
}

void mp_html_reading(mp_html_page *p)
{
    mp_html_section(p, "reading", "report.reading");
    HTML(p->out, "<p>");
    mp_html_put(p, "report.reading.score");
    HTML(p->out, "</p><p>");
    mp_html_put(p, "report.reading.rollup");
    HTML(p->out, "</p><dl class=\"terms\">");
    for (size_t i = 0; i < MP_STATE_NOT_APPLICABLE; i++) {
        char id[64];
        snprintf(id, sizeof id, "report.meaning.%.*s", MP_FMT(mp_states[i].text));
        HTML(p->out, "<div><dt>");
        mp_html_state(p->out, (mp_state)i);
        HTML(p->out, "</dt><dd>");
        mp_html_put(p, id);
        HTML(p->out, "</dd></div>");
    }
    HTML(p->out, "</dl></section>");
}
