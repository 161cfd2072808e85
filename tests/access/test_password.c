/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of passwords, and the list of those that are known. */
#include "password.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "secret.h"
#include "test.h"

static mp_code rules(const char *password)
{
    mp_error err;
    return mp_password_rules(&mp_sign_in_limits_default, mp_str_from(password), MP_S("cheolsu.kim"),
                             MP_S("ckim77@example.org"), &err);
}

TEST(length_and_kinds)
{
    static const struct {
        const char *password;
        bool        is_fine;
    } cases[] = {
        { "", false },
        { "hwbtqzrkmw", false }, /* ten of one kind */
        { "hwbtqzrkm7", true },  /* ten of two */
        { "hwbtqzrk7", false },  /* nine of two */
        { "Hwbtqzrk", false },   /* eight of two */
        { "Hwbtqz7k", true },    /* eight of three */
        { "Hwbtq7k", false },    /* seven of three */
        { "Hw7-q", false },
        { "83940267158", false }, /* one kind, however long */
        { "gold lamp under snow", true },
        { "무궁화꽃이피었습니다", false }, /* ten characters of one kind: others */
        { "무궁화꽃이피었습니다a", true },
        { "가나다라마바a1", true }, /* eight characters, not bytes */
        { "hwbtqz\x01rkm7", false },
        { "hwbtqz\x7frkm7", false },
        { "hwbtqz\xffrkm7", false }, /* no UTF-8 */
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++)
        if ((rules(cases[i].password) == MP_OK) != cases[i].is_fine)
            fail_msg("\"%s\"", cases[i].password);
    char long_one[MP_PASSWORD_MAX + 2];
    for (size_t i = 0; i <= MP_PASSWORD_MAX; i++)
        long_one[i] = "hwbtqz7kmw"[i % 10];
    long_one[MP_PASSWORD_MAX + 1] = '\0';
    CHECK_INT(rules(long_one), MP_PARAMETER);
    long_one[MP_PASSWORD_MAX] = '\0';
    CHECK_INT(rules(long_one), MP_OK);
}

TEST(what_is_easily_guessed)
{
    static const char *const wrong[] = {
        "Cheolsu.Kim-77", "xxCHEOLSU.KIM9", "my-ckim77-gate", "Hwb-1111-tqz", "Hwb-aaaa-tqz",
        "Hwb-1234-tqz",   "Hwb-8765-tqz",   "Hwb-efgh-tqz",   "Hwb-zyxw-tqz", "Hwb-가가가가-7",
    };
    static const char *const fine[] = { "Hwb-111-222-tqz", "Hwb-123-567-tqz", "Hwb-kim-tqz-7",
                                        "Hwb-1357-tqz",    "Hwb-Abcd-tqz",    "Hwb-9012-tqz" };
    for (size_t i = 0; i < MP_COUNT(wrong); i++)
        if (rules(wrong[i]) != MP_PARAMETER)
            fail_msg("\"%s\" is taken", wrong[i]);
    for (size_t i = 0; i < MP_COUNT(fine); i++)
        if (rules(fine[i]) != MP_OK)
            fail_msg("\"%s\" is refused", fine[i]);
    /* A short name occurs anywhere, and is no reason. */
    CHECK_INT(
        mp_password_rules(&mp_sign_in_limits_default, MP_S("Hwb-kx-tqz-7"), MP_S("kx"), MP_S("tq@x"), NULL),
        MP_OK);
}

TEST(what_is_used_most)
{
    static const char *const common[] = { "password",       "Password1!",  "P@ssw0rd",   "p@$$w0rd",
                                          "PASSWORD2024!!", "qwerty1234!", "1q2w3e4r5t", "1qaz2wsx!!",
                                          "Welcome123!",    "admin!@#$",   "Mapae2026!", "dkssudgktpdy1!",
                                          "Saranghae77!",   "iloveyou520" };
    static const char *const uncommon[] = {
        "", "7", "passwordless-lamp", "gold lamp under snow", "Tiger-Gate-7788", "12-07-1998", "xpasswordx"
    };
    for (size_t i = 0; i < MP_COUNT(common); i++)
        if (!mp_password_is_common(mp_str_from(common[i])))
            fail_msg("\"%s\" is not known", common[i]);
    for (size_t i = 0; i < MP_COUNT(uncommon); i++)
        if (mp_password_is_common(mp_str_from(uncommon[i])))
            fail_msg("\"%s\" is known", uncommon[i]);
    CHECK_INT(rules("Password1!"), MP_PARAMETER);
}

