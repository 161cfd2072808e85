/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets, not the rules of places: a document tells one zone, Korea has had one offset since 1988, and what a place's
 * clocks did is not the same on every machine. */
#include "paper_zone.h"

#define KOREA 540
#define MOST (14 * 60)

static bool two_digits(int *out, const char *at)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *out = (at[0] - '0') * 10 + at[1] - '0';
    return true;
}

bool mp_paper_zone_read(mp_paper_zone *out, mp_str text)
{
    int hours, minutes;
    if (mp_str_eq_fold(text, MP_S("UTC")) || mp_str_eq_fold(text, MP_S("Z"))) {
        *out = (mp_paper_zone){ .is_given = true };
        return true;
    }
    if (mp_str_eq_fold(text, MP_S("KST")) || mp_str_eq_fold(text, MP_S("Asia/Seoul"))) {
        *out = (mp_paper_zone){ .is_given = true, .minutes = KOREA };
        return true;
    }
    if (text.len != 6 || (text.ptr[0] != '+' && text.ptr[0] != '-') || text.ptr[3] != ':' ||
        !two_digits(&hours, text.ptr + 1) || !two_digits(&minutes, text.ptr + 4) || minutes > 59 ||
        hours * 60 + minutes > MOST)
        return false;
    minutes += hours * 60;
    *out = (mp_paper_zone){ .is_given = true, .minutes = text.ptr[0] == '-' ? -minutes : minutes };
    return true;
}

mp_paper_zone mp_paper_zone_of(mp_paper_zone zone, mp_lang lang)
{
    if (!zone.is_given)
        zone = (mp_paper_zone){ .is_given = true, .minutes = lang == MP_LANG_KO ? KOREA : 0 };
    return zone;
}

/* Beyond what a clock can say the time stays as it is. */
mp_ticks mp_paper_zone_shift(mp_paper_zone zone, mp_ticks time)
{
    mp_ticks by = (mp_ticks)zone.minutes * 60 * MP_TICKS_PER_SECOND;
    if ((by < 0 && time < -by) || (by > 0 && time > INT64_C(3155378975999999999) - by))
        return time;
    return time + by;
}

void mp_paper_zone_say(mp_buf *out, mp_paper_zone zone, mp_lang lang)
{
    int minutes = zone.minutes < 0 ? -zone.minutes : zone.minutes;
    if (zone.minutes == KOREA)
        mp_buf_add(out, mp_message(lang, "paper.zone.korea"));
    else if (!zone.minutes)
        mp_buf_add(out, mp_message(lang, "paper.zone.utc"));
    else
        mp_buf_printf(out, "UTC%c%02d:%02d", zone.minutes < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

void mp_paper_time_say(mp_buf *out, mp_ticks time, mp_paper_zone zone, mp_lang lang)
{
    char at[MP_CLOCK_SHORT];
    mp_clock_format_short(at, mp_paper_zone_shift(zone, time));
    mp_buf_printf(out, "%.10s %.5s (", at, at + 11);
    mp_paper_zone_say(out, zone, lang);
    mp_buf_add_c(out, ')');
}
