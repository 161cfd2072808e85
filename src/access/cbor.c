/* SPDX-License-Identifier: Apache-2.0 */
#include "cbor.h"

enum { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE, DEEPEST = 8 };

/* head = 3 bits of kind, 5 bits of value or of how many bytes of it follow */
static bool read_head(unsigned *kind, uint64_t *value, mp_cbor *c)
{
    static const uint64_t least[] = { 24, 0x100, 0x10000, UINT64_C(0x100000000) };
    if (c->at == c->end)
        return false;
    unsigned first = *c->at++;
    *kind = first >> 5;
    *value = first & 31;
    if (*value < 24)
        return true;
    if (*value > 27)
        return false; /* reserved, or of indefinite length */
    unsigned power = (unsigned)*value - 24, bytes = 1u << power;
    if ((size_t)(c->end - c->at) < bytes)
        return false;
    *value = 0;
    for (unsigned i = 0; i < bytes; i++)
        *value = *value << 8 | *c->at++;
    return *kind == SIMPLE || *value >= least[power];
}

static bool read_kind(uint64_t *value, unsigned wanted, mp_cbor *c)
{
    unsigned kind;
    return read_head(&kind, value, c) && kind == wanted;
}

static bool read_slice(mp_str *out, unsigned wanted, mp_cbor *c)
{
    uint64_t len;
    if (!read_kind(&len, wanted, c) || len > (uint64_t)(c->end - c->at))
        return false;
    *out = mp_str_of((const char *)c->at, (size_t)len);
    c->at += len;
    return true;
}

bool mp_cbor_map(uint64_t *pairs, mp_cbor *c)
{
    return read_kind(pairs, MAP, c);
}

bool mp_cbor_text(mp_str *out, mp_cbor *c)
{
    return read_slice(out, TEXT, c);
}

bool mp_cbor_bytes(mp_str *out, mp_cbor *c)
{
    return read_slice(out, BYTES, c);
}

bool mp_cbor_int(int64_t *out, mp_cbor *c)
{
    unsigned kind;
    uint64_t value;
    if (!read_head(&kind, &value, c) || kind > NEGATIVE || value > INT64_MAX)
        return false;
    *out = kind == UNSIGNED ? (int64_t)value : -1 - (int64_t)value;
    return true;
}

static bool skip_at(mp_cbor *c, unsigned depth)
{
    unsigned kind;
    uint64_t value;
    if (!read_head(&kind, &value, c))
        return false;
    if (kind == BYTES || kind == TEXT) {
        if (value > (uint64_t)(c->end - c->at))
            return false;
        c->at += value;
        return true;
    }
    if (kind != ARRAY && kind != MAP)
        return kind != TAG;
    /* An item takes a byte at least. */
    uint64_t left = (uint64_t)(c->end - c->at);
    if (depth == DEEPEST || value > left || (kind == MAP && value > left / 2))
        return false;
    for (uint64_t i = 0; i < (kind == MAP ? value * 2 : value); i++)
        if (!skip_at(c, depth + 1))
            return false;
    return true;
}

bool mp_cbor_skip(mp_cbor *c)
{
    return skip_at(c, 0);
}
