/* SPDX-License-Identifier: Apache-2.0 */
#include "log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log_sink.h"
#include "utf8.h"

/* A line is made on the caller's stack and written with one call under the lock, so lines are whole and
 * nothing is allocated. */

#define TEXT_MAX 2048 /* bytes of one text, as it comes */
#define ROOM_AT_END 32
#define FACILITY 3 /* "system daemons", RFC 5424 6.2.1 */
#define SD_ID "mapae@32473" /* 32473 is the number for documentation, RFC 5612: we have none of our own */

struct mp_log {
    pthread_mutex_t  lock;
    mp_sink          sink;
    atomic_uint_fast64_t lost;
    mp_log_level     least;
    bool             as_syslog;
    char             host[256];
    long             pid;
};

const mp_log_event mp_log_events[] = {
#define MP_LOG_EVENT(name, level, fields) { name, MP_LOG_##level, fields, "log." name },
#include "events.def"
#undef MP_LOG_EVENT
};
const size_t mp_log_event_count = MP_COUNT(mp_log_events);

const char *mp_log_level_name(mp_log_level level)
{
    static const char *const names[] = { "error", "warning", "notice", "info", "debug" };
    return names[level];
}

/* HOSTNAME is printable ASCII without blanks (RFC 5424 6). */
static void set_host(struct mp_log *log, const char *host)
{
    if (host)
        snprintf(log->host, sizeof log->host, "%s", host);
    else if (gethostname(log->host, sizeof log->host - 1) != 0)
        log->host[0] = '\0';
    for (char *p = log->host; *p; p++)
        if (*p <= ' ' || *p > '~')
            *p = '?';
    if (!log->host[0])
        log->host[0] = '-';
}

mp_code mp_log_open(mp_log **out, const mp_log_options *options, mp_error *err)
{
    mp_log *log = calloc(1, sizeof(*log));
    if (!log)
        return mp_no_memory(err);
    mp_code code = mp_sink_open(&log->sink, options->to, err);
    if (code != MP_OK) {
        free(log);
        return code;
    }
    pthread_mutex_init(&log->lock, NULL);
    log->least = options->least;
    log->as_syslog = options->as_syslog || mp_sink_is_syslog(&log->sink);
    log->pid = (long)getpid();
    set_host(log, options->host);
    *out = log;
    return MP_OK;
}

void mp_log_close(mp_log *log)
{
    if (!log)
        return;
    mp_sink_close(&log->sink);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

void mp_log_reopen(mp_log *log)
{
    if (!log)
        return;
    pthread_mutex_lock(&log->lock);
    mp_sink_reopen(&log->sink);
    pthread_mutex_unlock(&log->lock);
}

uint64_t mp_log_lost(const mp_log *log)
{
    return log ? atomic_load(&log->lost) : 0;
}

/* ---- making lines ---- */

struct line {
    char   bytes[MP_LOG_LINE];
    size_t len;
    bool   is_cut;
};

/* What does not fit is left out whole. */
static bool add(struct line *l, mp_str s)
{
    if (s.len > sizeof l->bytes - ROOM_AT_END - l->len)
        return false;
    if (s.len)
        memcpy(l->bytes + l->len, s.ptr, s.len);
    l->len += s.len;
    return true;
}

/* Characters that a terminal or a reader of lines would obey instead of showing: controls of C0 and C1,
 * separators of lines, and those that turn the direction of writing. */
static bool must_escape(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp < 0xA0) || cp == 0x2028 || cp == 0x2029 || cp == 0x200E || cp == 0x200F ||
           (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2066 && cp <= 0x2069) || cp == 0xFEFF;
}

/* `quoted`: characters that get a backslash in front. */
static bool add_text(struct line *l, mp_str s, const char *quoted)
{
    bool is_long = s.len > TEXT_MAX;
    if (is_long)
        s.len = TEXT_MAX;
    for (size_t i = 0, n; i < s.len; i += n ? n : 1) {
        uint32_t cp = 0xFFFD;
        char     escaped[12];
        int      len = 0;
        n = mp_utf8_decode(&cp, s.ptr + i, s.len - i);
        if (n == 0 && is_long && s.len - i < 4)
            break; /* the cut goes through a character */
        if (n == 0 || must_escape(cp))
            len = snprintf(escaped, sizeof escaped, "\\u%04x", cp);
        else if (cp < 0x80 && strchr(quoted, (int)cp))
            len = snprintf(escaped, sizeof escaped, "\\%c", (char)cp);
        if (!add(l, len ? mp_str_of(escaped, (size_t)len) : mp_str_of(s.ptr + i, n)))
            return false;
    }
    return !is_long || add(l, MP_S("…"));
}