/* ---- a file ---- */

typedef struct list {
    char path[40];
} list;

static void make(list *l, const char *text, size_t len)
{
    strcpy(l->path, "/tmp/mapae-breached-XXXXXX");
    int fd = mkstemp(l->path);
    CHECK(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    close(fd);
}

static bool has(const list *l, const char *password)
{
    bool     found = false;
    mp_error err;
    if (mp_password_in_file(&found, l->path, mp_str_from(password), &err) != MP_OK)
        fail_msg("%s", err.message);
    return found;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

enum { LINES = 2000 };

/* "w0".."w1999" in any of the forms; every one is found, and those between are not. */
static void find_all(bool is_sha1, const char *end, bool last_has_end)
{
    static char lines[LINES][60];
    char       *text = calloc(LINES, 64);
    size_t      len = 0;
    list        l;
    for (int i = 0; i < LINES; i++) {
        char word[16];
        snprintf(word, sizeof word, "w%d", i);
        if (is_sha1) {
            uint8_t  hash[20];
            unsigned n;
            CHECK(EVP_Digest(word, strlen(word), hash, &n, EVP_sha1(), NULL) == 1);
            for (int j = 0; j < 20; j++)
                snprintf(lines[i] + 2 * j, 3, "%02X", hash[j]);
            if (i % 3)
                snprintf(lines[i] + 40, 20, ":%d", i * i);
        } else {
            strcpy(lines[i], word);
        }
    }
    qsort(lines, LINES, sizeof lines[0], by_text);
    for (int i = 0; i < LINES; i++)
        len += (size_t)sprintf(text + len, "%s%s", lines[i], i + 1 < LINES || last_has_end ? end : "");
    make(&l, text, len);
    for (int i = 0; i < LINES; i++) {
        char word[16];
        snprintf(word, sizeof word, "w%d", i);
        CHECK(has(&l, word));
        snprintf(word, sizeof word, "w%dx", i);
        CHECK(!has(&l, word));
    }
    CHECK(!has(&l, "") && !has(&l, "a") && !has(&l, "zzz"));
    unlink(l.path);
    free(text);
}

TEST(every_line_is_found)
{
    find_all(true, "\r\n", true); /* as they come */
    find_all(true, "\n", false);
    find_all(false, "\n", true);
    find_all(false, "\r\n", false);
}

TEST(odd_files)
{
    static const char *const texts[] = { "", "\n", "\n\n\n", "a", "a\n\n" };
    bool                     found;
    mp_error                 err;
    list                     l;
    for (size_t i = 0; i < MP_COUNT(texts); i++) {
        make(&l, texts[i], strlen(texts[i]));
        CHECK(!has(&l, "b"));
        unlink(l.path);
    }
    char *long_line = malloc(5000);
    memset(long_line, 'x', 5000);
    make(&l, long_line, 5000);
    CHECK_INT(mp_password_in_file(&found, l.path, MP_S("b"), &err), MP_FORMAT);
    unlink(l.path);
    free(long_line);
    CHECK_INT(mp_password_in_file(&found, l.path, MP_S("b"), &err), MP_IO);
    CHECK_INT(mp_password_in_file(&found, "/tmp", MP_S("b"), &err), MP_IO);
}

TEST(a_list_of_the_site_counts)
{
    list l;
    make(&l, "Hwbtqz7k\n", 9);
    mp_sign_in_limits limits = mp_sign_in_limits_default;
    limits.breached_file = l.path;
    CHECK_INT(mp_password_rules(&limits, MP_S("Hwbtqz7k"), MP_S(""), MP_S(""), NULL), MP_PARAMETER);
    CHECK_INT(mp_password_rules(&limits, MP_S("Hwbtqz7m"), MP_S(""), MP_S(""), NULL), MP_OK);
    unlink(l.path);
    CHECK_INT(mp_password_rules(&limits, MP_S("Hwbtqz7m"), MP_S(""), MP_S(""), NULL),
              MP_IO); /* not found is not allowed */
}

int main(void)
{
    return MAIN(RUN(length_and_kinds), RUN(what_is_easily_guessed), RUN(what_is_used_most),
                RUN(every_line_is_found), RUN(odd_files), RUN(a_list_of_the_site_counts));
}
