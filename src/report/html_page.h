/* SPDX-License-Identifier: Apache-2.0 */
/* html_page.h - what the files of the HTML page share: the page, its small pieces, its sections.
 * Private to report.
 *
 *   html_page.c      the frame: head, style, script, title, order of the sections
 *   html_pieces.c    words, numbers, titles, tables
 *   html_charts.c    bars and the ring
 *   html_NAME.c      a section, or two that belong together
 *
 * Everything appends to p->out, which remembers a shortage of memory. A section that may be long flushes
 * on the way and can fail as the sink does. */
#ifndef MAPAE_REPORT_HTML_PAGE_H
#define MAPAE_REPORT_HTML_PAGE_H

#include "html.h"
#include "words.h"

typedef struct mp_html_page {
    mp_report             *r;
    mp_buf                *out;
    const mp_scan_summary *s;
    const mp_html         *own;
    const uint32_t        *order; /* checks, worst first */
} mp_html_page;

/* ---- pieces ---- */

/* The message `id` in both languages; with a number put in. */
void mp_html_put(mp_html_page *p, const char *id);
void mp_html_put_number(mp_html_page *p, const char *id, uint64_t n);
void mp_html_paragraph(mp_html_page *p, const char *class, const char *id);
void mp_html_number(mp_html_page *p, uint64_t n);
void mp_html_percent(mp_html_page *p, const mp_tally *t);
/* Names, in each language its own where there is one. */
void mp_html_check_title(mp_html_page *p, const mp_scan_check *c);
void mp_html_initiative_title(mp_html_page *p, const mp_scan_initiative *it);
void mp_html_group_title(mp_html_page *p, const mp_scan_group *g);
/* A term of a <dl> and its value. */
void mp_html_fact(mp_html_page *p, const char *id, mp_str value);
void mp_html_fact_number(mp_html_page *p, const char *id, uint64_t n);

/* "<section ...><h2>". The caller closes the section. */
void mp_html_section(mp_html_page *p, const char *name, const char *title_id);

typedef struct mp_html_column {
    const char *title_id, *class;
} mp_html_column;

/* A table with its head. The caller writes the rows and closes it. */
void mp_html_table(mp_html_page *p, const char *class, const mp_html_column *columns, size_t count);
#define MP_HTML_TABLE_END "</tbody></table>"
/* A row's head is open, "<tr><th scope="row">": close it and add a cell with the number. */
void mp_html_row_number(mp_html_page *p, uint64_t n);
/* The same with a percentage, a bar, how many fail, how many there are. The row stays open. */
void mp_html_row_tally(mp_html_page *p, const mp_tally *t, const char *percent_class);

/* ---- charts: the numbers always stand beside, so they are hidden from screen readers ---- */

void mp_html_bar(mp_html_page *p, const mp_tally *t);                        /* all states */
void mp_html_share(mp_html_page *p, mp_state state, const mp_tally *t);      /* one of them */
void mp_html_ring(mp_html_page *p, const mp_tally *t);
/* A percentage, a bar, and how many fail, in words: behind a name that opens. */
void mp_html_numbers(mp_html_page *p, const mp_tally *t);

/* ---- sections, in the order of the page ---- */

void mp_html_overview(mp_html_page *p);
MP_MUST_CHECK mp_code mp_html_controls(mp_html_page *p, mp_error *err);
MP_MUST_CHECK mp_code mp_html_types(mp_html_page *p, mp_error *err);
void mp_html_worst(mp_html_page *p);
MP_MUST_CHECK mp_code mp_html_findings(mp_html_page *p, mp_error *err);
bool mp_html_has_unjudged(const mp_scan_summary *s);
MP_MUST_CHECK mp_code mp_html_unjudged(mp_html_page *p, mp_error *err);
void mp_html_reading(mp_html_page *p);

#endif
