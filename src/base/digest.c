/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <openssl/evp.h>

/* Resource Manager's hash is of the MurmurHash3 family: two lanes of 32 bits, each fed four of
 * every eight bytes, stirred into each other and finished as Murmur finishes 32-bit hashes. */
enum { LANE_1 = 0, LANE_2 = 1 };

static uint32_t rotate(uint32_t x, int bits)
{
    return x << bits | x >> (32 - bits);
}

/* Up to four bytes, the first lowest. */
static uint32_t little_endian(const char *p, size_t count)
{
    uint32_t word = 0;
    for (size_t i = 0; i < count; i++)
        word |= (uint32_t)(uint8_t)p[i] << (8 * i);
    return word;
}

static uint32_t scramble(uint32_t word, int lane)
{
    static const uint32_t before[] = { 0x239b961b, 0xab0e9789 };
    static const uint32_t after[] = { 0xab0e9789, 0x239b961b };
    static const int      turn[] = { 15, 17 };
    return rotate(word * before[lane], turn[lane]) * after[lane];
}

static uint32_t finish(uint32_t h)
{
    h ^= h >> 16;
    h *= 0x85ebca6b;
    h ^= h >> 13;
    h *= 0xc2b2ae35;
    h ^= h >> 16;
    return h;
}

uint64_t mp_murmur64(mp_str s, uint32_t seed)
{
    uint32_t h1 = seed, h2 = seed;
    size_t   i = 0;
    for (; i + 8 <= s.len; i += 8) {
        h1 ^= scramble(little_endian(s.ptr + i, 4), LANE_1);
        h1 = (rotate(h1, 19) + h2) * 5 + 0x561ccd1b;
        h2 ^= scramble(little_endian(s.ptr + i + 4, 4), LANE_2);
        h2 = (rotate(h2, 13) + h1) * 5 + 0x0bcaa747;
    }
    size_t left = s.len - i;
    if (left > 0)
        h1 ^= scramble(little_endian(s.ptr + i, left < 4 ? left : 4), LANE_1);
    if (left > 4)
        h2 ^= scramble(little_endian(s.ptr + i + 4, left - 4), LANE_2);

    h1 ^= (uint32_t)s.len;
    h2 ^= (uint32_t)s.len;
    h1 += h2;
    h2 += h1;
    h1 = finish(h1);
    h2 = finish(h2);
    h1 += h2;
    h2 += h1;
    return (uint64_t)h2 << 32 | h1;
}

static void print_uuid(char out[37], const uint8_t id[16])
{
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = hex[id[i] >> 4];
        *out++ = hex[id[i] & 15];
    }
    *out = '\0';
}

mp_code mp_uuid5(char out[37], const uint8_t space[16], mp_str name, mp_error *err)
{
    uint8_t     digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *sha1 = EVP_MD_CTX_new();
    if (!sha1)
        return mp_no_memory(err);
    bool done = EVP_DigestInit_ex(sha1, EVP_sha1(), NULL) && EVP_DigestUpdate(sha1, space, 16) &&
                EVP_DigestUpdate(sha1, name.ptr, name.len) &&
                EVP_DigestFinal_ex(sha1, digest, NULL);
    EVP_MD_CTX_free(sha1);
    if (!done)
        return mp_fail(err, MP_INTERNAL, MP_NOWHERE, "OpenSSL could not compute SHA-1");
    /* RFC 4122 4.3: the version and the variant replace six bits of the hash. */
    digest[6] = (uint8_t)((digest[6] & 0x0F) | 0x50);
    digest[8] = (uint8_t)((digest[8] & 0x3F) | 0x80);
    print_uuid(out, digest);
    return MP_OK;
}
