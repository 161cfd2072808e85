/* SPDX-License-Identifier: Apache-2.0 */
/* html.h - the pieces that as_html.c (records) and html_page.c (the page) make HTML of.
 * Private to report.
 *
 * A page holds both languages: every text stands in a <span lang="en"> and a <span lang="ko">, and
 * the style sheet shows one of them. */
#ifndef MAPAE_REPORT_HTML_H
#define MAPAE_REPORT_HTML_H

#include "formats.h"

#include <stdatomic.h>

#include "embedded.h"
#include "escape.h"
#include "spool.h"

/* html.css and html.js; made by tools/embed.py. */
extern const mp_embedded mp_report_assets[];
extern const size_t      mp_report_assets_len;

/* Which records a page holds: at most `limit`, and for every check its first min(seen, level). The
 * level starts high and is lowered when the page is full, so that a check with few records keeps all
 * of them. It never rises and `seen` never falls: a record that is beyond the level stays so. */
typedef struct mp_quota {
    _Atomic uint64_t *seen; /* one for each check */
    size_t            count;
    _Atomic uint64_t  level;
    uint64_t          kept;
    uint64_t          limit;
} mp_quota;

typedef enum mp_html_part {
    MP_HTML_FINDING, /* not compliant */
    MP_HTML_OTHER,
    MP_HTML_PART_COUNT
} mp_html_part;

typedef struct mp_html {
    mp_spool *spool; /* a queue for each check and part */
    mp_quota  quotas[MP_HTML_PART_COUNT];
} mp_html;

static inline size_t mp_html_queue(uint32_t check, mp_html_part part)
{
    return (size_t)check * MP_HTML_PART_COUNT + part;
}
/* Records of a check that were seen, and that the page holds. */
uint64_t mp_html_seen(const mp_html *own, uint32_t check, mp_html_part part);
uint64_t mp_html_shown(const mp_html *own, uint32_t check, mp_html_part part);

/* Raw HTML; text, escaped; a text in two languages; the same where each language has its own text. */
#define HTML(out, literal) mp_buf_add((out), MP_S(literal))
void mp_html_text(mp_buf *out, mp_str text);
void mp_html_say(mp_buf *out, const char *id, const mp_str *args, size_t count);
void mp_html_both(mp_buf *out, const mp_str texts[MP_LANG_COUNT]);
/* The same where `teller` makes the text in each language. */
typedef void mp_html_teller(mp_buf *out, mp_lang lang, const void *what);
void mp_html_tell(mp_buf *out, mp_html_teller *teller, const void *what);
/* The tag of a state: a mark of its own shape and colour, and the word. */
void mp_html_state(mp_buf *out, mp_state state);

/* The whole page, to r->out and the sink. */
MP_MUST_CHECK mp_code mp_html_write(mp_report *r, mp_error *err);

#endif