static bool add_number(struct line *l, int64_t number)
{
    char text[24];
    int  len = snprintf(text, sizeof text, "%lld", (long long)number);
    return add(l, mp_str_of(text, (size_t)len));
}

static bool add_json_field(struct line *l, const mp_log_field *f)
{
    if (!add(l, MP_S(",\"")) || !add(l, mp_str_from(f->name)) || !add(l, MP_S("\":")))
        return false;
    if (f->is_number)
        return add_number(l, f->number);
    return add(l, MP_S("\"")) && add_text(l, f->text, "\"\\") && add(l, MP_S("\""));
}

static bool add_syslog_field(struct line *l, const mp_log_field *f)
{
    if (!add(l, MP_S(" ")) || !add(l, mp_str_from(f->name)) || !add(l, MP_S("=\"")))
        return false;
    return (f->is_number ? add_number(l, f->number) : add_text(l, f->text, "\"\\]")) && add(l, MP_S("\""));
}

/* "2026-01-31T09:00:00.123456Z": six decimals are what RFC 5424 allows. */
static void time_text(char out[MP_CLOCK_TEXT])
{
    mp_clock_format(out, mp_clock_now());
    memcpy(out + 26, "Z", 2);
}

static void add_fields(struct line *l, const mp_log_field *fields, size_t count,
                       bool (*add_field)(struct line *, const mp_log_field *))
{
    for (size_t i = 0; i < count; i++) {
        size_t before = l->len;
        if (add_field(l, &fields[i]))
            continue;
        l->len = before;
        l->is_cut = true;
    }
}

/* The end always fits: ROOM_AT_END is kept for it. */
static void end_line(struct line *l, mp_str cut, mp_str end)
{
    if (l->is_cut) {
        memcpy(l->bytes + l->len, cut.ptr, cut.len);
        l->len += cut.len;
    }
    memcpy(l->bytes + l->len, end.ptr, end.len);
    l->len += end.len;
}

static void make_json(struct line *l, mp_log_level level, const char *event, const mp_log_field *fields, size_t count)
{
    char now[MP_CLOCK_TEXT];
    time_text(now);
    l->len = (size_t)snprintf(l->bytes, 256, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%.64s\"", now,
                              mp_log_level_name(level), event);
    add_fields(l, fields, count, add_json_field);
    end_line(l, MP_S(",\"cut\":true"), MP_S("}\n"));
}

static void make_syslog(const struct mp_log *log, struct line *l, mp_log_level level, const char *event,
                        const mp_log_field *fields, size_t count)
{
    static const int severities[] = { 3, 4, 5, 6, 7 };
    char             now[MP_CLOCK_TEXT];
    time_text(now);
    l->len = (size_t)snprintf(l->bytes, 512, "<%d>1 %s %s mapae %ld %.32s [" SD_ID, FACILITY * 8 + severities[level],
                              now, log->host, log->pid, event);
    add_fields(l, fields, count, add_syslog_field);
    if (l->is_cut)
        end_line(l, MP_S(" cut=\"true\""), MP_S("] "));
    else
        end_line(l, MP_S(""), MP_S("] "));
    size_t room = sizeof l->bytes - l->len - 1, len = strlen(event);
    if (len > room)
        len = room;
    memcpy(l->bytes + l->len, event, len);
    l->len += len;
    l->bytes[l->len++] = '\n';
}

void mp_log_write(mp_log *log, mp_log_level level, const char *event, const mp_log_field *fields, size_t count)
{
    struct line l;
    if (!log || level > log->least)
        return;
    l.len = 0;
    l.is_cut = false;
    if (log->as_syslog)
        make_syslog(log, &l, level, event, fields, count);
    else
        make_json(&l, level, event, fields, count);
    pthread_mutex_lock(&log->lock);
    bool done = mp_sink_write(&log->sink, mp_str_of(l.bytes, l.len));
    pthread_mutex_unlock(&log->lock);
    if (!done)
        atomic_fetch_add(&log->lost, 1);
}
