/* SPDX-License-Identifier: Apache-2.0 */
/* ASCII texts are compared by bytes. Where two texts differ at ASCII letters that no combining mark
 * can follow, they differ for good: normalisation never joins an ASCII character to what stands
 * before it. So the Unicode path is taken only when a byte beyond ASCII stands at the difference. */
#include "text.h"

#include <stdlib.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

#include "buf.h"
#include "simd.h"
#include "utf8.h"

#define SMALL_TEXT 512
#define LONGEST_NAME 64 /* code points; longer names are not suggested */

/* Bytes that are no UTF-8 are compared too, after all code points. */
#define BAD_BYTE 0x110000u

/* ---- UTF-8 ---- */

static bool is_ascii(mp_str s)
{
    size_t i = 0;
    for (; i + MP_BLOCK <= s.len; i += MP_BLOCK)
        if (mp_block_high(mp_block_load(s.ptr + i)))
            return false;
    uint8_t high = 0;
    for (; i < s.len; i++)
        high |= (uint8_t)s.ptr[i];
    return high < 0x80;
}

/* Take the first code point, or bad byte, off `s`. */
static uint32_t next_code_point(mp_str *s)
{
    uint32_t cp;
    size_t   len = mp_utf8_decode(&cp, s->ptr, s->len);
    if (len == 0) {
        cp = BAD_BYTE + (uint8_t)s->ptr[0];
        len = 1;
    }
    s->ptr += len;
    s->len -= len;
    return cp;
}

