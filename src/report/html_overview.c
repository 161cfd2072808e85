/* SPDX-License-Identifier: Apache-2.0 */
/* html: the overview: the score, resources by state, the numbers that matter, each initiative. */
#include "html_page.h"

static void add_state_row(mp_html_page *p, mp_state state)
{
    HTML(p->out, "<tr><th scope=\"row\">");
    mp_html_state(p->out, state);
    mp_html_row_number(p, p->s->resources.by_state[state]);
    HTML(p->out, "<td class=\"wide\">");
    mp_html_share(p, state, &p->s->resources);
    HTML(p->out, "</td><td class=\"n\">");
    mp_html_number(p, p->s->pairs.by_state[state]);
    HTML(p->out, "</td></tr>");
}

static void add_states(mp_html_page *p)
{
    static const mp_html_column columns[] = {
        { "report.html.state", "" }, { "report.html.resources", "n" },
        { "report.html.share", "wide" }, { "report.html.verdicts", "n" },
    };
    mp_html_table(p, "grid states", columns, MP_COUNT(columns));
    for (size_t i = 0; i < MP_STATE_NOT_APPLICABLE; i++)
        if (p->s->resources.by_state[i] || p->s->pairs.by_state[i])
            add_state_row(p, (mp_state)i);
    HTML(p->out, MP_HTML_TABLE_END);
}

/* Policies by definition, not by check: the same one in two initiatives is one. */
static uint64_t failing_policies(const mp_scan_summary *s)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->check_count; i++) {
        bool again = s->checks[i].resources.by_state[MP_STATE_NON_COMPLIANT] == 0;
        for (uint32_t k = 0; k < i && !again; k++)
            again = s->checks[k].resources.by_state[MP_STATE_NON_COMPLIANT] &&
                    mp_str_eq_fold(s->checks[k].policy_id, s->checks[i].policy_id);
        n += !again;
    }
    return n;
}

static uint64_t failing_controls(const mp_scan_summary *s)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < s->group_count; i++)
        n += s->groups[i].resources.by_state[MP_STATE_NON_COMPLIANT] > 0;
    return n;
}

static void add_key_number(mp_html_page *p, uint64_t n, const char *id)
{
    HTML(p->out, "<div><dd>");
    mp_html_number(p, n);
    HTML(p->out, "</dd><dt>");
    mp_html_put(p, id);
    HTML(p->out, "</dt></div>");
}

static void add_key_numbers(mp_html_page *p)
{
    const mp_scan_summary *s = p->s;
    HTML(p->out, "<dl class=\"keys\">");
    add_key_number(p, s->resources.by_state[MP_STATE_NON_COMPLIANT], "report.html.key.resources");
    add_key_number(p, failing_policies(s), "report.html.key.policies");
    if (s->group_count)
        add_key_number(p, failing_controls(s), "report.html.key.controls");
    add_key_number(p, s->pairs.by_state[MP_STATE_ERROR] + s->pairs.by_state[MP_STATE_UNKNOWN] +
                          s->pairs.by_state[MP_STATE_NOT_EVALUATED] + s->bad_documents,
                   "report.html.key.unjudged");
    HTML(p->out, "</dl>");
}

static void add_initiatives(mp_html_page *p)
{
    static const mp_html_column columns[] = {
        { "report.initiative", "" }, { "report.score", "n" }, { "report.html.states", "wide" },
        { "report.html.failing", "n" }, { "report.html.resources", "n" },
    };
    if (p->s->initiative_count == 0)
        return;
    mp_html_table(p, "grid", columns, MP_COUNT(columns));
    for (uint32_t i = 0; i < p->s->initiative_count; i++) {
        HTML(p->out, "<tr><th scope=\"row\">");
        mp_html_initiative_title(p, &p->s->initiatives[i]);
        mp_html_row_tally(p, &p->s->initiatives[i].resources, "n strong");
        HTML(p->out, "</tr>");
    }
    HTML(p->out, MP_HTML_TABLE_END);
}

void mp_html_overview(mp_html_page *p)
{
    const mp_tally *t = &p->s->resources;
    mp_html_section(p, "overview", "report.overview");
    if (mp_tally_percent(t) < 0)
        mp_html_paragraph(p, "note", mp_words_no_score(t));
    HTML(p->out, "<div class=\"over\">");
    mp_html_ring(p, t);
    add_states(p);
    HTML(p->out, "</div>");
    add_key_numbers(p);
    add_initiatives(p);
    HTML(p->out, "</section>");
}
