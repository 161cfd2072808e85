/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of dates. Microsoft Learn, "Date functions for ARM templates": a year is 365 days and a month 30, and
 * without a format dates come out as yyyy-MM-ddTHH:mm:ssZ. */
#include "template_internal.h"

#include "fn_date.h"

#define TICKS_MAX (INT64_C(3652059) * MP_TICKS_PER_DAY - 1) /* 9999-12-31: what a DateTime holds */
#define EPOCH (INT64_C(719162) * MP_TICKS_PER_DAY)          /* 1970-01-01 */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Also the form that utcNow() gives: 20260131T090000Z. */
static bool parse_date(mp_ticks *out, mp_str s)
{
    static const char shape[] = "ddddddddTddddddZ";
    char              text[] = "yyyy-MM-ddTHH:mm:ssZ";
    if (mp_clock_parse(out, s))
        return true;
    if (s.len != sizeof shape - 1)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (shape[i] == 'd' ? !is_digit(s.ptr[i]) : s.ptr[i] != shape[i])
            return false;
    static const uint8_t to[] = { 0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 14, 15, 17, 18, 19 };
    for (size_t i = 0; i < s.len; i++)
        text[to[i]] = s.ptr[i];
    return mp_clock_parse(out, mp_str_of(text, sizeof text - 1));
}

static mp_code no_date(const mp_expr *call, mp_str found, mp_error *err)
{
    return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() wants a date like 2026-01-31T09:00:00Z, not \"%.*s\"",
                   MP_FMT(call->function->name), (int)(found.len > 60 ? 60 : found.len), found.ptr);
}

static mp_code give_date(value *out, eval *e, const mp_expr *call, mp_ticks t, mp_str format, mp_error *err)
{
    mp_str text;
    if (t < 0 || t > TICKS_MAX)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() leaves the years 1 to 9999", MP_FMT(call->function->name));
    mp_code code = mp_date_format_net(&text, e->arena, t, format, err);
    return code == MP_NOMEM ? tpl_out_of_memory(e->d, err) : code != MP_OK ? code : tpl_give_str(out, e, text, err);
}

static mp_code give_iso(value *out, eval *e, const mp_expr *call, mp_ticks t, mp_error *err)
{
    return give_date(out, e, call, t, MP_S("yyyy-MM-dd'T'HH:mm:ss'Z'"), err);
}

mp_code tpl_eval_utc_now(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str format = MP_S("yyyyMMdd'T'HHmmss'Z'");
    bool   known = true;
    if (call->count)
        MP_TRY(tpl_arg_text(&format, &known, e, call, 0, err));
    return known ? give_date(out, e, call, e->d->context.now, format, err) : tpl_give_unknown(out, e, err);
}

/* ---- durations ---- */

static bool add_part(mp_ticks *sum, int64_t count, int64_t unit_ticks)
{
    int64_t part;
    return !__builtin_mul_overflow(count, unit_ticks, &part) && !__builtin_add_overflow(*sum, part, sum);
}

static int64_t unit_of(char letter, bool is_time)
{
    switch (letter) {
    case 'Y': return is_time ? 0 : 365 * MP_TICKS_PER_DAY;
    case 'M': return is_time ? 60 * MP_TICKS_PER_SECOND : 30 * MP_TICKS_PER_DAY;
    case 'W': return is_time ? 0 : 7 * MP_TICKS_PER_DAY;
    case 'D': return is_time ? 0 : MP_TICKS_PER_DAY;
    case 'H': return is_time ? 3600 * MP_TICKS_PER_SECOND : 0;
    case 'S': return is_time ? MP_TICKS_PER_SECOND : 0;
    default: return 0;
    }
}

/* duration = [ "-" ] "P" { number letter } [ "T" { number letter } ] ; ISO 8601, whole numbers */
static bool parse_duration(mp_ticks *out, mp_str s)
{
    mp_ticks sum = 0;
    bool     is_negative = s.len && s.ptr[0] == '-', is_time = false, has_part = false;
    size_t   i = is_negative;
    if (i >= s.len || s.ptr[i++] != 'P')
        return false;
    while (i < s.len) {
        if (s.ptr[i] == 'T' && !is_time) {
            is_time = true;
            i++;
            continue;
        }
        int64_t count = 0;
        size_t  start = i;
        for (; i < s.len && is_digit(s.ptr[i]); i++)
            if (__builtin_mul_overflow(count, 10, &count) || __builtin_add_overflow(count, s.ptr[i] - '0', &count))
                return false;
        int64_t each = i > start && i < s.len ? unit_of(s.ptr[i++], is_time) : 0;
        if (!each || !add_part(&sum, count, each))
            return false;
        has_part = true;
    }
    *out = is_negative ? -sum : sum;
    return has_part;
}

mp_code tpl_eval_date_add(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str   text, duration, format = MP_S("");
    bool     known, all_known;
    mp_ticks t, by;
    MP_TRY(tpl_arg_text(&text, &all_known, e, call, 0, err));
    MP_TRY(tpl_arg_text(&duration, &known, e, call, 1, err));
    all_known = all_known && known;
    if (call->count == 3) {
        MP_TRY(tpl_arg_text(&format, &known, e, call, 2, err));
        all_known = all_known && known;
    }
    if (!all_known)
        return tpl_give_unknown(out, e, err);
    if (!parse_date(&t, text))
        return no_date(call, text, err);
    if (!parse_duration(&by, duration))
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() wants a duration like P1Y2M3DT4H5M6S, not \"%.*s\"",
                       MP_FMT(call->function->name), (int)(duration.len > 60 ? 60 : duration.len), duration.ptr);
    if (__builtin_add_overflow(t, by, &t))
        t = -1;
    return call->count == 3 ? give_date(out, e, call, t, format, err) : give_iso(out, e, call, t, err);
}

mp_code tpl_eval_date_from_epoch(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    value    v;
    mp_ticks t;
    MP_TRY(tpl_arg_value(&v, e, call, 0, err));
    if (v.is_unknown)
        return tpl_give_unknown(out, e, err);
    if (v.json->kind != MP_JSON_INT)
        return mp_fail(err, MP_EVALUATION, MP_NOWHERE, "%.*s() wants an integer as argument %u, not %s: %s",
                       MP_FMT(call->function->name), 1u, mp_json_kind_name((mp_json_kind)v.json->kind),
                       call->function->signature);
    if (__builtin_mul_overflow(v.json->u.integer, MP_TICKS_PER_SECOND, &t) || __builtin_add_overflow(t, EPOCH, &t))
        t = -1;
    return give_iso(out, e, call, t, err);
}

mp_code tpl_eval_date_to_epoch(value *out, eval *e, const mp_expr *call, mp_error *err)
{
    mp_str   text;
    bool     known;
    mp_ticks t;
    MP_TRY(tpl_arg_text(&text, &known, e, call, 0, err));
    if (!known)
        return tpl_give_unknown(out, e, err);
    if (!parse_date(&t, text))
        return no_date(call, text, err);
    int64_t since = t - EPOCH, seconds = since / MP_TICKS_PER_SECOND;
    return tpl_give(out, e, mp_json_make_int(e->arena, seconds - (since % MP_TICKS_PER_SECOND < 0)), err);
}