bool mp_utf8_valid(mp_str s)
{
    size_t i = 0;
    while (i < s.len) {
        if (i + MP_BLOCK <= s.len && !mp_block_high(mp_block_load(s.ptr + i))) {
            i += MP_BLOCK;
            continue;
        }
        uint32_t cp;
        size_t   len = mp_utf8_decode(&cp, s.ptr + i, s.len - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

size_t mp_utf8_length(mp_str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += !mp_utf8_continues((uint8_t)s.ptr[i]);
    return count;
}

/* ---- folding ---- */

/* By way of the upper case, so that letters with two small forms (σ and ς) meet. The Turkish
 * dotted and dotless i are letters of their own (no simple folding in CaseFolding.txt). */
static uint32_t fold(uint32_t cp)
{
    if (cp < 0x80)
        return mp_fold1((uint8_t)cp);
    if (cp == 0x130 || cp == 0x131 || cp >= BAD_BYTE)
        return cp;
    return uc_tolower(uc_toupper(cp));
}

/* May stand in NFC only as it is, and joins nothing before it. True of nearly all text, and much
 * cheaper to ask than to normalise. */
static bool is_inert(uint32_t cp)
{
    return cp < 0x300 || (cp >= 0x3400 && cp <= 0x9FFF) || (cp >= 0xAC00 && cp <= 0xD7A3) ||
           (cp >= 0x400 && cp <= 0x482) || (cp >= 0x3041 && cp <= 0x3096) ||
           (cp >= 0x30A1 && cp <= 0x30FA);
}

static bool is_normal(mp_str s)
{
    while (s.len)
        if (!is_inert(next_code_point(&s)))
            return false;
    return true;
}

/* A text in NFC: itself, or in `small`, or on the heap. */
typedef struct normal {
    mp_str  text;
    char   *heap;
    uint8_t small[SMALL_TEXT];
} normal;

/* What cannot be normalised (bad UTF-8, no memory) is taken as it is. */
static void normalise(normal *n, mp_str s)
{
    n->text = s;
    n->heap = NULL;
    if (is_normal(s) || !mp_utf8_valid(s))
        return;
    size_t   len = sizeof n->small;
    uint8_t *nfc = u8_normalize(UNINORM_NFC, (const uint8_t *)s.ptr, s.len, n->small, &len);
    if (!nfc)
        return;
    n->text = mp_str_of((const char *)nfc, len);
    if (nfc != n->small)
        n->heap = (char *)nfc;
}

static int compare_folded(mp_str a, mp_str b)
{
    while (a.len && b.len) {
        uint32_t x = fold(next_code_point(&a));
        uint32_t y = fold(next_code_point(&b));
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.len > 0) - (b.len > 0);
}

static int compare_unicode(mp_str a, mp_str b)
{
    normal x, y;
    normalise(&x, a);
    normalise(&y, b);
    int order = compare_folded(x.text, y.text);
    free(x.heap);
    free(y.heap);
    return order;
}

/* ---- comparing ---- */

/* The first byte at which a and b differ, ASCII letters folded; the shorter length if none. */
static size_t first_difference(mp_str a, mp_str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    size_t i = 0;
    for (; i + MP_BLOCK <= shorter; i += MP_BLOCK) {
        uint32_t same = mp_block_same(mp_block_fold(mp_block_load(a.ptr + i)),
                                      mp_block_fold(mp_block_load(b.ptr + i)));
        if (same != MP_BLOCK_ALL)
            return i + (size_t)__builtin_ctz(~same);
    }
    while (i < shorter && mp_fold1((uint8_t)a.ptr[i]) == mp_fold1((uint8_t)b.ptr[i]))
        i++;
    return i;
}

/* Neither byte `i` of `s` nor the one behind it is beyond ASCII (the end is not). */
static bool is_ascii_at(mp_str s, size_t i)
{
    uint8_t here = i < s.len ? (uint8_t)s.ptr[i] : 0;
    uint8_t behind = i + 1 < s.len ? (uint8_t)s.ptr[i + 1] : 0;
    return (here | behind) < 0x80;
}

int mp_text_cmp_fold(mp_str a, mp_str b)
{
    size_t i = first_difference(a, b);
    if (i == a.len && i == b.len)
        return 0;
    if (!is_ascii_at(a, i) || !is_ascii_at(b, i))
        return compare_unicode(a, b);
    int x = i < a.len ? mp_fold1((uint8_t)a.ptr[i]) : -1;
    int y = i < b.len ? mp_fold1((uint8_t)b.ptr[i]) : -1;
    return x < y ? -1 : 1;
}

bool mp_text_eq_fold(mp_str a, mp_str b)
{
    return mp_str_eq_fold(a, b) || mp_text_cmp_fold(a, b) == 0;
}

/* ---- searching ---- */

/* The folded NFC text as UTF-8, on the heap; {NULL,0} when memory is short. */
static mp_str fold_all(mp_str s)
{
    normal n;
    normalise(&n, s);
    char *out = malloc(n.text.len * 2 + 1); /* no mapping makes a character twice as long */
    char *p = out;
    while (out && n.text.len) {
        uint32_t cp = fold(next_code_point(&n.text));
        if (cp >= BAD_BYTE)
            *p++ = (char)(cp - BAD_BYTE);
        else
            p += mp_utf8_encode(p, cp);
    }
    free(n.heap);
    return mp_str_of(out, (size_t)(p - out));
}

bool mp_text_contains_fold(mp_str s, mp_str part)
{
    if (is_ascii(s) && is_ascii(part))
        return mp_str_find_fold(s, part) != SIZE_MAX;
    mp_str all = fold_all(s), wanted = fold_all(part);
    bool   contains = all.ptr && wanted.ptr ? mp_str_find_str(all, wanted) != SIZE_MAX
                                            : mp_str_find_fold(s, part) != SIZE_MAX;
    free((char *)all.ptr);
    free((char *)wanted.ptr);
    return contains;
}

static bool frames(mp_str s, mp_str before, mp_str after)
{
    return s.len >= before.len && mp_str_starts_fold(s, before) &&
           mp_str_ends_fold(mp_str_skip(s, before.len), after);
}

bool mp_text_frames_fold(mp_str s, mp_str before, mp_str after)
{
    mp_str all = fold_all(s), head = fold_all(before), tail = fold_all(after);
    bool   holds = all.ptr && head.ptr && tail.ptr ? frames(all, head, tail) : frames(s, before, after);
    free((char *)all.ptr);
    free((char *)head.ptr);
    free((char *)tail.ptr);
    return holds;
}

/* ---- case ---- */

typedef ucs4_t mapping(ucs4_t);

static size_t encoded_size(uint32_t cp)
{
    return cp < 0x80 || cp >= BAD_BYTE ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
}

static mp_str map_unicode(mp_arena *arena, mp_str s, mapping *map)
{
    size_t size = 0;
    for (mp_str rest = s; rest.len;) {
        uint32_t cp = next_code_point(&rest);
        size += encoded_size(cp >= BAD_BYTE ? cp : map(cp));
    }
    char *out = mp_arena_alloc(arena, size + 1);
    if (!out)
        return mp_str_of(NULL, 0);
    char *p = out;
    while (s.len) {
        uint32_t cp = next_code_point(&s);
        if (cp >= BAD_BYTE)
            *p++ = (char)(cp - BAD_BYTE);
        else
            p += mp_utf8_encode(p, map(cp));
    }
    *p = '\0';
    return mp_str_of(out, size);
}

mp_str mp_text_lower(mp_arena *arena, mp_str s)
{
    if (!is_ascii(s))
        return map_unicode(arena, s, uc_tolower);
    mp_str copy = mp_arena_dup(arena, s);
    for (size_t i = 0; i < copy.len; i++)
        ((char *)copy.ptr)[i] = (char)mp_fold1((uint8_t)copy.ptr[i]);
    return copy;
}

mp_str mp_text_upper(mp_arena *arena, mp_str s)
{
    if (!is_ascii(s))
        return map_unicode(arena, s, uc_toupper);
    mp_str copy = mp_arena_dup(arena, s);
    for (size_t i = 0; i < copy.len; i++) {
        uint8_t c = (uint8_t)copy.ptr[i];
        if ((uint8_t)(c - 'a') < 26)
            ((char *)copy.ptr)[i] = (char)(c - 0x20);
    }
    return copy;
}

/* ---- the nearest name ---- */

typedef struct letters {
    uint32_t at[LONGEST_NAME];
    size_t   len;
} letters;

static bool spell(letters *l, mp_str s)
{
    for (l->len = 0; s.len; l->len++) {
        if (l->len == LONGEST_NAME)
            return false;
        l->at[l->len] = fold(next_code_point(&s));
    }
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein: letters left out, put in, replaced, or two neighbours exchanged. Row i says
 * how far the first i letters of a are from every beginning of b; three rows are kept. */
static size_t distance(const letters *a, const letters *b)
{
    size_t rows[3][LONGEST_NAME + 1];
    for (size_t j = 0; j <= b->len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a->len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b->len; j++) {
            bool same = a->at[i - 1] == b->at[j - 1];
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
            if (i > 1 && j > 1 && a->at[i - 1] == b->at[j - 2] && a->at[i - 2] == b->at[j - 1])
                row[j] = least(row[j], second[j - 2] + 1);
        }
    }
    return rows[a->len % 3][b->len];
}

mp_str mp_text_nearest(mp_str wanted, const mp_str *names, size_t count)
{
    letters w, name;
    mp_str  nearest = { NULL, 0 };
    size_t  shortest = SIZE_MAX;
    if (!spell(&w, wanted) || w.len == 0)
        return nearest;
    for (size_t i = 0; i < count; i++) {
        if (!spell(&name, names[i]))
            continue;
        size_t longer = w.len > name.len ? w.len : name.len;
        size_t d = distance(&w, &name);
        if (d < shortest && d * 3 <= longer) {
            shortest = d;
            nearest = names[i];
        }
    }
    return nearest;
}

static void add_meant(mp_buf *out, mp_str name)
{
    bool is_full = out->len + 2 + name.len > MP_TEXT_MEANT;
    if (is_full && out->len && out->ptr[out->len - 1] == '.')
        return;
    mp_buf_add_z(out, out->len ? ", " : "");
    mp_buf_add(out, is_full ? MP_S("...") : name);
}

mp_str mp_text_meant(mp_arena *arena, mp_str wanted, const mp_str *names, size_t count)
{
    mp_buf text = MP_BUF_INIT;
    mp_str nearest = mp_text_nearest(wanted, names, count);
    for (size_t i = 0; i < count && wanted.len; i++)
        if (mp_text_frames_fold(names[i], wanted, MP_S("")))
            add_meant(&text, names[i]);
    if (!text.len && nearest.len)
        add_meant(&text, nearest);
    for (size_t i = 0, found = text.len; i < count && !found; i++)
        add_meant(&text, names[i]);
    mp_str kept = text.failed ? MP_S("") : mp_arena_dup(arena, mp_buf_str(&text));
    mp_buf_free(&text);
    return kept;
}

/* ---- width ---- */

size_t mp_text_width(mp_str s)
{
    size_t width = 0;
    while (s.len) {
        uint32_t cp = next_code_point(&s);
        int      columns = cp >= BAD_BYTE || (cp >= 0x20 && cp < 0x7F) ? 1 : uc_width(cp, "UTF-8");
        width += columns > 0 ? (size_t)columns : 0; /* control characters have none */
    }
    return width;
}
