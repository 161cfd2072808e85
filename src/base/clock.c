/* SPDX-License-Identifier: Apache-2.0 */
/* Days are counted in eras of 400 years from 1 March, so that the leap day is the last of its year
 * and the months from March on have a regular rhythm of 153 days in five. */
#include "clock.h"

#include <time.h>

#define TICKS_PER_MINUTE (60 * MP_TICKS_PER_SECOND)
#define SECONDS_TO_1970 INT64_C(62135596800) /* from 0001-01-01 */
#define TICKS_MAX (INT64_C(3652059) * MP_TICKS_PER_DAY - 1) /* 9999-12-31T23:59:59.9999999 */

/* From 0000-03-01 to 0001-01-01. */
#define DAYS_BEFORE_YEAR_1 306

typedef struct date {
    int year, month, day;
} date;

/* Days since 0001-01-01; the year is at least 1. */
static int64_t days_of(date d)
{
    int64_t year = d.month > 2 ? d.year : d.year - 1;
    int64_t month = d.month > 2 ? d.month - 3 : d.month + 9; /* March is 0 */
    int64_t in_year = (153 * month + 2) / 5 + d.day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + in_year - DAYS_BEFORE_YEAR_1;
}

static date date_of(int64_t days)
{
    int64_t from_march = days + DAYS_BEFORE_YEAR_1;
    int64_t era = from_march / 146097;
    int64_t in_era = from_march % 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153;
    date    d;
    d.day = (int)(in_year - (153 * month + 2) / 5 + 1);
    d.month = (int)(month < 10 ? month + 3 : month - 9);
    d.year = (int)(era * 400 + year + (d.month <= 2));
    return d;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool             leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

mp_ticks mp_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return mp_clock_from_unix(now.tv_sec) + now.tv_nsec / 100;
}

mp_ticks mp_clock_from_unix(int64_t seconds)
{
    mp_ticks t;
    if (__builtin_add_overflow(seconds, SECONDS_TO_1970, &t) || __builtin_mul_overflow(t, MP_TICKS_PER_SECOND, &t))
        return seconds < 0 ? 0 : INT64_MAX;
    return t;
}

int64_t mp_clock_to_unix(mp_ticks t)
{
    return t / MP_TICKS_PER_SECOND - SECONDS_TO_1970;
}

/* ---- reading: each takes what it names off the front of `s` ---- */

static bool take_char(mp_str *s, const char *any_of)
{
    if (s->len == 0 || s->ptr[0] == '\0' || !strchr(any_of, s->ptr[0]))
        return false;
    *s = mp_str_skip(*s, 1);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `digits` digits, making a number from `least` to `most`. */
static bool take_number(mp_str *s, size_t digits, int least, int most, int *out)
{
    if (s->len < digits)
        return false;
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(s->ptr[i]))
            return false;
        value = value * 10 + (s->ptr[i] - '0');
    }
    *s = mp_str_skip(*s, digits);
    *out = value;
    return value >= least && value <= most;
}

static bool take_date(mp_str *s, mp_ticks *ticks)
{
    date d;
    if (!take_number(s, 4, 1, 9999, &d.year) || !take_char(s, "-") ||
        !take_number(s, 2, 1, 12, &d.month) || !take_char(s, "-") ||
        !take_number(s, 2, 1, days_in_month(d.year, d.month), &d.day))
        return false;
    *ticks = days_of(d) * MP_TICKS_PER_DAY;
    return true;
}

/* fraction = "." 1*9DIGIT; a tick is the seventh digit. */
static bool take_fraction(mp_str *s, mp_ticks *ticks)
{
    if (!take_char(s, "."))
        return true;
    mp_ticks worth = MP_TICKS_PER_SECOND;
    size_t   digits = 0;
    for (; digits < s->len && is_digit(s->ptr[digits]); digits++) {
        worth /= 10;
        *ticks += (s->ptr[digits] - '0') * worth;
    }
    *s = mp_str_skip(*s, digits);
    return digits >= 1 && digits <= 9;
}

static bool take_time(mp_str *s, mp_ticks *ticks)
{
    int hour, minute, second = 0;
    if (!take_number(s, 2, 0, 23, &hour) || !take_char(s, ":") ||
        !take_number(s, 2, 0, 59, &minute))
        return false;
    mp_ticks fraction = 0;
    if (take_char(s, ":") &&
        (!take_number(s, 2, 0, 59, &second) || !take_fraction(s, &fraction)))
        return false;
    *ticks += (hour * 60 + minute) * TICKS_PER_MINUTE + second * MP_TICKS_PER_SECOND + fraction;
    return true;
}

