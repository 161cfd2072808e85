/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <stdio.h>
#include <time.h>

#include "test.h"

static void check_both(mp_ticks t, const char *text, const char *short_text)
{
    char     out[MP_CLOCK_TEXT], out_short[MP_CLOCK_SHORT];
    mp_ticks back = -1;
    mp_clock_format(out, t);
    mp_clock_format_short(out_short, t);
    CHECK_STR(mp_str_from(out), text);
    CHECK_STR(mp_str_from(out_short), short_text);
    CHECK(mp_clock_parse(&back, mp_str_from(text)) && back == t);
}

TEST(times_are_written)
{
    check_both(0, "0001-01-01T00:00:00.0000000Z", "0001-01-01T00:00:00Z");
    check_both(INT64_C(621355968000000000), "1970-01-01T00:00:00.0000000Z", "1970-01-01T00:00:00Z");
    check_both(INT64_C(3155378975999999999), "9999-12-31T23:59:59.9999999Z",
               "9999-12-31T23:59:59Z");
    check_both(INT64_C(639054468000000001), "2026-01-31T09:00:00.0000001Z", "2026-01-31T09:00:00Z");
    check_both(INT64_C(638447616000000000), "2024-02-29T00:00:00.0000000Z", "2024-02-29T00:00:00Z");
}

TEST(times_beyond_the_calendar_are_moved_to_its_end)
{
    char out[MP_CLOCK_SHORT];
    mp_clock_format_short(out, -1);
    CHECK_STR(mp_str_from(out), "0001-01-01T00:00:00Z");
    mp_clock_format_short(out, INT64_MAX);
    CHECK_STR(mp_str_from(out), "9999-12-31T23:59:59Z");
}

/* Every day of the calendar, beside a count of our own. */
TEST(every_day_is_the_one_after_the_last)
{
    int day = 1, month = 1, year = 1;
    for (mp_ticks t = 0; year <= 9999; t += MP_TICKS_PER_DAY) {
        char wanted[64], out[MP_CLOCK_SHORT];
        snprintf(wanted, sizeof wanted, "%04d-%02d-%02dT00:00:00Z", year, month, day);
        mp_clock_format_short(out, t);
        mp_ticks back;
        if (strcmp(wanted, out) != 0 || !mp_clock_parse(&back, mp_str_from(out)) || back != t)
            fail_msg("%s, wanted %s", out, wanted);
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        int  days = month == 2 ? 28 + leap : month == 4 || month == 6 || month == 9 || month == 11
                                                 ? 30 : 31;
        if (++day > days) {
            day = 1;
            month++;
        }
        if (month > 12) {
            month = 1;
            year++;
        }
    }
}

TEST(times_are_read_as_documents_spell_them)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        { "2026-01-31", "2026-01-31T00:00:00.0000000Z" },
        { "2026-01-31T09:00:00Z", "2026-01-31T09:00:00.0000000Z" },
        { "2026-01-31t09:00:00z", "2026-01-31T09:00:00.0000000Z" },
        { "2026-01-31 09:00:00", "2026-01-31T09:00:00.0000000Z" },
        { "2026-01-31T09:30", "2026-01-31T09:30:00.0000000Z" },
        { "2026-01-31T09:30Z", "2026-01-31T09:30:00.0000000Z" },
        { "2026-01-31T09:30+09:00", "2026-01-31T00:30:00.0000000Z" },
        { "2026-01-31T09:00:00.1Z", "2026-01-31T09:00:00.1000000Z" },
        { "2026-01-31T09:00:00.1234567Z", "2026-01-31T09:00:00.1234567Z" },
        { "2026-01-31T09:00:00.123456789Z", "2026-01-31T09:00:00.1234567Z" },
        { "2026-01-31T09:00:00.999999999", "2026-01-31T09:00:00.9999999Z" },
        { "2026-01-01T00:30:00+09:00", "2025-12-31T15:30:00.0000000Z" },
        { "2025-12-31T20:00:00-05:00", "2026-01-01T01:00:00.0000000Z" },
        { "2025-12-31T20:00:00-0530", "2026-01-01T01:30:00.0000000Z" },
        { "2025-12-31T20:00:00+01", "2025-12-31T19:00:00.0000000Z" },
        { "2000-02-29", "2000-02-29T00:00:00.0000000Z" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_ticks t;
        char     out[MP_CLOCK_TEXT];
        if (!mp_clock_parse(&t, mp_str_from(cases[i].text)))
            fail_msg("%s is refused", cases[i].text);
        mp_clock_format(out, t);
        CHECK_STR(mp_str_from(out), cases[i].wanted);
    }
}

TEST(other_texts_are_no_times)
{
    static const char *const texts[] = {
        "", "2026", "2026-01", "2026-1-31", "26-01-31", "2026-13-01", "2026-00-01", "2026-01-00",
        "2026-01-32", "2026-02-29", "1900-02-29", "2026-04-31", "0000-01-01", "2026-01-31T",
        "2026-01-31T09", "2026-01-31T24:00:00Z", "2026-01-31T09:60:00Z", "2026-01-31T09:00:60Z",
        "2026-01-31T09:00:00.Z", "2026-01-31T09:00:00.1234567890Z", "2026-01-31T09:00:00ZZ",
        "2026-01-31T09:00:00+24:00", "2026-01-31T09:00:00+09:60", "2026-01-31T09:00:00+9",
        "2026-01-31T09:00:00 Z", "2026-01-31  09:00:00", " 2026-01-31", "2026-01-31 ",
        "2026/01/31", "20260131", "2026-01-31Z", "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", "2026-01-31T0a:00:00", "+2026-01-31", "2026-01-31T09:00:",
        "2026-01-31T-9:00:00",
    };
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        mp_ticks t = 42;
        if (mp_clock_parse(&t, mp_str_from(texts[i])))
            fail_msg("%s is accepted", texts[i]);
        CHECK(t == 42);
    }
    mp_ticks t;
    CHECK(!mp_clock_parse(&t, MP_S("2026-01-31\0")));
}

TEST(seconds_since_1970_are_ticks_and_back)
{
    static const int64_t seconds[] = { 0, 1, -1, 1800000000, INT64_C(253402300799), INT64_C(-62135596800) };
    for (size_t i = 0; i < MP_COUNT(seconds); i++)
        CHECK_INT(mp_clock_to_unix(mp_clock_from_unix(seconds[i])), seconds[i]);
    CHECK_INT(mp_clock_from_unix(0), INT64_C(621355968000000000));
    CHECK_INT(mp_clock_to_unix(INT64_C(621355968019999999)), 1);
    CHECK_INT(mp_clock_from_unix(INT64_MAX), INT64_MAX);
    CHECK_INT(mp_clock_from_unix(INT64_MAX / 1000), INT64_MAX);
    CHECK_INT(mp_clock_from_unix(INT64_MIN), 0);
}

TEST(now_is_now)
{
    mp_ticks now = mp_clock_now();
    int64_t  seconds = mp_clock_to_unix(now);
    CHECK(seconds >= (int64_t)time(NULL) - 2 && seconds <= (int64_t)time(NULL) + 2);
}

int main(void)
{
    return MAIN(RUN(times_are_written), RUN(times_beyond_the_calendar_are_moved_to_its_end),
                RUN(every_day_is_the_one_after_the_last),
                RUN(times_are_read_as_documents_spell_them), RUN(other_texts_are_no_times),
                RUN(seconds_since_1970_are_ticks_and_back), RUN(now_is_now));
}
