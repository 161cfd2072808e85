/* SPDX-License-Identifier: Apache-2.0 */
/* A container is passed 64 bytes at a time. Of each block only four masks matter: quotes, brackets
 * that open, brackets that close, line ends. Which quotes are escaped and which bytes stand inside
 * strings follows from them by arithmetic (Langdale and Lemire, "Parsing gigabytes of JSON per
 * second", 3.1). As long as a block does not close as many containers as are open, it is counted
 * and not looked at.
 *
 * The two kinds of brackets are counted together: that they match is for the JSON reader to
 * check. */
#include "splitter.h"

#include <assert.h>

#include "simd.h"

#define BLOCK 64
static_assert(BLOCK <= MP_JSON_PADDING, "a block may be read past the end of a text");
#define EVEN_BITS UINT64_C(0x5555555555555555)

typedef struct masks {
    uint64_t quote, backslash, open, close, line;
} masks;

static masks read_block(const char *p)
{
    masks m = { 0, 0, 0, 0, 0 };
    for (unsigned i = 0; i < BLOCK; i += MP_BLOCK) {
        mp_block b = mp_block_load(p + i);
        m.quote |= (uint64_t)mp_block_eq(b, '"') << i;
        m.backslash |= (uint64_t)mp_block_eq(b, '\\') << i;
        m.open |= (uint64_t)(mp_block_eq(b, '{') | mp_block_eq(b, '[')) << i;
        m.close |= (uint64_t)(mp_block_eq(b, '}') | mp_block_eq(b, ']')) << i;
        m.line |= (uint64_t)mp_block_eq(b, '\n') << i;
    }
    return m;
}

static masks read_last_block(const char *p, size_t len)
{
    masks    m = read_block(p);
    uint64_t valid = (UINT64_C(1) << len) - 1;
    m.quote &= valid;
    m.backslash &= valid;
    m.open &= valid;
    m.close &= valid;
    m.line &= valid;
    return m;
}

/* Bytes that a backslash escapes; *carry says whether the last byte of the block escapes the
 * next. */
static uint64_t find_escaped(uint64_t backslash, uint64_t *carry)
{
    if (!backslash) {
        uint64_t escaped = *carry;
        *carry = 0;
        return escaped;
    }
    backslash &= ~*carry;
    uint64_t follows = backslash << 1 | *carry;
    uint64_t odd_starts = backslash & ~EVEN_BITS & ~follows;
    uint64_t even_ends;
    *carry = __builtin_add_overflow(odd_starts, backslash, &even_ends);
    return (EVEN_BITS ^ (even_ends << 1)) & follows;
}

/* Bit i of the result is the parity of bits 0 to i: set from an opening quote up to, and without,
 * the closing one. */
static uint64_t between_quotes(uint64_t quotes)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        quotes ^= quotes << shift;
    return quotes;
}

static unsigned bits(uint64_t mask) { return (unsigned)__builtin_popcountll(mask); }
static unsigned lowest(uint64_t mask) { return (unsigned)__builtin_ctzll(mask); }

/* The bit of the bracket that closes the outermost container, or -1; *depth is kept up to date. */
static int find_close(uint64_t open, uint64_t close, size_t *depth)
{
    if (*depth > bits(close)) {
        *depth += bits(open);
        *depth -= bits(close);
        return -1;
    }
    for (uint64_t either = open | close; either; either &= either - 1) {
        unsigned bit = lowest(either);
        if (open >> bit & 1)
            ++*depth;
        else if (--*depth == 0)
            return (int)bit;
    }
    return -1;
}

static mp_cut cut_container(mp_cursor *at)
{
    size_t   depth = 0;
    uint64_t in_string = 0; /* all ones when the block before ended inside a string */
    uint64_t carry = 0;

    for (const char *p = at->p; p < at->end; p += BLOCK) {
        size_t   left = (size_t)(at->end - p);
        masks    m = left < BLOCK ? read_last_block(p, left) : read_block(p);
        uint64_t string = between_quotes(m.quote & ~find_escaped(m.backslash, &carry)) ^ in_string;
        in_string = (uint64_t)((int64_t)string >> 63);
        int      end = find_close(m.open & ~string, m.close & ~string, &depth);
        uint64_t broken = m.line & string;
        if (end >= 0)
            broken &= (UINT64_C(1) << end) - 1;
        if (broken) {
            at->p = p + lowest(broken);
            return MP_CUT_BROKEN;
        }
        if (end >= 0) {
            at->p = p + end + 1;
            return MP_CUT_DONE;
        }
    }
    return MP_CUT_MORE;
}