/* zone = [ "Z" / ("+" / "-") hh [[":"] mm] ] */
static bool take_zone(mp_str *s, mp_ticks *ticks)
{
    if (s->len == 0 || take_char(s, "Zz"))
        return true;
    bool east = s->ptr[0] == '+';
    int  hour, minute = 0;
    if (!take_char(s, "+-") || !take_number(s, 2, 0, 23, &hour))
        return false;
    if (s->len) {
        take_char(s, ":");
        if (!take_number(s, 2, 0, 59, &minute))
            return false;
    }
    mp_ticks offset = (hour * 60 + minute) * TICKS_PER_MINUTE;
    *ticks += east ? -offset : offset;
    return true;
}

bool mp_clock_parse(mp_ticks *out, mp_str s)
{
    mp_ticks ticks;
    if (!take_date(&s, &ticks))
        return false;
    if (s.len && (!take_char(&s, "Tt ") || !take_time(&s, &ticks) || !take_zone(&s, &ticks)))
        return false;
    if (s.len || ticks < 0 || ticks > TICKS_MAX)
        return false;
    *out = ticks;
    return true;
}

/* ---- writing ---- */

static char *put_number(char *out, int64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

/* "2026-01-31T09:00:00"; a time beyond the calendar is moved to its end. */
static char *put_seconds(char *out, mp_ticks *t)
{
    *t = *t < 0 ? 0 : *t > TICKS_MAX ? TICKS_MAX : *t;
    date    d = date_of(*t / MP_TICKS_PER_DAY);
    int64_t second = *t % MP_TICKS_PER_DAY / MP_TICKS_PER_SECOND;
    out = put_number(out, d.year, 4);
    *out++ = '-';
    out = put_number(out, d.month, 2);
    *out++ = '-';
    out = put_number(out, d.day, 2);
    *out++ = 'T';
    out = put_number(out, second / 3600, 2);
    *out++ = ':';
    out = put_number(out, second / 60 % 60, 2);
    *out++ = ':';
    return put_number(out, second % 60, 2);
}

void mp_clock_format(char out[MP_CLOCK_TEXT], mp_ticks t)
{
    out = put_seconds(out, &t);
    *out++ = '.';
    out = put_number(out, t % MP_TICKS_PER_SECOND, 7);
    memcpy(out, "Z", 2);
}

void mp_clock_format_short(char out[MP_CLOCK_SHORT], mp_ticks t)
{
    out = put_seconds(out, &t);
    memcpy(out, "Z", 2);
}

/* ---- periods ---- */

bool mp_period_read(unsigned *months, unsigned *days, mp_str text)
{
    unsigned n = 0;
    *months = *days = 0;
    if (text.len < 3 || text.len > 5 || text.ptr[0] != 'P')
        return false;
    for (size_t i = 1; i + 1 < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        n = 10 * n + (unsigned)(text.ptr[i] - '0');
    }
    switch (text.ptr[text.len - 1]) {
    case 'Y': *months = 12 * n; break;
    case 'M': *months = n; break;
    case 'W': *days = 7 * n; break;
    case 'D': *days = n; break;
    default: return false;
    }
    return n > 0;
}

mp_ticks mp_clock_after(mp_ticks t, unsigned months, unsigned days)
{
    date    d = date_of(t / MP_TICKS_PER_DAY);
    int64_t month = (int64_t)d.year * 12 + d.month - 1 + months;
    if (t < 0 || month / 12 > 9999)
        return TICKS_MAX;
    d.year = (int)(month / 12);
    d.month = (int)(month % 12) + 1;
    if (d.day > days_in_month(d.year, d.month))
        d.day = days_in_month(d.year, d.month);
    int64_t day = days_of(d) + days;
    return day > TICKS_MAX / MP_TICKS_PER_DAY ? TICKS_MAX : day * MP_TICKS_PER_DAY + t % MP_TICKS_PER_DAY;
}

mp_ticks mp_clock_before(mp_ticks t, unsigned months, unsigned days)
{
    int64_t day = t / MP_TICKS_PER_DAY - days;
    if (day < 0)
        return 0;
    date    d = date_of(day);
    int64_t month = (int64_t)d.year * 12 + d.month - 1 - months;
    if (month < 12)
        return 0;
    d.year = (int)(month / 12);
    d.month = (int)(month % 12) + 1;
    if (d.day > days_in_month(d.year, d.month))
        d.day = days_in_month(d.year, d.month);
    return days_of(d) * MP_TICKS_PER_DAY + t % MP_TICKS_PER_DAY;
}
