/* SPDX-License-Identifier: Apache-2.0 */
#include "secret.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>

mp_code mp_random(void *out, size_t len, mp_error *err)
{
    if (len > INT_MAX || RAND_bytes(out, (int)len) != 1)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "the system gives no random bytes");
    return MP_OK;
}

mp_code mp_guid(char out[37], mp_error *err)
{
    uint8_t b[16];
    char    hex[33];
    MP_TRY(mp_random(b, sizeof b, err));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    mp_hex(hex, b, sizeof b);
    snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return MP_OK;
}

int mp_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool mp_is_guid(mp_str s)
{
    if (s.len != 36)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? s.ptr[i] != '-' : mp_hex_digit(s.ptr[i]) < 0)
            return false;
    }
    return true;
}

bool mp_secret_eq(mp_str a, mp_str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

void mp_wipe(void *bytes, size_t len)
{
    if (len)
        explicit_bzero(bytes, len);
}

mp_code mp_sha256(uint8_t out[32], mp_str bytes, mp_error *err)
{
    if (EVP_Digest(bytes.len ? bytes.ptr : "", bytes.len, out, NULL, EVP_sha256(), NULL) != 1)
        return mp_no_memory(err);
    return MP_OK;
}

mp_code mp_hmac_sha256(uint8_t out[32], mp_str key, mp_str bytes, mp_error *err)
{
    unsigned len = 32;
    if (key.len > INT_MAX || !HMAC(EVP_sha256(), key.len ? key.ptr : "", (int)key.len,
                                   (const unsigned char *)(bytes.len ? bytes.ptr : ""), bytes.len, out, &len))
        return mp_no_memory(err);
    return MP_OK;
}

void mp_hex(char *out, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t    *b = bytes;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[b[i] >> 4];
        out[2 * i + 1] = digits[b[i] & 15];
    }
    out[2 * len] = '\0';
}

bool mp_unhex(void *out, size_t len, mp_str s)
{
    uint8_t *b = out;
    if (s.len != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        int high = mp_hex_digit(s.ptr[2 * i]), low = mp_hex_digit(s.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        b[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* ---- base64: one coder, two alphabets ---- */

static const char alphabet_usual[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static mp_str encode(mp_arena *arena, mp_str bytes, const char *alphabet, bool pads)
{
    if (bytes.len > SIZE_MAX / 4)
        return mp_str_of(NULL, 0);
    char *out = mp_arena_alloc(arena, (bytes.len + 2) / 3 * 4 + 1), *at = out;
    if (!out)
        return mp_str_of(NULL, 0);
    const uint8_t *b = (const uint8_t *)bytes.ptr;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t   n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t word = (uint32_t)b[i] << 16 | (n > 1 ? (uint32_t)b[i + 1] << 8 : 0) | (n > 2 ? b[i + 2] : 0);
        for (size_t k = 0; k < 4; k++) {
            if (k <= n)
                *at++ = alphabet[word >> (18 - 6 * k) & 63];
            else if (pads)
                *at++ = '=';
        }
    }
    *at = '\0';
    return mp_str_of(out, (size_t)(at - out));
}

static int sextet(char c, const char *alphabet)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : -1;
}

/* `s` without padding. One text for one value: bits left over must be zero (RFC 4648, 3.5). */
static mp_str decode(mp_arena *arena, mp_str s, const char *alphabet)
{
    if (s.len % 4 == 1)
        return mp_str_of(NULL, 0);
    uint8_t *out = mp_arena_alloc(arena, s.len / 4 * 3 + 4), *at = out;
    if (!out)
        return mp_str_of(NULL, 0);
    uint32_t word = 0;
    unsigned bits = 0;
    for (size_t i = 0; i < s.len; i++) {
        int value = sextet(s.ptr[i], alphabet);
        if (value < 0)
            return mp_str_of(NULL, 0);
        word = word << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *at++ = (uint8_t)(word >> bits);
            word &= (1u << bits) - 1;
        }
    }
    return word ? mp_str_of(NULL, 0) : mp_str_of((const char *)out, (size_t)(at - out));
}

mp_str mp_base64url(mp_arena *arena, mp_str bytes)
{
    return encode(arena, bytes, alphabet_url, false);
}

mp_str mp_unbase64url(mp_arena *arena, mp_str s)
{
    return decode(arena, s, alphabet_url);
}

mp_str mp_base64(mp_arena *arena, mp_str bytes)
{
    return encode(arena, bytes, alphabet_usual, true);
}

mp_str mp_unbase64(mp_arena *arena, mp_str s)
{
    if (s.len % 4 != 0)
        return mp_str_of(NULL, 0);
    for (int i = 0; i < 2 && s.len && s.ptr[s.len - 1] == '='; i++)
        s.len--;
    return decode(arena, s, alphabet_usual);
}