static mp_cut cut_quoted(mp_cursor *at)
{
    for (const char *p = at->p + 1; p < at->end; p++) {
        if (*p == '"') {
            at->p = p + 1;
            return MP_CUT_DONE;
        }
        if (*p == '\n') {
            at->p = p;
            return MP_CUT_BROKEN;
        }
        if (*p == '\\')
            p++;
    }
    return MP_CUT_MORE;
}

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/* A number or a literal goes up to what may follow a value. */
static mp_cut cut_word(mp_cursor *at)
{
    const char *p = at->p;
    while (p < at->end && *p != ',' && *p != ']' && *p != '}' && !is_space(*p)) {
        if (*p == '"' || *p == '{' || *p == '[' || *p == ':') {
            at->p = p;
            return MP_CUT_BROKEN;
        }
        p++;
    }
    if (p == at->end)
        return MP_CUT_MORE;
    if (p == at->p)
        return MP_CUT_BROKEN;
    at->p = p;
    return MP_CUT_DONE;
}

void mp_cut_space(mp_cursor *at)
{
    while (at->p < at->end && is_space(*at->p))
        at->p++;
}

mp_cut mp_cut_value(mp_str *value, mp_cursor *at)
{
    if (at->p >= at->end)
        return MP_CUT_MORE;
    const char *start = at->p;
    mp_cut      cut = *start == '{' || *start == '[' ? cut_container(at)
                      : *start == '"'                ? cut_quoted(at)
                                                     : cut_word(at);
    if (cut == MP_CUT_DONE)
        *value = mp_str_of(start, (size_t)(at->p - start));
    return cut;
}

/* To the next item of a container: past blanks and the comma. *ended when it closes instead. */
static mp_cut cut_to_item(bool *ended, mp_cursor *at, bool first, char close)
{
    *ended = false;
    mp_cut_space(at);
    if (at->p >= at->end)
        return MP_CUT_MORE;
    if (*at->p == close) {
        at->p++;
        *ended = true;
        return MP_CUT_DONE;
    }
    if (first)
        return MP_CUT_DONE;
    if (*at->p != ',')
        return MP_CUT_BROKEN;
    at->p++;
    mp_cut_space(at);
    return at->p < at->end ? MP_CUT_DONE : MP_CUT_MORE;
}

mp_cut mp_cut_key(mp_str *key, mp_cursor *at, bool first)
{
    bool   ended;
    mp_cut cut = cut_to_item(&ended, at, first, '}');
    if (cut != MP_CUT_DONE)
        return cut;
    *key = mp_str_of(NULL, 0);
    if (ended)
        return MP_CUT_DONE;
    if (*at->p != '"')
        return MP_CUT_BROKEN;
    const char *start = at->p + 1;
    if ((cut = cut_quoted(at)) != MP_CUT_DONE)
        return cut;
    mp_str found = mp_str_of(start, (size_t)(at->p - 1 - start));
    mp_cut_space(at);
    if (at->p >= at->end)
        return MP_CUT_MORE;
    if (*at->p != ':')
        return MP_CUT_BROKEN;
    at->p++;
    mp_cut_space(at);
    if (at->p >= at->end)
        return MP_CUT_MORE;
    *key = found;
    return MP_CUT_DONE;
}

mp_cut mp_cut_element(mp_str *value, mp_cursor *at, bool first)
{
    bool   ended;
    mp_cut cut = cut_to_item(&ended, at, first, ']');
    if (cut != MP_CUT_DONE)
        return cut;
    *value = mp_str_of(NULL, 0);
    return ended ? MP_CUT_DONE : mp_cut_value(value, at);
}

mp_str mp_cut_member(mp_str object, mp_str name)
{
    mp_str found = { NULL, 0 };
    if (object.len == 0 || object.ptr[0] != '{')
        return found;
    mp_cursor at = { object.ptr + 1, object.ptr + object.len };
    mp_str    key, value;
    for (bool first = true; mp_cut_key(&key, &at, first) == MP_CUT_DONE && key.ptr; first = false) {
        if (mp_cut_value(&value, &at) != MP_CUT_DONE)
            break;
        if (mp_str_eq(key, name))
            found = value;
    }
    return found;
}

mp_str mp_cut_string(mp_str value)
{
    if (value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"' ||
        memchr(value.ptr, '\\', value.len))
        return mp_str_of(NULL, 0);
    return mp_str_of(value.ptr + 1, value.len - 2);
}

uint64_t mp_cut_lines(mp_str text)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    return lines;
}
