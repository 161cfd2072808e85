/* SPDX-License-Identifier: Apache-2.0 */
/* The table of settings: whole, explained, and every kind of value read as its header says. */
#include "config.h"

#include <stdio.h>

#include "messages.h"
#include "test.h"

TEST(every_setting_has_a_good_default_and_is_explained)
{
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        const mp_setting *s = &mp_settings[i];
        mp_error          err = { 0 };
        int64_t           number = -1;
        char              id[128];
        mp_code           code = mp_setting_read(&number, (mp_setting_id)i, mp_str_from(s->fallback), &err);
        if (code != MP_OK)
            print_error("%s: %s\n", s->name, err.message);
        CHECK_INT(code, MP_OK);
        snprintf(id, sizeof id, "setting.%s", s->name);
        if (!mp_message_exists(MP_LANG_EN, id) || !mp_message_exists(MP_LANG_KO, id))
            print_error("no message %s\n", id);
        CHECK(mp_message_exists(MP_LANG_EN, id) && mp_message_exists(MP_LANG_KO, id));
        CHECK(s->kind != MP_SETTING_CHOICE || strchr(s->choices, '|'));
        CHECK(s->kind != MP_SETTING_URL || s->choices[0]);
    }
}

TEST(names_are_one_each_and_are_found)
{
    for (int i = 0; i < MP_SETTING_COUNT; i++) {
        char variable[MP_SETTING_VARIABLE];
        CHECK_INT(mp_setting_find(mp_str_from(mp_settings[i].name)), i);
        CHECK(strchr(mp_settings[i].name, '.') && strchr(mp_settings[i].name, '.') == strrchr(mp_settings[i].name, '.'));
        mp_setting_variable(variable, (mp_setting_id)i);
        for (int k = 0; k < i; k++) {
            char other[MP_SETTING_VARIABLE];
            mp_setting_variable(other, (mp_setting_id)k);
            CHECK(strcmp(variable, other) != 0);
        }
    }
    char variable[MP_SETTING_VARIABLE];
    mp_setting_variable(variable, MP_SET_SERVER_BASE_URL);
    CHECK_STR(mp_str_from(variable), "MAPAE_SERVER_BASE_URL");
    CHECK_INT(mp_setting_find(MP_S("server")), MP_SETTING_COUNT);
    CHECK_STR(mp_setting_nearest(MP_S("server.listn")), "server.listen");
    CHECK_INT(mp_setting_nearest(MP_S("quite.another")).len, 0);
    CHECK_STR(mp_setting_section(MP_SET_SIGN_IN_LOCK_AFTER), "sign-in");
}

TEST(a_section_stands_together)
{
    for (int i = 1; i < MP_SETTING_COUNT; i++)
        for (int k = 0; k + 1 < i; k++)
            if (mp_str_eq(mp_setting_section((mp_setting_id)k), mp_setting_section((mp_setting_id)i)))
                CHECK(mp_str_eq(mp_setting_section((mp_setting_id)(k + 1)), mp_setting_section((mp_setting_id)i)));
}

