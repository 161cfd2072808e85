/* SPDX-License-Identifier: Apache-2.0 */
/* Hangul says its ending by its code point, digits by how they are read in Korean. How Koreans read a
 * Latin word cannot be known from its letters; a small rule gets the usual terms right: capitals are
 * read one by one (VM, URL), other words by their last sounds. */
#include "particle.h"

#include "messages.h"
#include "utf8.h"

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(uint32_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(uint32_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_hangul(uint32_t c)
{
    return c >= 0xAC00 && c <= 0xD7A3;
}

static bool is_one_of(uint32_t c, const char *letters)
{
    return c < 0x80 && c && strchr(letters, (int)c);
}

/* 영 일 이 삼 사 오 육 칠 팔 구; a zero at the end is 십, 백, 천, 만, 억, and ends alike. */
static mp_ending ending_of_digit(uint32_t c)
{
    if (is_one_of(c, "178"))
        return MP_ENDING_RIEUL;
    return is_one_of(c, "036") ? MP_ENDING_CONSONANT : MP_ENDING_VOWEL;
}

/* 엘 엠 엔 알; the names of all other letters end in a vowel. */
static mp_ending ending_of_capital(uint32_t c)
{
    if (is_one_of(c, "LR"))
        return MP_ENDING_RIEUL;
    return is_one_of(c, "MN") ? MP_ENDING_CONSONANT : MP_ENDING_VOWEL;
}

/* A word that ends in the small letters `b` and `c`. */
static mp_ending ending_of_letters(uint32_t b, uint32_t c)
{
    if (c == 'l' || (b == 'l' && c == 'e')) /* control 컨트롤, table 테이블, file 파일 */
        return MP_ENDING_RIEUL;
    if (is_one_of(c, "mn") || (b == 'n' && c == 'g')) /* item 아이템, setting 세팅 */
        return MP_ENDING_CONSONANT;
    if (is_one_of(b, "mnp") && c == 'e') /* name 네임, zone 존, type 타입 */
        return MP_ENDING_CONSONANT;
    if (is_one_of(c, "bckpt")) /* block 블록, public 퍼블릭, set 셋; but disk 디스크, list 리스트 */
        return is_one_of(b, "aeiou") || (b == 'c' && c == 'k') ? MP_ENDING_CONSONANT : MP_ENDING_VOWEL;
    return MP_ENDING_VOWEL;
}

mp_ending mp_ending_of(mp_str word)
{
    uint32_t before = 0, last = 0; /* the last two that are read */
    while (word.len) {
        uint32_t c = 0;
        size_t   len = mp_utf8_decode(&c, word.ptr, word.len);
        word = mp_str_skip(word, len ? len : 1);
        if (c == '%') /* 퍼센트 */
            last = 0;
        if (!is_digit(c) && !is_upper(c) && !is_lower(c) && !is_hangul(c))
            continue;
        before = last;
        last = c;
    }
    if (is_hangul(last)) {
        uint32_t final = (last - 0xAC00) % 28; /* Unicode 3.12; 8 is ㄹ */
        return final == 0 ? MP_ENDING_VOWEL : final == 8 ? MP_ENDING_RIEUL : MP_ENDING_CONSONANT;
    }
    if (is_digit(last))
        return ending_of_digit(last);
    if (is_upper(last))
        return ending_of_capital(last);
    return ending_of_letters(before, last);
}

void mp_say_particle(mp_buf *out, mp_str word, mp_str forms)
{
    size_t    slash = mp_str_find(forms, '/');
    mp_str    closed = mp_str_of(forms.ptr, slash == SIZE_MAX ? forms.len : slash);
    mp_str    open = slash == SIZE_MAX ? MP_S("") : mp_str_skip(forms, slash + 1);
    mp_ending ending = mp_ending_of(word);
    bool      takes_open = ending == MP_ENDING_VOWEL ||
                      (ending == MP_ENDING_RIEUL && mp_str_starts(closed, MP_S("으로")));
    mp_buf_add(out, takes_open ? open : closed);
}
