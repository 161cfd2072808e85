/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - what operators read: one line per event, as JSON or as syslog (RFC 5424).
 *
 * For the platform's programs only; libmapae never logs. Lines are whole also when many threads write. No
 * secrets, no bodies; the ledger is the record, this is the view. Writing never blocks for long and never
 * fails the caller: what could not be written is counted. */
#ifndef MAPAE_LOG_H
#define MAPAE_LOG_H

#include "clock.h"

typedef struct mp_log mp_log;

typedef enum mp_log_level {
    MP_LOG_ERROR,
    MP_LOG_WARNING,
    MP_LOG_NOTICE,
    MP_LOG_INFO,
    MP_LOG_DEBUG,
} mp_log_level;

typedef struct mp_log_options {
    const char
        *to; /* "stderr", "stdout", a file's path (reopened on mp_log_reopen), "syslog:" (/dev/log), "syslog:PATH"
                (another socket), "syslog://HOST:PORT" (UDP), "syslog+tcp://HOST:PORT" (octet counting, RFC 6587) */
    bool         as_syslog; /* RFC 5424 lines also to a file or stderr */
    mp_log_level least;
    const char  *host;   /* HOSTNAME of syslog; NULL: of the machine */
} mp_log_options;

/* A field of a line. */
typedef struct mp_log_field {
    const char *name;
    mp_str      text;
    int64_t     number;
    bool        is_number;
} mp_log_field;
#define MP_LOG_TEXT(name_, text_) { .name = (name_), .text = (text_) }
#define MP_LOG_NUMBER(name_, number_) { .name = (name_), .number = (number_), .is_number = true }

/* Fails with MP_PARAMETER (`to` says nothing known), MP_IO, MP_NOMEM. A collector that cannot be reached is
 * no failure: lines are lost and counted until it can. */
MP_MUST_CHECK mp_code mp_log_open(mp_log **out, const mp_log_options *options, mp_error *err);
void                  mp_log_close(mp_log *log);
void                  mp_log_reopen(mp_log *log); /* after a file was moved away */
/* {"time":...,"level":"info","event":"request","...":...}. `event` is a fixed word; NULL `log`: nothing.
 * Control characters, newlines and invalid UTF-8 in texts are escaped: nobody can write a line that is not
 * his. A line has at most MP_LOG_LINE bytes: long texts end in "…", fields that do not fit are left out and
 * "cut" is true. */
#define MP_LOG_LINE 8192
void     mp_log_write(mp_log *log, mp_log_level level, const char *event, const mp_log_field *fields, size_t count);
uint64_t mp_log_lost(const mp_log *log); /* lines that could not be written */

/* Events that mapae writes, for the reference: one table. */
typedef struct mp_log_event {
    const char  *name;
    mp_log_level level;
    const char  *fields; /* names, apart by blanks */
    const char  *doc;    /* id of a message */
} mp_log_event;
extern const mp_log_event mp_log_events[];
extern const size_t       mp_log_event_count;
const char *mp_log_level_name(mp_log_level level); /* "error" ... "debug" */

#endif
