/* SPDX-License-Identifier: Apache-2.0 */
/* html: the findings: each policy with its records, worst first, and the filter above them. */
#include "html_page.h"

static uint64_t records_of(const mp_html_page *p, uint32_t check)
{
    return mp_html_seen(p->own, check, MP_HTML_FINDING) + mp_html_seen(p->own, check, MP_HTML_OTHER);
}

static void add_chip(mp_html_page *p, mp_str text, const char *class)
{
    if (text.len == 0)
        return;
    mp_buf_printf(p->out, "<span class=\"chip %s\">", class);
    mp_html_text(p->out, text);
    HTML(p->out, "</span>");
}

/* The controls that the policy stands for, as one fact. */
static void add_policy_controls(mp_html_page *p, const mp_scan_check *c)
{
    if (c->group_count == 0)
        return;
    HTML(p->out, "<div><dt>");
    mp_html_put(p, "report.html.control");
    HTML(p->out, "</dt><dd>");
    for (uint32_t i = 0; i < c->group_count; i++) {
        const mp_scan_group *g = &p->s->groups[c->groups[i]];
        if (i)
            HTML(p->out, "<br>");
        mp_html_text(p->out, g->name);
        HTML(p->out, " ");
        mp_html_group_title(p, g);
    }
    HTML(p->out, "</dd></div>");
}

static void add_policy_facts(mp_html_page *p, const mp_scan_check *c)
{
    mp_str about[] = { mp_words_check_description(MP_LANG_EN, c),
                       mp_words_check_description(MP_LANG_KO, c) };
    if (about[MP_LANG_EN].len) {
        HTML(p->out, "<p class=\"about\">");
        mp_html_both(p->out, about);
        HTML(p->out, "</p>");
    }
    HTML(p->out, "<dl class=\"facts\">");
    add_policy_controls(p, c);
    const struct {
        const char *id;
        mp_str      value;
    } facts[] = {
        { "report.html.definition", c->policy_id },
        { "report.html.version", c->version },
        { "report.html.reference", c->reference_id },
        { "report.html.assignment", c->assignment_id },
    };
    for (size_t i = 0; i < MP_COUNT(facts); i++)
        if (facts[i].value.len)
            mp_html_fact(p, facts[i].id, facts[i].value);
    HTML(p->out, "</dl>");
}

static mp_code add_records(mp_html_page *p, uint32_t check, mp_html_part part, mp_error *err)
{
    uint64_t        shown = mp_html_shown(p->own, check, part);
    mp_spool_reader reader = mp_spool_read(p->own->spool, mp_html_queue(check, part));
    mp_code         code = MP_OK;
    for (uint64_t i = 0; i < shown && code == MP_OK; i++) {
        bool more;
        code = mp_spool_next(&reader, p->out, &more, err);
        if (code == MP_OK)
            code = mp_report_flush_some(p->r, err);
    }
    mp_spool_read_done(&reader);
    MP_TRY(code);
    uint64_t seen = mp_html_seen(p->own, check, part);
    if (seen > shown) {
        HTML(p->out, "<li class=\"cut\">");
        mp_html_put_number(p, part == MP_HTML_FINDING ? "report.html.cut" : "report.html.cut.others",
                           seen - shown);
        HTML(p->out, "</li>");
    }
    return MP_OK;
}

static mp_code add_policy(mp_html_page *p, uint32_t check, mp_error *err)
{
    const mp_scan_check *c = &p->s->checks[check];
    mp_buf_printf(p->out,
                  "<details class=\"policy paper\" id=\"p%u\"><summary><span class=\"nm\">", check);
    mp_html_check_title(p, c);
    HTML(p->out, "</span><span class=\"tags\">");
    add_chip(p, c->severity, "sev");
    add_chip(p, c->effect, "eff");
    HTML(p->out, "</span>");
    mp_html_numbers(p, &c->resources);
    HTML(p->out, "</summary><div class=\"body\">");
    add_policy_facts(p, c);
    HTML(p->out, "<ul class=\"recs\">");
    MP_TRY(add_records(p, check, MP_HTML_FINDING, err));
    MP_TRY(add_records(p, check, MP_HTML_OTHER, err));
    HTML(p->out, "</ul></div></details>\n");
    return MP_OK;
}