TEST(values_are_read_by_their_kind)
{
    static const struct {
        mp_setting_id id;
        const char   *text;
        mp_code       code;
        int64_t       number;
    } cases[] = {
        { MP_SET_SERVER_WORKERS, "16", MP_OK, 16 },
        { MP_SET_SERVER_WORKERS, "1024", MP_OK, 1024 },
        { MP_SET_SERVER_WORKERS, "1025", MP_PARAMETER, 0 },
        { MP_SET_SERVER_WORKERS, "0", MP_PARAMETER, 0 },
        { MP_SET_SERVER_WORKERS, "-1", MP_PARAMETER, 0 },
        { MP_SET_SERVER_WORKERS, "+1", MP_PARAMETER, 0 },
        { MP_SET_SERVER_WORKERS, "1s", MP_PARAMETER, 0 },
        { MP_SET_SERVER_WORKERS, "0x10", MP_PARAMETER, 0 },
        { MP_SET_SERVER_WORKERS, "", MP_PARAMETER, 0 },
        { MP_SET_SERVER_WORKERS, "99999999999999999999", MP_PARAMETER, 0 },
        { MP_SET_SESSION_IDLE, "90", MP_OK, 90 },
        { MP_SET_SESSION_IDLE, "90s", MP_OK, 90 },
        { MP_SET_SESSION_IDLE, "15m", MP_OK, 900 },
        { MP_SET_SESSION_IDLE, "12H", MP_OK, 43200 },
        { MP_SET_SESSION_LENGTH, "30d", MP_OK, 2592000 },
        { MP_SET_SESSION_LENGTH, "31d", MP_PARAMETER, 0 },
        { MP_SET_SESSION_IDLE, "15 m", MP_PARAMETER, 0 },
        { MP_SET_SESSION_IDLE, "15min", MP_PARAMETER, 0 },
        { MP_SET_SESSION_IDLE, "9223372036854775807d", MP_PARAMETER, 0 },
        { MP_SET_SERVER_HEAD_SIZE, "65536", MP_OK, 65536 },
        { MP_SET_SERVER_HEAD_SIZE, "8KiB", MP_OK, 8192 },
        { MP_SET_SERVER_HEAD_SIZE, "1MiB", MP_OK, 1048576 },
        { MP_SET_PASSWORD_HASH_MEMORY, "4GiB", MP_OK, INT64_C(4294967296) },
        { MP_SET_SERVER_HEAD_SIZE, "64KB", MP_PARAMETER, 0 },
        { MP_SET_SERVER_CONFINE, "true", MP_OK, 1 },
        { MP_SET_SERVER_CONFINE, "Yes", MP_OK, 1 },
        { MP_SET_SERVER_CONFINE, "on", MP_OK, 1 },
        { MP_SET_SERVER_CONFINE, "off", MP_OK, 0 },
        { MP_SET_SERVER_CONFINE, "no", MP_OK, 0 },
        { MP_SET_SERVER_CONFINE, "false", MP_OK, 0 },
        { MP_SET_SERVER_CONFINE, "1", MP_PARAMETER, 0 },
        { MP_SET_SERVER_CONFINE, "", MP_PARAMETER, 0 },
        { MP_SET_LOG_LEVEL, "error", MP_OK, 0 },
        { MP_SET_LOG_LEVEL, "DEBUG", MP_OK, 4 },
        { MP_SET_LOG_LEVEL, "deb", MP_PARAMETER, 0 },
        { MP_SET_LOG_LEVEL, "", MP_PARAMETER, 0 },
        { MP_SET_SERVER_LISTEN, "127.0.0.1:8443", MP_OK, 0 },
        { MP_SET_SERVER_LISTEN, ":8443", MP_OK, 0 },
        { MP_SET_SERVER_LISTEN, "[::1]:0", MP_OK, 0 },
        { MP_SET_SERVER_LISTEN, "mapae.example.com:65535", MP_OK, 0 },
        { MP_SET_SERVER_LISTEN, "8443", MP_PARAMETER, 0 },
        { MP_SET_SERVER_LISTEN, "host:", MP_PARAMETER, 0 },
        { MP_SET_SERVER_LISTEN, "host:65536", MP_PARAMETER, 0 },
        { MP_SET_SERVER_LISTEN, "::1:8443", MP_PARAMETER, 0 },
        { MP_SET_SERVER_LISTEN, "[::1:8443", MP_PARAMETER, 0 },
        { MP_SET_SERVER_LISTEN, "[]:8443", MP_PARAMETER, 0 },
        { MP_SET_SERVER_LISTEN, "https://host:1", MP_PARAMETER, 0 },
        { MP_SET_STORE_URL, "", MP_OK, 0 },
        { MP_SET_STORE_URL, "postgres://mapae@db/mapae", MP_OK, 0 },
        { MP_SET_STORE_URL, "postgresql:///mapae", MP_OK, 0 },
        { MP_SET_STORE_URL, "mysql://db", MP_PARAMETER, 0 },
        { MP_SET_STORE_URL, "postgres://", MP_PARAMETER, 0 },
        { MP_SET_STORE_URL, "postgres://a b", MP_PARAMETER, 0 },
        { MP_SET_STORE_URL, "db", MP_PARAMETER, 0 },
        { MP_SET_LOG_TO, "/var/log/mapae.log", MP_OK, 0 },
        { MP_SET_LOG_TO, "a\nb", MP_PARAMETER, 0 },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_error err = { 0 };
        int64_t  number = -1;
        mp_code  code = mp_setting_read(&number, cases[i].id, mp_str_from(cases[i].text), &err);
        if (code != cases[i].code)
            print_error("%s = \"%s\": %s\n", mp_settings[cases[i].id].name, cases[i].text, err.message);
        CHECK_INT(code, cases[i].code);
        if (code == MP_OK)
            CHECK_INT(number, cases[i].number);
        else
            CHECK(strstr(err.message, mp_settings[cases[i].id].name) != NULL);
    }
}

TEST(a_text_has_a_longest)
{
    char     text[4100];
    int64_t  number;
    mp_error err = { 0 };
    memset(text, 'x', sizeof text);
    CHECK_INT(mp_setting_read(&number, MP_SET_LOG_TO, mp_str_of(text, 4096), &err), MP_OK);
    CHECK_INT(mp_setting_read(&number, MP_SET_LOG_TO, mp_str_of(text, 4097), &err), MP_PARAMETER);
    CHECK_STR(mp_str_from(err.message), "log.to is 4097 bytes; the most is 4096");
    CHECK_INT(mp_setting_read(&number, MP_SET_LEDGER_ORIGIN, mp_str_of(text, 201), &err), MP_PARAMETER);
}

TEST(a_refused_url_is_not_repeated)
{
    int64_t  number;
    mp_error err = { 0 };
    CHECK_INT(mp_setting_read(&number, MP_SET_STORE_URL, MP_S("mysql://me:secret@db"), &err), MP_PARAMETER);
    CHECK(!strstr(err.message, "secret"));
}

TEST(ranges_are_said_in_the_largest_unit)
{
    static const struct {
        mp_setting_id id;
        const char   *wanted;
    } cases[] = {
        { MP_SET_SERVER_WORKERS, "1 … 1024" },       { MP_SET_SESSION_LENGTH, "5m … 30d" },
        { MP_SET_SERVER_HEAD_SIZE, "4KiB … 1MiB" },  { MP_SET_SERVER_CONFINE, "true|false" },
        { MP_SET_STORE_CHECK, "quick|full" },        { MP_SET_STORE_URL, "postgres://…" },
        { MP_SET_SERVER_LISTEN, "HOST:PORT" },       { MP_SET_SERVER_KEY_FILE, "FILE" },
        { MP_SET_LOG_TO, "TEXT" },                   { MP_SET_USER_INACTIVE_DAYS, "0 … 3650" },
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        mp_buf out = MP_BUF_INIT;
        mp_setting_say_range(&out, cases[i].id);
        CHECK_STR(mp_buf_str(&out), cases[i].wanted);
        mp_buf_free(&out);
    }
}

int main(void)
{
    return MAIN(RUN(every_setting_has_a_good_default_and_is_explained), RUN(names_are_one_each_and_are_found),
                RUN(a_section_stands_together), RUN(values_are_read_by_their_kind), RUN(a_text_has_a_longest),
                RUN(a_refused_url_is_not_repeated), RUN(ranges_are_said_in_the_largest_unit));
}
