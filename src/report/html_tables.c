/* SPDX-License-Identifier: Apache-2.0 */
/* html: the types of resources, and the resources with most failures. */
#include <stdlib.h>

#include "html_page.h"

#define TYPE_ROWS 15
#define WORST_ROWS 20

static int by_type_failures(const void *left, const void *right)
{
    const mp_scan_type *a = *(const mp_scan_type *const *)left;
    const mp_scan_type *b = *(const mp_scan_type *const *)right;
    uint64_t            fails_a = a->resources.by_state[MP_STATE_NON_COMPLIANT];
    uint64_t            fails_b = b->resources.by_state[MP_STATE_NON_COMPLIANT];
    if (fails_a != fails_b)
        return fails_a > fails_b ? -1 : 1;
    uint64_t all_a = mp_tally_total(&a->resources), all_b = mp_tally_total(&b->resources);
    if (all_a != all_b)
        return all_a > all_b ? -1 : 1;
    return mp_str_cmp_fold(a->type, b->type);
}

static void add_type_row(mp_html_page *p, const mp_scan_type *t)
{
    HTML(p->out, "<tr><th scope=\"row\" class=\"mono\">");
    mp_html_text(p->out, t->type.len ? t->type : MP_S("-"));
    mp_html_row_tally(p, &t->resources, "n");
    HTML(p->out, "<td class=\"n\">");
    mp_html_number(p, t->documents);
    HTML(p->out, "</td></tr>");
}

static void add_type_table(mp_html_page *p, const mp_scan_type **types, uint32_t count)
{
    static const mp_html_column columns[] = {
        { "report.html.type", "" }, { "report.score", "n" }, { "report.html.states", "wide" },
        { "report.html.failing", "n" }, { "report.html.judged.short", "n" }, { "report.html.documents", "n" },
    };
    mp_html_table(p, "grid", columns, MP_COUNT(columns));
    for (uint32_t i = 0; i < count; i++)
        add_type_row(p, types[i]);
    HTML(p->out, MP_HTML_TABLE_END);
}

mp_code mp_html_types(mp_html_page *p, mp_error *err)
{
    const mp_scan_summary *s = p->s;
    if (s->type_count == 0)
        return MP_OK;
    const mp_scan_type **types = calloc(s->type_count, sizeof *types);
    if (!types)
        return mp_no_memory(err);
    for (uint32_t i = 0; i < s->type_count; i++)
        types[i] = &s->types[i];
    qsort(types, s->type_count, sizeof *types, by_type_failures);
    uint32_t shown = s->type_count < TYPE_ROWS ? s->type_count : TYPE_ROWS;
    mp_html_section(p, "types", "report.types");
    add_type_table(p, types, shown);
    if (shown < s->type_count) {
        HTML(p->out, "<details class=\"rest paper\"><summary>");
        mp_html_put_number(p, "report.html.types.more", s->type_count - shown);
        HTML(p->out, "</summary>");
        add_type_table(p, types + shown, s->type_count - shown);
        HTML(p->out, "</details>");
    }
    HTML(p->out, "</section>");
    free(types);
    return MP_OK;
}

/* Each policy once, though two initiatives may hold it. */
static void add_worst_checks(mp_html_page *p, const mp_scan_worst *w)
{
    uint32_t listed = 0;
    HTML(p->out, "<ul>");
    for (uint32_t i = 0; i < w->check_count; i++) {
        listed++;
        if (mp_words_worst_is_repeated(p->s, w, i))
            continue;
        mp_buf_printf(p->out, "<li><a href=\"#p%u\">", w->checks[i]);
        mp_html_check_title(p, &p->s->checks[w->checks[i]]);
        HTML(p->out, "</a></li>");
    }
    if (w->non_compliant > listed) {
        HTML(p->out, "<li>");
        mp_html_put_number(p, "report.more", w->non_compliant - listed);
        HTML(p->out, "</li>");
    }
    HTML(p->out, "</ul>");
}

static void add_worst_row(mp_html_page *p, const mp_scan_worst *w)
{
    HTML(p->out, "<tr><th scope=\"row\">");
    mp_html_text(p->out, mp_words_worst(w));
    HTML(p->out, "<small class=\"mono\">");
    mp_html_text(p->out, w->type);
    HTML(p->out, "</small></th><td class=\"n strong\">");
    mp_html_number(p, w->non_compliant);
    HTML(p->out, "<small>/ ");
    mp_html_number(p, w->total);
    HTML(p->out, "</small></td><td class=\"list\">");
    add_worst_checks(p, w);
    HTML(p->out, "</td></tr>");
}

void mp_html_worst(mp_html_page *p)
{
    static const mp_html_column columns[] = {
        { "report.html.resource", "" }, { "report.html.failed.verdicts", "n" }, { "report.html.which", "" },
    };
    const mp_scan_summary *s = p->s;
    if (s->worst_count == 0 || s->worst[0].non_compliant == 0)
        return;
    mp_html_section(p, "worst", "report.worst");
    mp_html_table(p, "grid worst", columns, MP_COUNT(columns));
    for (uint32_t i = 0; i < s->worst_count && i < WORST_ROWS; i++)
        if (s->worst[i].non_compliant)
            add_worst_row(p, &s->worst[i]);
    HTML(p->out, MP_HTML_TABLE_END "</section>");
}
