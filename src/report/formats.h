/* SPDX-License-Identifier: Apache-2.0 */
/* formats.h - what the files of this room share: a format as a table of functions, a report, frames.
 * Private to report. */
#ifndef MAPAE_REPORT_FORMATS_H
#define MAPAE_REPORT_FORMATS_H

#include "report.h"

#define STATE_BIT(state) (1u << (state))
#define STATES_ALL (STATE_BIT(MP_STATE_NOT_APPLICABLE) - 1u) /* all that leave a record */

/* One way to print. A function that is NULL does nothing; without `write` the bytes of the records
 * go to the sink as they are. */
struct mp_report_format {
    const char *name;
    const char *media_type;
    const char *extension;
    uint32_t    states; /* STATE_BIT of the states whose records it prints */
    mp_code (*begin)(mp_report *r, mp_error *err); /* may set r->own; r->summary holds the facts */
    void (*record)(mp_buf *out, const mp_report *r, const mp_scan_record *record);
    mp_code (*write)(mp_report *r, mp_str records, mp_error *err);
    mp_code (*end)(mp_report *r, mp_error *err); /* appends to r->out; r->summary holds the sums */
    void (*done)(mp_report *r);                  /* frees r->own */
};

struct mp_report {
    const mp_report_format *format;
    mp_report_options       options;
    mp_report_sink          sink;
    const mp_scan_summary  *summary; /* the facts, from mp_report_end() on the sums */
    mp_buf                  out;     /* of the single-threaded half */
    uint64_t                written; /* bytes of records given to the sink */
    void                   *own;     /* the format's */
};

extern const mp_report_format mp_report_table, mp_report_json, mp_report_ndjson, mp_report_csv,
    mp_report_sarif, mp_report_junit, mp_report_html;

/* Hand r->out to the sink and empty it. Fails with MP_NOMEM or as the sink does. */
MP_MUST_CHECK mp_code mp_report_flush(mp_report *r, mp_error *err);
/* The same when much has gathered. */
MP_MUST_CHECK mp_code mp_report_flush_some(mp_report *r, mp_error *err);

static inline const mp_scan_check *mp_report_check(const mp_report *r, const mp_scan_record *record)
{
    return &r->summary->checks[record->check];
}

/* The effect on the record's resource. */
static inline mp_str mp_report_effect(const mp_scan_check *check, const mp_scan_record *record)
{
    return record->effect.len ? record->effect : check->effect;
}

/* The initiative a check belongs to, or NULL: the one of its assignment where there are several. */
const mp_scan_initiative *mp_report_initiative(const mp_scan_summary *s, const mp_scan_check *check);

/* ---- frames: records on their way to a format that sorts them ---- */
typedef struct mp_frame {
    uint32_t check;
    uint32_t state;
    uint32_t len; /* bytes of text behind it */
} mp_frame;

/* Begin a frame; its place is given to mp_frame_close() when the text stands behind it. */
size_t mp_frame_open(mp_buf *out, const mp_scan_record *record);
void   mp_frame_close(mp_buf *out, size_t place);
/* Take the next frame and its text off `records`; false at the end. */
bool mp_frame_next(mp_str *records, mp_frame *frame, mp_str *text);

#endif
