/* SPDX-License-Identifier: Apache-2.0 */
/* html: words, numbers, titles and tables of the page. */
#include "html_page.h"

void mp_html_put(mp_html_page *p, const char *id) { mp_html_say(p->out, id, NULL, 0); }

void mp_html_put_number(mp_html_page *p, const char *id, uint64_t n)
{
    char   text[MP_NUMBER_TEXT];
    mp_str arg = mp_str_from(mp_words_number(text, n));
    mp_html_say(p->out, id, &arg, 1);
}

void mp_html_paragraph(mp_html_page *p, const char *class, const char *id)
{
    mp_buf_printf(p->out, "<p class=\"%s\">", class);
    mp_html_put(p, id);
    HTML(p->out, "</p>");
}

void mp_html_number(mp_html_page *p, uint64_t n)
{
    char text[MP_NUMBER_TEXT];
    mp_buf_add_z(p->out, mp_words_number(text, n));
}

void mp_html_percent(mp_html_page *p, const mp_tally *t)
{
    char text[MP_NUMBER_TEXT];
    mp_buf_add_z(p->out, mp_words_percent(text, t));
    if (mp_tally_percent(t) >= 0)
        HTML(p->out, "%");
}

/* ---- names ---- */

void mp_html_check_title(mp_html_page *p, const mp_scan_check *c)
{
    mp_str texts[] = { mp_words_check(MP_LANG_EN, c), mp_words_check(MP_LANG_KO, c) };
    mp_html_both(p->out, texts);
}

void mp_html_initiative_title(mp_html_page *p, const mp_scan_initiative *it)
{
    mp_str texts[] = { mp_words_initiative(MP_LANG_EN, it), mp_words_initiative(MP_LANG_KO, it) };
    mp_html_both(p->out, texts);
}

void mp_html_group_title(mp_html_page *p, const mp_scan_group *g)
{
    mp_str texts[] = { mp_words_group(MP_LANG_EN, p->s, g), mp_words_group(MP_LANG_KO, p->s, g) };
    mp_html_both(p->out, texts);
}

/* ---- facts ---- */

void mp_html_fact(mp_html_page *p, const char *id, mp_str value)
{
    HTML(p->out, "<div><dt>");
    mp_html_put(p, id);
    HTML(p->out, "</dt><dd>");
    mp_html_text(p->out, value);
    HTML(p->out, "</dd></div>");
}

void mp_html_fact_number(mp_html_page *p, const char *id, uint64_t n)
{
    char text[MP_NUMBER_TEXT];
    mp_html_fact(p, id, mp_str_from(mp_words_number(text, n)));
}

/* ---- sections and tables ---- */

void mp_html_section(mp_html_page *p, const char *name, const char *title_id)
{
    mp_buf_printf(p->out, "\n<section id=\"%s\"><h2>", name);
    mp_html_put(p, title_id);
    HTML(p->out, "</h2>");
}

void mp_html_table(mp_html_page *p, const char *class, const mp_html_column *columns, size_t count)
{
    mp_buf_printf(p->out, "<table class=\"%s\"><thead><tr>", class);
    for (size_t i = 0; i < count; i++) {
        mp_buf_printf(p->out, "<th scope=\"col\" class=\"%s\">", columns[i].class);
        mp_html_put(p, columns[i].title_id);
        HTML(p->out, "</th>");
    }
    HTML(p->out, "</tr></thead><tbody>");
}

void mp_html_row_number(mp_html_page *p, uint64_t n)
{
    HTML(p->out, "</th><td class=\"n\">");
    mp_html_number(p, n);
    HTML(p->out, "</td>");
}

void mp_html_row_tally(mp_html_page *p, const mp_tally *t, const char *percent_class)
{
    mp_buf_printf(p->out, "</th><td class=\"%s\">", percent_class);
    mp_html_percent(p, t);
    HTML(p->out, "</td><td class=\"wide\">");
    mp_html_bar(p, t);
    HTML(p->out, "</td><td class=\"n\">");
    mp_html_number(p, t->by_state[MP_STATE_NON_COMPLIANT]);
    HTML(p->out, "</td><td class=\"n\">");
    mp_html_number(p, mp_tally_total(t));
    HTML(p->out, "</td>");
}
