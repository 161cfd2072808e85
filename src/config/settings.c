/* SPDX-License-Identifier: Apache-2.0 */
/* The table of settings, and what a value of each kind looks like. */
#include "config.h"

#include <stdio.h>

#include "text.h"

const mp_setting mp_settings[MP_SETTING_COUNT] = {
#define MP_SETTING(id, name_, kind_, fallback_, min_, max_, choices_)                                              \
    [MP_SET_##id] = { .name = (name_), .fallback = (fallback_), .choices = (choices_), .min = INT64_C(min_),        \
                      .max = INT64_C(max_), .kind = MP_SETTING_##kind_ },
#include "settings.def"
#undef MP_SETTING
};

#define TEXT_MAX 4096 /* bytes of a value without a limit of its own */

mp_setting_id mp_setting_find(mp_str name)
{
    for (int i = 0; i < MP_SETTING_COUNT; i++)
        if (mp_str_eq(name, mp_str_from(mp_settings[i].name)))
            return (mp_setting_id)i;
    return MP_SETTING_COUNT;
}

mp_str mp_setting_nearest(mp_str name)
{
    mp_str names[MP_SETTING_COUNT];
    for (int i = 0; i < MP_SETTING_COUNT; i++)
        names[i] = mp_str_from(mp_settings[i].name);
    return mp_text_nearest(name, names, MP_SETTING_COUNT);
}

mp_str mp_setting_section(mp_setting_id id)
{
    mp_str name = mp_str_from(mp_settings[id].name);
    return mp_str_of(name.ptr, mp_str_find(name, '.'));
}

void mp_setting_variable(char out[MP_SETTING_VARIABLE], mp_setting_id id)
{
    int n = snprintf(out, MP_SETTING_VARIABLE, "MAPAE_%s", mp_settings[id].name);
    for (int i = 0; i < n && i < MP_SETTING_VARIABLE; i++)
        out[i] = out[i] == '.' || out[i] == '-' ? '_' : out[i] >= 'a' && out[i] <= 'z' ? (char)(out[i] - 0x20) : out[i];
}

/* ---- numbers with units ---- */

typedef struct unit {
    const char *name;
    int64_t     factor;
} unit;

/* The first is that of a number without a unit; then from large to small, for showing. */
static const unit durations[] = { { "", 1 }, { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 }, { NULL, 0 } };
static const unit sizes[] = { { "", 1 }, { "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "B", 1 },
                              { NULL, 0 } };
static const unit plain[] = { { "", 1 }, { NULL, 0 } };

static const unit *units_of(mp_setting_kind kind)
{
    return kind == MP_SETTING_DURATION ? durations : kind == MP_SETTING_SIZE ? sizes : plain;
}

/* number = digits [ unit ] */
static bool read_amount(int64_t *out, const unit *units, mp_str text)
{
    int64_t n = 0;
    size_t  i = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, text.ptr[i] - '0', &n))
            return false;
    if (i == 0)
        return false;
    for (const unit *u = units; u->name; u++)
        if (mp_str_eq_fold(mp_str_skip(text, i), mp_str_from(u->name)) && !__builtin_mul_overflow(n, u->factor, &n)) {
            *out = n;
            return true;
        }
    return false;
}

/* In the largest unit that leaves no rest. */
static void say_amount(mp_buf *out, const unit *units, int64_t n)
{
    const unit *u = units;
    for (const unit *larger = units + 1; units[1].name && larger->name; larger++)
        if (n % larger->factor == 0 && n) {
            u = larger;
            break;
        }
    mp_buf_printf(out, "%jd%s", (intmax_t)(n / u->factor), u->name);
}

void mp_setting_say_range(mp_buf *out, mp_setting_id id)
{
    const mp_setting *s = &mp_settings[id];
    switch (s->kind) {
    case MP_SETTING_NUMBER:
    case MP_SETTING_DURATION:
    case MP_SETTING_SIZE:
        say_amount(out, units_of(s->kind), s->min);
        mp_buf_add(out, MP_S(" … "));
        say_amount(out, units_of(s->kind), s->max);
        break;
    case MP_SETTING_FLAG:
        mp_buf_add(out, MP_S("true|false"));
        break;
    case MP_SETTING_CHOICE:
        mp_buf_add_z(out, s->choices);
        break;
    case MP_SETTING_URL: {
        size_t first = mp_str_find(mp_str_from(s->choices), '|');
        mp_buf_add(out, mp_str_of(s->choices, first == SIZE_MAX ? strlen(s->choices) : first));
        mp_buf_add(out, MP_S("://…"));
        break;
    }
    case MP_SETTING_ADDRESS:
        mp_buf_add(out, MP_S("HOST:PORT"));
        break;
    case MP_SETTING_PATH:
        mp_buf_add(out, MP_S("FILE"));
        break;
    case MP_SETTING_TEXT:
    case MP_SETTING_KIND_COUNT:
        mp_buf_add(out, MP_S("TEXT"));
    }
}

/* ---- values ---- */

