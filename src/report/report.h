/* SPDX-License-Identifier: Apache-2.0 */
/* report.h - what a scan found, as a table, JSON, NDJSON, CSV, SARIF, JUnit XML or one HTML file.
 *
 * A report has two halves, as the inventory has. mp_report_record() makes text of one record and may
 * run on any number of threads, in any order, each into a buffer of its own. Everything else runs on
 * one thread at a time, in this order:
 *
 *   mp_report_new()    choose a format and where the bytes go
 *   mp_report_begin()  the facts that are known before the first record
 *   mp_report_write()  the filled buffers, in the order of the inventory, as often as there are any
 *   mp_report_end()    the sums
 *   mp_report_free()
 *
 * Memory does not grow with the records: it grows with the checks (about 4 KiB each for junit and
 * html). Formats that must know the sums first (junit, html) keep records in a file without a name
 * under TMPDIR (or /tmp) until the end.
 *
 * Whatever comes from a document is hostile: control characters, marks that turn the direction of
 * writing, markup and spreadsheet formulas are shown, never obeyed. */
#ifndef MAPAE_REPORT_H
#define MAPAE_REPORT_H

#include "messages.h"
#include "result.h"

typedef struct mp_report        mp_report;
typedef struct mp_report_format mp_report_format;

/* The format called `name` ("table", "json", "ndjson", "csv", "sarif", "junit", "html"), or NULL. */
const mp_report_format *mp_report_format_find(mp_str name);
/* All of them in the order of help; NULL from mp_report_format_count() on. */
const mp_report_format *mp_report_format_at(size_t index);
size_t                  mp_report_format_count(void);

const char *mp_report_format_name(const mp_report_format *format);
const char *mp_report_format_media_type(const mp_report_format *format); /* "text/csv; charset=utf-8" */
const char *mp_report_format_extension(const mp_report_format *format);  /* "html", without the dot */
/* Records in `state` are printed one by one: when false for all, records need not be made. */
bool mp_report_format_wants(const mp_report_format *format, mp_state state);

/* Where the bytes go. Called by one thread at a time. An error ends the report. */
typedef struct mp_report_sink {
    mp_code (*write)(void *context, mp_str bytes, mp_error *err);
    void *context;
} mp_report_sink;

/* The non-compliant records, and the others (errors, exemptions, not evaluated, ...) that one HTML
 * file holds in full. When there are more, every policy gets its fair part and the page says how
 * many it leaves out. */
#define MP_REPORT_HTML_FINDINGS 5000
#define MP_REPORT_HTML_OTHERS 1000

/* All borrowed until mp_report_free(). */
typedef struct mp_report_options {
    mp_lang       lang;
    bool          color;       /* table: ANSI colours */
    bool          ascii;       /* table: no line drawing, for a terminal that has no UTF-8 */
    uint32_t      width;       /* table: columns, 60 to 160; 0: 80 */
    uint32_t      rows;        /* table: policies and resources listed at most; 0: 20 and 10 */
    const mp_str *inputs;      /* what was scanned, as the user named it */
    size_t        input_count;
    mp_str        version;     /* of Mapae */
} mp_report_options;

/* Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_report_new(mp_report **out, const mp_report_format *format,
                                    const mp_report_options *options, mp_report_sink sink,
                                    mp_error *err);
void                  mp_report_free(mp_report *report); /* NULL is fine */

/* `facts` are the checks, groups and initiatives of the scan, their tallies still empty; borrowed
 * until the report ends. Fails with MP_NOMEM or as the sink does. */
MP_MUST_CHECK mp_code mp_report_begin(mp_report *report, const mp_scan_summary *facts,
                                      mp_error *err);

/* Append `record` to `out`, in a form that is meant for mp_report_write() alone. What `record` points
 * to is not kept. A record whose state the format does not want appends nothing. `out` remembers a
 * shortage of memory: see mp_buf_check(). Any thread. */
void mp_report_record(mp_buf *out, const mp_report *report, const mp_scan_record *record);

/* `records` is what any number of mp_report_record() calls appended to one empty buffer. Fails with
 * MP_OUTPUT (the temporary file), MP_NOMEM, or as the sink does. */
MP_MUST_CHECK mp_code mp_report_write(mp_report *report, mp_str records, mp_error *err);

/* `summary` has the checks, groups and initiatives in the order of the facts. Fails likewise. */
MP_MUST_CHECK mp_code mp_report_end(mp_report *report, const mp_scan_summary *summary,
                                    mp_error *err);

/* Why `record` says what it says, as one sentence with every condition and value in full; hostile
 * characters are not yet escaped for any medium. Any thread. */
void mp_report_reason(mp_buf *out, mp_lang lang, const mp_scan_record *record);

#endif