/* The check belongs to `it` (NULL: to no initiative) and met a resource. */
static bool is_listed(const mp_html_page *p, uint32_t check, const mp_scan_initiative *it)
{
    const mp_scan_check *c = &p->s->checks[check];
    return mp_report_initiative(p->s, c) == it &&
           (records_of(p, check) || mp_tally_total(&c->resources));
}

/* Policies that every resource complies with: names and numbers, folded away. */
static void add_clear_policies(mp_html_page *p, const mp_scan_initiative *it, uint64_t count)
{
    HTML(p->out, "<details class=\"rest\"><summary>");
    mp_html_put_number(p, "report.html.clear", count);
    HTML(p->out, "</summary><ul class=\"pol\">");
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        const mp_scan_check *c = &p->s->checks[i];
        if (!is_listed(p, i, it) || records_of(p, i))
            continue;
        mp_buf_printf(p->out, "<li id=\"p%u\"><span class=\"nm\">", i);
        mp_html_check_title(p, c);
        HTML(p->out, "</span>");
        mp_html_numbers(p, &c->resources);
        HTML(p->out, "</li>");
    }
    HTML(p->out, "</ul></details>");
}

static mp_code add_findings_of(mp_html_page *p, const mp_scan_initiative *it, mp_error *err)
{
    uint64_t listed = 0, clear = 0;
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        uint32_t check = p->order[i];
        if (!is_listed(p, check, it))
            continue;
        if (listed++ == 0 && it) {
            HTML(p->out, "<h3>");
            mp_html_initiative_title(p, it);
            HTML(p->out, "</h3>");
        }
        if (records_of(p, check))
            MP_TRY(add_policy(p, check, err));
        else
            clear++;
    }
    if (clear)
        add_clear_policies(p, it, clear);
    return MP_OK;
}

static void add_filter(mp_html_page *p)
{
    HTML(p->out, "<div class=\"filter\" hidden><label>");
    mp_html_put(p, "report.html.search");
    HTML(p->out, " <input type=\"search\" id=\"q\" autocomplete=\"off\" spellcheck=\"false\"></label>"
                 "<fieldset><legend class=\"off\">");
    mp_html_put(p, "report.html.state");
    HTML(p->out, "</legend>");
    for (size_t i = 0; i < MP_STATE_NOT_APPLICABLE; i++) {
        if (i == MP_STATE_COMPLIANT || p->s->pairs.by_state[i] == 0)
            continue;
        mp_buf_printf(p->out, "<label><input type=\"checkbox\" class=\"fs\" value=\"%zu\" checked>", i);
        mp_html_state(p->out, (mp_state)i);
        HTML(p->out, "</label>");
    }
    HTML(p->out, "</fieldset><span class=\"acts\"><button type=\"button\" id=\"open\">");
    mp_html_put(p, "report.html.open");
    HTML(p->out, "</button><button type=\"button\" id=\"close\">");
    mp_html_put(p, "report.html.close");
    HTML(p->out, "</button></span><output id=\"hits\" aria-live=\"polite\"></output></div>");
}

/* What the page leaves out, said before it begins. */
static void add_cut(mp_html_page *p)
{
    uint64_t seen = 0, shown = 0;
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        for (int part = 0; part < MP_HTML_PART_COUNT; part++) {
            seen += mp_html_seen(p->own, i, (mp_html_part)part);
            shown += mp_html_shown(p->own, i, (mp_html_part)part);
        }
    }
    if (seen == shown)
        return;
    char   all[MP_NUMBER_TEXT], some[MP_NUMBER_TEXT];
    mp_str args[] = { mp_str_from(mp_words_number(some, shown)),
                      mp_str_from(mp_words_number(all, seen)) };
    HTML(p->out, "<p class=\"note\">");
    mp_html_say(p->out, "report.html.cut.all", args, 2);
    HTML(p->out, "</p>");
}

mp_code mp_html_findings(mp_html_page *p, mp_error *err)
{
    mp_html_section(p, "findings", "report.findings");
    mp_html_paragraph(p, "hint", "report.html.findings.hint");
    add_cut(p);
    add_filter(p);
    for (uint32_t i = 0; i < p->s->initiative_count; i++)
        MP_TRY(add_findings_of(p, &p->s->initiatives[i], err));
    MP_TRY(add_findings_of(p, NULL, err));
    HTML(p->out, "</section>");
    return MP_OK;
}
