/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of dates. Microsoft Learn, "Azure Policy definition structure policy rule" (addDays,
 * utcNow) and "Custom date and time format strings" of .NET. */
#include "fn_date.h"

#include <inttypes.h>
#include <stdio.h>

#include "fn.h"

/* ---- .NET's format strings ---- */

typedef struct moment {
    int      year, month, day, hour, minute, second, weekday; /* Sunday is 0 */
    uint32_t ticks; /* of the second */
} moment;

static const char *const month_names[] = { "January", "February", "March",     "April",
                                           "May",     "June",     "July",      "August",
                                           "September", "October", "November", "December" };
static const char *const day_names[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday" };

static int number_at(const char *text, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

/* Out of the text that base writes: "2026-01-31T09:00:00.0000000Z". */
static moment moment_of(mp_ticks t)
{
    char   text[MP_CLOCK_TEXT];
    moment m;
    mp_clock_format(text, t);
    m.year = number_at(text, 4);
    m.month = number_at(text + 5, 2);
    m.day = number_at(text + 8, 2);
    m.hour = number_at(text + 11, 2);
    m.minute = number_at(text + 14, 2);
    m.second = number_at(text + 17, 2);
    m.ticks = (uint32_t)number_at(text + 20, 7);
    m.weekday = (int)((t / MP_TICKS_PER_DAY + 1) % 7); /* 0001-01-01 was a Monday */
    return m;
}

/* The standard formats, spelled as custom ones. */
static const struct {
    char   letter;
    mp_str custom;
} standard[] = {
    { 'd', MP_S_INIT("MM/dd/yyyy") },
    { 'D', MP_S_INIT("dddd, dd MMMM yyyy") },
    { 'f', MP_S_INIT("dddd, dd MMMM yyyy HH:mm") },
    { 'F', MP_S_INIT("dddd, dd MMMM yyyy HH:mm:ss") },
    { 'g', MP_S_INIT("MM/dd/yyyy HH:mm") },
    { 'G', MP_S_INIT("MM/dd/yyyy HH:mm:ss") },
    { 'm', MP_S_INIT("MMMM dd") },
    { 'M', MP_S_INIT("MMMM dd") },
    { 'o', MP_S_INIT("yyyy-MM-ddTHH:mm:ss.fffffffK") },
    { 'O', MP_S_INIT("yyyy-MM-ddTHH:mm:ss.fffffffK") },
    { 'r', MP_S_INIT("ddd, dd MMM yyyy HH':'mm':'ss 'GMT'") },
    { 'R', MP_S_INIT("ddd, dd MMM yyyy HH':'mm':'ss 'GMT'") },
    { 's', MP_S_INIT("yyyy'-'MM'-'dd'T'HH':'mm':'ss") },
    { 't', MP_S_INIT("HH:mm") },
    { 'T', MP_S_INIT("HH:mm:ss") },
    { 'u', MP_S_INIT("yyyy'-'MM'-'dd HH':'mm':'ss'Z'") },
    { 'U', MP_S_INIT("dddd, dd MMMM yyyy HH:mm:ss") },
    { 'y', MP_S_INIT("yyyy MMMM") },
    { 'Y', MP_S_INIT("yyyy MMMM") },
};

static mp_str custom_of(char letter)
{
    for (size_t i = 0; i < MP_COUNT(standard); i++)
        if (standard[i].letter == letter)
            return standard[i].custom;
    return mp_str_of(NULL, 0);
}

static void add_number(mp_buf *b, int number, size_t digits)
{
    mp_buf_printf(b, "%0*d", (int)digits, number);
}

static void add_name(mp_buf *b, const char *name, bool is_short)
{
    mp_buf_add(b, is_short ? mp_str_of(name, 3) : mp_str_from(name));
}

/* `count` digits of the second's fraction; F leaves zeros at its end out, and the point before it
 * when nothing is left. */
static void add_fraction(mp_buf *b, uint32_t ticks, size_t count, bool trimmed)
{
    char text[16];
    snprintf(text, sizeof text, "%07" PRIu32, ticks);
    while (trimmed && count > 0 && text[count - 1] == '0')
        count--;
    if (count == 0 && b->len && b->ptr[b->len - 1] == '.')
        b->len--;
    mp_buf_add(b, mp_str_of(text, count));
}

static void add_year(mp_buf *b, int year, size_t count)
{
    if (count <= 2)
        add_number(b, year % 100, count);
    else
        add_number(b, year, count);
}

/* `count` times the letter `c`; false when it means nothing. */
static bool add_letters(mp_buf *b, const moment *m, char c, size_t count)
{
    size_t two = count < 2 ? 1 : 2;
    switch (c) {
    case 'd':
        if (count > 2)
            add_name(b, day_names[m->weekday], count == 3);
        else
            add_number(b, m->day, count);
        return true;
    case 'M':
        if (count > 2)
            add_name(b, month_names[m->month - 1], count == 3);
        else
            add_number(b, m->month, count);
        return true;
    case 'y':
        add_year(b, m->year, count < 100 ? count : 100);
        return true;
    case 'h':
        add_number(b, m->hour % 12 ? m->hour % 12 : 12, two);
        return true;
    case 'H':
        add_number(b, m->hour, two);
        return true;
    case 'm':
        add_number(b, m->minute, two);
        return true;
    case 's':
        add_number(b, m->second, two);
        return true;
    case 'f':
    case 'F':
        if (count > 7)
            return false;
        add_fraction(b, m->ticks, count, c == 'F');
        return true;
    case 't':
        mp_buf_add(b, mp_str_of(m->hour < 12 ? "AM" : "PM", two));
        return true;
    case 'g':
        mp_buf_add_z(b, "A.D.");
        return true;
    case 'K':
        for (size_t i = 0; i < count; i++)
            mp_buf_add_c(b, 'Z');
        return true;
    case 'z':
        mp_buf_add_z(b, count == 1 ? "+0" : count == 2 ? "+00" : "+00:00");
        return true;
    default:
        return false;
    }
}

/* Bytes of a quoted text at the front of `s`, or 0 when it does not end. */
static size_t add_quoted(mp_buf *b, mp_str s)
{
    for (size_t i = 1; i < s.len; i++) {
        if (s.ptr[i] == s.ptr[0])
            return i + 1;
        if (s.ptr[i] == '\\' && ++i == s.len)
            break;
        mp_buf_add_c(b, s.ptr[i]);
    }
    return 0;
}

/* One element at the front of `s`: its bytes, or 0 when the format is wrong. */
static size_t add_element(mp_buf *b, const moment *m, mp_str s)
{
    char   c = s.ptr[0];
    size_t count = 1;
    if (c == '\'' || c == '"')
        return add_quoted(b, s);
    if (c == '\\' && s.len > 1) {
        mp_buf_add_c(b, s.ptr[1]); /* the bytes of a longer character follow as themselves */
        return 2;
    }
    if (c == '%') { /* the next letter alone is a custom format: "%d" */
        bool is_alone = s.len > 1 && s.ptr[1] != '%';
        return is_alone ? 1 : 0;
    }
    if (c == '\\')
        return 0;
    if (!strchr("dMyhHmsfFtgKz", c) || c == '\0') {
        mp_buf_add_c(b, c);
        return 1;
    }
    while (count < s.len && s.ptr[count] == c)
        count++;
    return add_letters(b, m, c, count) ? count : 0;
}

static mp_code bad_format(mp_buf *b, mp_str format, mp_error *err)
{
    mp_buf_free(b);
    return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "the date format \"%.*s\" is none of .NET's",
                   MP_FMT(fn_clip(format)));
}

mp_code mp_date_format_net(mp_str *out, mp_arena *arena, mp_ticks t, mp_str format, mp_error *err)
{
    moment m = moment_of(t);
    mp_buf b = fn_buf();
    mp_str custom = format.len == 0   ? custom_of('G') /* DateTime.ToString("") */
                    : format.len == 1 ? custom_of(format.ptr[0])
                                      : format;
    if (!custom.ptr)
        return bad_format(&b, format, err);
    while (custom.len && !b.failed) {
        size_t size = add_element(&b, &m, custom);
        if (size == 0)
            return bad_format(&b, format, err);
        custom = mp_str_skip(custom, size);
    }
    mp_code code = mp_buf_check(&b, NULL);
    *out = code == MP_OK && b.len ? mp_arena_dup(arena, mp_buf_str(&b)) : MP_S("");
    mp_buf_free(&b);
    if (code == MP_LIMIT)
        return mp_fail(err, MP_LIMIT, MP_NOWHERE, "the date format gives more than %d characters",
                       MP_FUNCTION_STRING_MAX);
    return code == MP_OK && out->ptr ? MP_OK : fn_nomem(err);
}

/* ---- addDays ---- */

static bool all_digits(mp_str s, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (i >= s.len || s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return true;
}

/* "yyyy-MM-ddTHH:mm:ss.FFFFFFFZ" of the Learn page, or with an offset instead of Z. The library
 * takes an offset only after seven digits of fraction; documents exported by other tools have
 * fewer, and mean the same. A date without a zone is refused, there and here. */
static bool is_universal_date(mp_str s)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    size_t            i = 0;
    for (; i < sizeof shape - 1; i++)
        if (i >= s.len || (shape[i] == 'd' ? !all_digits(s, i, i + 1) : s.ptr[i] != shape[i]))
            return false;
    if (i < s.len && s.ptr[i] == '.') {
        size_t start = ++i;
        while (all_digits(s, i, i + 1))
            i++;
        if (i == start || i - start > 7)
            return false;
    }
    mp_str zone = mp_str_skip(s, i);
    bool   has_offset = zone.len == 6 && (zone.ptr[0] == '+' || zone.ptr[0] == '-') &&
                      all_digits(zone, 1, 3) && zone.ptr[3] == ':' && all_digits(zone, 4, 6);
    return has_offset || mp_str_eq(zone, MP_S("Z"));
}

/* 0001-01-01 up to and with 9999-12-31: what a DateTime holds. */
#define TICKS_MAX (INT64_C(3652059) * MP_TICKS_PER_DAY - 1)

mp_code fn_add_days(const mp_json **out, const mp_call *call, mp_error *err)
{
    mp_str   text, format = MP_S("o");
    int64_t  days, ticks;
    mp_ticks t;
    MP_TRY(fn_text(&text, call, 0, err));
    MP_TRY(fn_integer(&days, call, 1, err));
    if (call->count == 3)
        MP_TRY(fn_text(&format, call, 2, err));
    if (!is_universal_date(text) || !mp_clock_parse(&t, text))
        return fn_fail(call, err, "wants a date like 2026-01-31T09:00:00Z, not \"%.*s\"",
                       MP_FMT(fn_clip(text)));
    if (__builtin_mul_overflow(days, MP_TICKS_PER_DAY, &ticks) ||
        __builtin_add_overflow(ticks, t, &ticks) || ticks < 0 || ticks > TICKS_MAX)
        return fn_fail(call, err, "leaves the years 1 to 9999: %" PRId64 " days from %.*s", days,
                       MP_FMT(text));
    mp_error reading = { .code = MP_OK };
    mp_code  code = mp_date_format_net(&text, call->arena, ticks, format, &reading);
    if (code == MP_EVALUATION || code == MP_LIMIT)
        return fn_fail_at(call, err, code, __FILE__, __LINE__, "fails: %s", reading.message);
    return code == MP_OK ? fn_give_str(out, call, text, err) : fn_nomem(err);
}