static mp_code read_number(int64_t *out, const mp_setting *s, mp_str text, mp_error *err)
{
    if (read_amount(out, units_of(s->kind), text) && *out >= s->min && *out <= s->max)
        return MP_OK;
    mp_buf low = MP_BUF_INIT, high = MP_BUF_INIT;
    say_amount(&low, units_of(s->kind), s->min);
    say_amount(&high, units_of(s->kind), s->max);
    mp_code code;
    if (s->kind == MP_SETTING_DURATION)
        code = mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "%s wants a time from %.*s to %.*s, such as 90s, 15m, 12h or 7d, not \"%.*s\"", s->name,
                       MP_FMT(mp_buf_str(&low)), MP_FMT(mp_buf_str(&high)), MP_FMT(text));
    else if (s->kind == MP_SETTING_SIZE)
        code = mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "%s wants a size from %.*s to %.*s, such as 64KiB, 1MiB or 2GiB, not \"%.*s\"", s->name,
                       MP_FMT(mp_buf_str(&low)), MP_FMT(mp_buf_str(&high)), MP_FMT(text));
    else
        code = mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s wants a whole number from %.*s to %.*s, not \"%.*s\"",
                       s->name, MP_FMT(mp_buf_str(&low)), MP_FMT(mp_buf_str(&high)), MP_FMT(text));
    mp_buf_free(&low);
    mp_buf_free(&high);
    return code;
}

static mp_code read_flag(int64_t *out, const mp_setting *s, mp_str text, mp_error *err)
{
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };
    for (size_t i = 0; i < MP_COUNT(words); i++)
        if (mp_str_eq_fold(text, mp_str_from(words[i]))) {
            *out = i & 1;
            return MP_OK;
        }
    return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s wants true or false, not \"%.*s\"", s->name, MP_FMT(text));
}

/* The position of `word` among words apart by '|', or -1. */
static int64_t find_word(const char *words, mp_str word)
{
    int64_t index = 0;
    for (mp_str rest = mp_str_from(words); rest.len; index++) {
        size_t bar = mp_str_find(rest, '|');
        mp_str one = mp_str_of(rest.ptr, bar == SIZE_MAX ? rest.len : bar);
        if (mp_str_eq_fold(one, word))
            return index;
        rest = mp_str_skip(rest, bar == SIZE_MAX ? rest.len : bar + 1);
    }
    return -1;
}

static mp_code read_choice(int64_t *out, const mp_setting *s, mp_str text, mp_error *err)
{
    *out = find_word(s->choices, text);
    if (*out < 0)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s wants one of %s, not \"%.*s\"", s->name, s->choices,
                       MP_FMT(text));
    return MP_OK;
}

/* address = [ host | "[" address "]" ] ":" port */
static bool is_address(mp_str text)
{
    size_t  colon = mp_str_rfind(text, ':');
    int64_t port;
    if (colon == SIZE_MAX || !read_amount(&port, plain, mp_str_skip(text, colon + 1)) || port > 65535)
        return false;
    mp_str host = mp_str_of(text.ptr, colon);
    if (host.len && host.ptr[0] == '[')
        return host.len > 2 && mp_str_find(host, ']') == host.len - 1;
    return mp_str_find(host, ':') == SIZE_MAX && mp_str_find(host, '/') == SIZE_MAX &&
           mp_str_find(host, ' ') == SIZE_MAX;
}

/* scheme "://" something without blanks */
static bool is_url(const mp_setting *s, mp_str text)
{
    size_t mark = mp_str_find_str(text, MP_S("://"));
    if (mark == SIZE_MAX || find_word(s->choices, mp_str_of(text.ptr, mark)) < 0)
        return false;
    mp_str rest = mp_str_skip(text, mark + 3);
    for (size_t i = 0; i < rest.len; i++)
        if ((unsigned char)rest.ptr[i] <= ' ')
            return false;
    return rest.len > 0;
}

static mp_code read_text(const mp_setting *s, mp_str text, mp_error *err)
{
    int64_t most = s->max ? s->max : TEXT_MAX;
    if ((int64_t)text.len > most)
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s is %zu bytes; the most is %jd", s->name, text.len,
                       (intmax_t)most);
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ')
            return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s may not hold control characters", s->name);
    if (s->kind == MP_SETTING_ADDRESS && !is_address(text))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE,
                       "%s wants HOST:PORT, as 127.0.0.1:8443 or [::]:8443, not \"%.*s\"", s->name, MP_FMT(text));
    /* What stands there may hold a password, so it is not repeated. */
    if (s->kind == MP_SETTING_URL && text.len && !is_url(s, text))
        return mp_fail(err, MP_PARAMETER, MP_NOWHERE, "%s wants a URL that begins with one of %s and ://", s->name,
                       s->choices);
    return MP_OK;
}

mp_code mp_setting_read(int64_t *number, mp_setting_id id, mp_str text, mp_error *err)
{
    const mp_setting *s = &mp_settings[id];
    *number = 0;
    switch (s->kind) {
    case MP_SETTING_NUMBER:
    case MP_SETTING_DURATION:
    case MP_SETTING_SIZE:
        return read_number(number, s, text, err);
    case MP_SETTING_FLAG:
        return read_flag(number, s, text, err);
    case MP_SETTING_CHOICE:
        return read_choice(number, s, text, err);
    default:
        return read_text(s, text, err);
    }
}
