/* SPDX-License-Identifier: Apache-2.0 */
#include <mapae/str.h>

#include <stdlib.h>

#include "test.h"

static int fold(char c)
{
    uint8_t byte = (uint8_t)c;
    return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

/* What the header says, said as slowly as can be. */
static int slow_cmp_fold(mp_str a, mp_str b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (fold(a.ptr[i]) != fold(b.ptr[i]))
            return fold(a.ptr[i]) < fold(b.ptr[i]) ? -1 : 1;
    return (a.len > b.len) - (a.len < b.len);
}

static size_t slow_find_fold(mp_str s, mp_str part)
{
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (slow_cmp_fold(mp_str_of(s.ptr + i, part.len), part) == 0)
            return i;
    return SIZE_MAX;
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

TEST(folding_is_for_ascii_letters_only)
{
    for (int x = 0; x < 256; x++)
        for (int y = 0; y < 256; y++)
            for (size_t len = 1; len <= 40; len = len * 2 + 1) {
                char a[40], b[40];
                memset(a, x, sizeof a);
                memset(b, x, sizeof b);
                a[len / 2] = (char)x;
                b[len / 2] = (char)y;
                bool same = fold((char)x) == fold((char)y);
                CHECK(mp_str_eq_fold(mp_str_of(a, len), mp_str_of(b, len)) == same);
                CHECK(sign(mp_str_cmp_fold(mp_str_of(a, len), mp_str_of(b, len))) ==
                      slow_cmp_fold(mp_str_of(a, len), mp_str_of(b, len)));
            }
}

TEST(texts_are_compared)
{
    CHECK(mp_str_eq(MP_S("ab"), MP_S("ab")) && !mp_str_eq(MP_S("ab"), MP_S("aB")));
    CHECK(mp_str_eq(mp_str_of(NULL, 0), MP_S("")) && mp_str_eq_fold(MP_S(""), mp_str_of(NULL, 0)));
    CHECK(mp_str_cmp(MP_S("a"), MP_S("b")) < 0 && mp_str_cmp(MP_S("b"), MP_S("a")) > 0);
    CHECK(mp_str_cmp(MP_S("a"), MP_S("ab")) < 0 && mp_str_cmp(MP_S("ab"), MP_S("a")) > 0);
    CHECK(mp_str_cmp(MP_S("\x80"), MP_S("a")) > 0 && mp_str_cmp(MP_S("x"), MP_S("x")) == 0);
    CHECK(mp_str_cmp(mp_str_of(NULL, 0), MP_S("")) == 0);
    CHECK(mp_str_cmp_fold(MP_S("ABC"), MP_S("abd")) < 0);
    CHECK(mp_str_cmp_fold(MP_S("abcdefghijk"), MP_S("ABCDEFGHIJ")) > 0);
}

TEST(both_ends_are_looked_at)
{
    mp_str s = MP_S("Microsoft.Compute/disks");
    CHECK(mp_str_starts(s, MP_S("Microsoft.")) && !mp_str_starts(s, MP_S("microsoft.")));
    CHECK(mp_str_starts_fold(s, MP_S("MICROSOFT.compute/D")) && mp_str_starts(s, MP_S("")));
    CHECK(mp_str_ends(s, MP_S("/disks")) && !mp_str_ends(s, MP_S("/Disks")));
    CHECK(mp_str_ends_fold(s, MP_S("/DISKS")) && mp_str_ends_fold(s, s));
    CHECK(!mp_str_starts(MP_S("a"), MP_S("ab")) && !mp_str_ends_fold(MP_S("a"), MP_S("ab")));
    CHECK(mp_str_starts(mp_str_of(NULL, 0), MP_S("")) && mp_str_ends(MP_S("a"), mp_str_of(NULL, 0)));
}

TEST(parts_are_found)
{
    mp_str s = MP_S("a.b.C");
    CHECK(mp_str_find(s, '.') == 1 && mp_str_rfind(s, '.') == 3);
    CHECK(mp_str_find(s, 'x') == SIZE_MAX && mp_str_rfind(mp_str_of(NULL, 0), 'x') == SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("b.C")) == 2 && mp_str_find_str(s, MP_S("b.c")) == SIZE_MAX);
    CHECK(mp_str_find_fold(s, MP_S("B.c")) == 2 && mp_str_find_fold(s, MP_S("a.b.c.")) == SIZE_MAX);
    CHECK(mp_str_find_str(s, MP_S("")) == 0 && mp_str_find_fold(mp_str_of(NULL, 0), MP_S("")) == 0);
    CHECK(mp_str_find_str(MP_S(""), MP_S("a")) == SIZE_MAX);
}

/* Each text in memory of its own size, so that a byte read too many is seen by ASan. */
TEST(any_length_and_place_will_do)
{
    srand(1);
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)rand() % 70, part_len = (size_t)rand() % 8;
        char  *text = malloc(len + !len), *part = malloc(part_len + !part_len);
        for (size_t i = 0; i < len; i++)
            text[i] = "aAbB\xC3"[rand() % 5];
        for (size_t i = 0; i < part_len; i++)
            part[i] = "aAbB\xC3"[rand() % 5];
        mp_str s = mp_str_of(text, len), p = mp_str_of(part, part_len);
        CHECK(mp_str_find_fold(s, p) == slow_find_fold(s, p));
        CHECK(sign(mp_str_cmp_fold(s, p)) == slow_cmp_fold(s, p));
        mp_str head = mp_str_of(text, part_len < len ? part_len : len);
        CHECK(mp_str_starts_fold(s, p) ==
              (head.len == p.len && slow_cmp_fold(head, p) == 0));
        free(text);
        free(part);
    }
}

TEST(blanks_are_trimmed)
{
    CHECK_STR(mp_str_trim(MP_S(" \t\r\n\v\fa b ")), "a b");
    CHECK_STR(mp_str_trim(MP_S("   ")), "");
    CHECK_STR(mp_str_trim(MP_S("")), "");
    CHECK_STR(mp_str_trim(MP_S("x")), "x");
    CHECK_STR(mp_str_skip(MP_S("abc"), 2), "c");
    CHECK(mp_str_skip(MP_S("abc"), 9).len == 0);
}

int main(void)
{
    return MAIN(RUN(folding_is_for_ascii_letters_only), RUN(texts_are_compared),
                RUN(both_ends_are_looked_at), RUN(parts_are_found),
                RUN(any_length_and_place_will_do), RUN(blanks_are_trimmed));
}
