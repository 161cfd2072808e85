/* SPDX-License-Identifier: Apache-2.0 */
/* html: bars and the ring, drawn as SVG. Widths are in per mille of the whole; a state that occurs is never
 * invisible. */
#include <inttypes.h>

#include "html_page.h"

#define LEAST_WIDTH 8
#define BAR_BEGIN                                                                  \
    "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" "     \
    "aria-hidden=\"true\"><rect class=\"bg\" width=\"1000\" height=\"10\"/>"

/* The states from bad to unjudged, as they stand side by side in a bar. */
static const mp_state bar_order[] = {
    MP_STATE_NON_COMPLIANT, MP_STATE_ERROR,     MP_STATE_CONFLICTING, MP_STATE_COMPLIANT,
    MP_STATE_EXEMPT,        MP_STATE_PROTECTED, MP_STATE_UNKNOWN,     MP_STATE_NOT_EVALUATED,
};

static void add_segment(mp_buf *out, mp_state state, uint64_t start, uint64_t width)
{
    mp_buf_printf(out, "<rect class=\"f%d\" x=\"%" PRIu64 "\" width=\"%" PRIu64 "\" height=\"10\"/>",
                  (int)state, start, width);
}

void mp_html_bar(mp_html_page *p, const mp_tally *t)
{
    uint64_t total = mp_tally_total(t), before = 0;
    HTML(p->out, BAR_BEGIN);
    for (size_t i = 0; total && i < MP_COUNT(bar_order); i++) {
        uint64_t n = t->by_state[bar_order[i]];
        uint64_t start = before * 1000 / total;
        before += n;
        uint64_t end = before * 1000 / total;
        if (n == 0)
            continue;
        uint64_t width = end - start < LEAST_WIDTH ? LEAST_WIDTH : end - start;
        bool     has_gap = before < total && width > LEAST_WIDTH;
        add_segment(p->out, bar_order[i], start, has_gap ? width - 4 : width);
    }
    HTML(p->out, "</svg>");
}

void mp_html_share(mp_html_page *p, mp_state state, const mp_tally *t)
{
    uint64_t total = mp_tally_total(t);
    uint64_t width = total ? t->by_state[state] * 1000 / total : 0;
    HTML(p->out, BAR_BEGIN);
    if (t->by_state[state])
        add_segment(p->out, state, 0, width < LEAST_WIDTH ? LEAST_WIDTH : width);
    HTML(p->out, "</svg>");
}

/* It begins at the top and goes clockwise: what is good first. */
static void add_arcs(mp_html_page *p, const mp_tally *t)
{
    static const mp_state order[] = {
        MP_STATE_COMPLIANT, MP_STATE_EXEMPT,      MP_STATE_UNKNOWN,   MP_STATE_NON_COMPLIANT,
        MP_STATE_ERROR,     MP_STATE_CONFLICTING, MP_STATE_PROTECTED, MP_STATE_NOT_EVALUATED,
    };
    uint64_t total = mp_tally_total(t), before = 0;
    for (size_t i = 0; total && i < MP_COUNT(order); i++) {
        uint64_t n = t->by_state[order[i]];
        if (n == 0)
            continue;
        uint64_t start = before * 1000 / total;
        before += n;
        uint64_t width = before * 1000 / total - start;
        uint64_t gap = n == total || width < 12 ? 0 : 6;
        mp_buf_printf(p->out,
                      "<circle class=\"r g%d\" cx=\"60\" cy=\"60\" r=\"50\" pathLength=\"1000\" "
                      "stroke-dasharray=\"%" PRIu64 " 1000\" stroke-dashoffset=\"-%" PRIu64 "\"/>",
                      (int)order[i], width - gap < 3 ? 3 : width - gap, start);
    }
}

void mp_html_ring(mp_html_page *p, const mp_tally *t)
{
    HTML(p->out, "<div class=\"ring\"><svg viewBox=\"0 0 120 120\" aria-hidden=\"true\">"
                 "<circle class=\"r bg\" cx=\"60\" cy=\"60\" r=\"50\"/>");
    add_arcs(p, t);
    HTML(p->out, "</svg><p><strong>");
    mp_html_percent(p, t);
    HTML(p->out, "</strong><span>");
    mp_html_put(p, "report.score");
    HTML(p->out, "</span></p></div>");
}

static void put_count(mp_html_page *p, const mp_tally *t)
{
    uint64_t shown = t->by_state[MP_STATE_COMPLIANT] + t->by_state[MP_STATE_NON_COMPLIANT] + mp_words_errors(t);
    if (mp_tally_percent(t) < 0) {
        mp_html_put(p, mp_tally_total(t) ? "report.html.count.unjudged" : "report.html.count.none");
        return;
    }
    /* 100 % of what nobody has shown: said in words, or it would be taken for compliance. */
    if (shown == 0) {
        mp_html_put(p, "report.html.count.unshown");
        return;
    }
    char   failing[MP_NUMBER_TEXT], all[MP_NUMBER_TEXT];
    mp_str args[] = {
        mp_str_from(mp_words_number(failing, t->by_state[MP_STATE_NON_COMPLIANT])),
        mp_str_from(mp_words_number(all, mp_tally_total(t))),
    };
    mp_html_say(p->out, "report.html.count", args, 2);
}

void mp_html_numbers(mp_html_page *p, const mp_tally *t)
{
    HTML(p->out, "<span class=\"pc\">");
    mp_html_percent(p, t);
    HTML(p->out, "</span>");
    mp_html_bar(p, t);
    HTML(p->out, "<span class=\"ct\">");
    put_count(p, t);
    HTML(p->out, "</span>");
}
