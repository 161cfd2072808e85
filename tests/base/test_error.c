/* SPDX-License-Identifier: Apache-2.0 */
#include <mapae/error.h>

#include "test.h"

TEST(a_failure_is_recorded)
{
    mp_error err = { 0 };
    CHECK(mp_fail(&err, MP_SYNTAX, ((mp_pos){ 3, 4 }), "found '%c', wanted %d", 'x', 7) ==
          MP_SYNTAX);
    int line = __LINE__ - 2;
    CHECK(err.code == MP_SYNTAX && err.pos.line == 3 && err.pos.col == 4);
    CHECK(err.src_line >= line - 1 && err.src_line <= line + 1 && strstr(err.src_file, "test_error"));
    CHECK_STR(mp_str_from(err.message), "found 'x', wanted 7");
    CHECK(mp_fail(NULL, MP_NOMEM, MP_NOWHERE, "%s", "nobody listens") == MP_NOMEM);
}

TEST(a_message_may_quote_the_one_it_replaces)
{
    mp_error err = { 0 };
    mp_fail(&err, MP_IO, MP_NOWHERE, "inner");
    mp_fail(&err, MP_IO, MP_NOWHERE, "outer: %s", err.message);
    CHECK_STR(mp_str_from(err.message), "outer: inner");
}

TEST(long_messages_end_with_a_whole_character)
{
    for (size_t shift = 0; shift < 4; shift++) {
        char     text[1000] = "";
        mp_error err;
        memset(text, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof text; i += 4)
            memcpy(text + i, "\xF0\x9F\x98\x80", 4);
        mp_fail(&err, MP_IO, MP_NOWHERE, "%s", text);
        size_t len = strlen(err.message);
        CHECK(len < sizeof err.message && len + 4 >= sizeof err.message);
        CHECK((len - shift) % 4 == 0 && memcmp(err.message, text, len) == 0);
    }
}

TEST(long_messages_may_fill_the_room)
{
    mp_error err;
    mp_fail(&err, MP_IO, MP_NOWHERE, "%1000d", 1);
    CHECK(strlen(err.message) == sizeof err.message - 1);
    mp_fail(&err, MP_IO, MP_NOWHERE, "%*s\xC3\xA9", (int)sizeof err.message - 3, "");
    CHECK(strlen(err.message) == sizeof err.message - 1);
}

TEST(a_message_stays_on_one_line)
{
    mp_error err;
    mp_fail(&err, MP_IO, MP_NOWHERE, "a\nb\tc\x7F");
    CHECK_STR(mp_str_from(err.message), "a b c ");
}

TEST(codes_have_names)
{
    CHECK_STR(mp_str_from(mp_code_name(MP_OK)), "ok");
    CHECK_STR(mp_str_from(mp_code_name(MP_NOMEM)), "memory");
    CHECK_STR(mp_str_from(mp_code_name(MP_INTERNAL)), "internal");
    for (int i = 0; i < MP_CODE_COUNT; i++)
        CHECK(mp_code_name((mp_code)i)[0] != '\0');
    CHECK_STR(mp_str_from(mp_code_name((mp_code)99)), "unknown");
}

int main(void)
{
    return MAIN(RUN(a_failure_is_recorded), RUN(a_message_may_quote_the_one_it_replaces),
                RUN(long_messages_end_with_a_whole_character),
                RUN(long_messages_may_fill_the_room), RUN(a_message_stays_on_one_line),
                RUN(codes_have_names));
}
