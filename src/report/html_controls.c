/* SPDX-License-Identifier: Apache-2.0 */
/* html: the controls of each initiative, with the policies that stand for each. */
#include "html_page.h"

static bool is_in(const mp_scan_check *c, uint32_t group)
{
    for (uint32_t i = 0; i < c->group_count; i++)
        if (c->groups[i] == group)
            return true;
    return false;
}

static void add_control_policies(mp_html_page *p, uint32_t group)
{
    HTML(p->out, "<ul class=\"pol\">");
    for (uint32_t i = 0; i < p->s->check_count; i++) {
        const mp_scan_check *c = &p->s->checks[p->order[i]];
        if (!is_in(c, group))
            continue;
        HTML(p->out, "<li><span class=\"nm\">");
        if (mp_tally_total(&c->resources))
            mp_buf_printf(p->out, "<a href=\"#p%u\">", p->order[i]);
        mp_html_check_title(p, c);
        if (mp_tally_total(&c->resources))
            HTML(p->out, "</a>");
        HTML(p->out, "</span>");
        mp_html_numbers(p, &c->resources);
        HTML(p->out, "</li>");
    }
    HTML(p->out, "</ul>");
}

static void add_control(mp_html_page *p, uint32_t index)
{
    const mp_scan_group *g = &p->s->groups[index];
    uint64_t bad = g->resources.by_state[MP_STATE_NON_COMPLIANT] + mp_words_errors(&g->resources);
    /* "paper": opened when the page is printed. */
    mp_buf_printf(p->out, "<details class=\"ctl%s\"><summary><span class=\"id\">",
                  bad ? " paper" : "");
    mp_html_text(p->out, mp_words_group_label(p->s, g));
    HTML(p->out, "</span><span class=\"nm\">");
    mp_html_group_title(p, g);
    HTML(p->out, "</span>");
    mp_html_numbers(p, &g->resources);
    HTML(p->out, "</summary>");
    add_control_policies(p, index);
    HTML(p->out, "</details>\n");
}

/* Controls stand under the heading of their category as long as it stays the same. */
static void add_category(mp_html_page *p, const mp_scan_group *g, mp_str *last)
{
    mp_str texts[] = { mp_words_group_category(MP_LANG_EN, p->s, g),
                       mp_words_group_category(MP_LANG_KO, p->s, g) };
    if (texts[MP_LANG_EN].len == 0 || mp_str_eq(texts[MP_LANG_EN], *last))
        return;
    *last = texts[MP_LANG_EN];
    HTML(p->out, "<h4>");
    mp_html_both(p->out, texts);
    HTML(p->out, "</h4>");
}

static void add_controls_of(mp_html_page *p, uint32_t initiative)
{
    const mp_scan_initiative *it = &p->s->initiatives[initiative];
    mp_str                    last = { NULL, 0 };
    bool                      any = false;
    mp_str about[] = { mp_words_initiative_description(MP_LANG_EN, it),
                       mp_words_initiative_description(MP_LANG_KO, it) };
    for (uint32_t i = 0; i < p->s->group_count; i++) {
        const mp_scan_group *g = &p->s->groups[i];
        if (g->initiative != initiative)
            continue;
        if (!any) {
            HTML(p->out, "<h3>");
            mp_html_initiative_title(p, it);
            HTML(p->out, "</h3>");
            if (about[0].len || about[1].len) {
                HTML(p->out, "<p class=\"about\">");
                mp_html_both(p->out, about);
                HTML(p->out, "</p>");
            }
        }
        any = true;
        add_category(p, g, &last);
        add_control(p, i);
    }
}

mp_code mp_html_controls(mp_html_page *p, mp_error *err)
{
    if (p->s->group_count == 0)
        return MP_OK;
    mp_html_section(p, "controls", "report.controls");
    mp_html_paragraph(p, "hint", "report.html.controls.hint");
    for (uint32_t i = 0; i < p->s->initiative_count; i++) {
        add_controls_of(p, i);
        MP_TRY(mp_report_flush_some(p->r, err));
    }
    HTML(p->out, "</section>");
    return MP_OK;
}
