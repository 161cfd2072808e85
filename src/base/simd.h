/* SPDX-License-Identifier: Apache-2.0 */
/* simd.h - sixteen bytes at a time: SSE2 where the machine has it, plain words elsewhere.
 *
 * Masks have bit i set for byte i of the block. The only `#if` on the kind of
 * machine stands here; -DMP_NO_SIMD takes the portable half, so that it can be tested anywhere. */
#ifndef MAPAE_BASE_SIMD_H
#define MAPAE_BASE_SIMD_H

#include <stdint.h>
#include <string.h>

#define MP_BLOCK 16
#define MP_BLOCK_ALL 0xFFFFu

static inline uint64_t mp_load8(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

static inline uint32_t mp_load4(const char *p)
{
    uint32_t w;
    memcpy(&w, p, sizeof w);
    return w;
}

#define MP_BYTES(c) (UINT64_C(0x0101010101010101) * (uint8_t)(c))

/* A to Z made small in each of eight bytes; the others as they are. */
static inline uint64_t mp_fold8(uint64_t w)
{
    uint64_t low = w & MP_BYTES(0x7F);
    uint64_t from_a = low + MP_BYTES(0x80 - 'A'); /* bit 7: at least 'A' */
    uint64_t past_z = low + MP_BYTES(0x7F - 'Z'); /* bit 7: beyond 'Z' */
    uint64_t upper = ~w & (from_a ^ past_z) & MP_BYTES(0x80);
    return w | upper >> 2;
}

static inline uint8_t mp_fold1(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26 ? (uint8_t)(c | 0x20) : c;
}

#if defined(__SSE2__) && !defined(MP_NO_SIMD)
#include <emmintrin.h>

typedef __m128i mp_block;

static inline mp_block mp_block_load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline void mp_block_store(char *p, mp_block b)
{
    _mm_storeu_si128((__m128i *)(void *)p, b);
}

static inline uint32_t mp_block_mask_(__m128i b) { return (uint32_t)_mm_movemask_epi8(b); }

static inline uint32_t mp_block_eq(mp_block b, char c)
{
    return mp_block_mask_(_mm_cmpeq_epi8(b, _mm_set1_epi8(c)));
}

static inline uint32_t mp_block_same(mp_block a, mp_block b)
{
    return mp_block_mask_(_mm_cmpeq_epi8(a, b));
}

static inline uint32_t mp_block_high(mp_block b) { return mp_block_mask_(b); }

/* What a run of plain ASCII inside a JSON string stops at: '"', '\', control, a byte over 0x7F.
 * One signed comparison finds the last two. */
static inline mp_block mp_block_stops_(mp_block b)
{
    __m128i quote = _mm_cmpeq_epi8(b, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(b, _mm_set1_epi8('\\'));
    __m128i other = _mm_cmplt_epi8(b, _mm_set1_epi8(0x20));
    return _mm_or_si128(_mm_or_si128(quote, slash), other);
}

static inline uint32_t mp_block_stops(mp_block b) { return mp_block_mask_(mp_block_stops_(b)); }

/* '"', '\' and control characters only. */
static inline uint32_t mp_block_escapes(mp_block b)
{
    __m128i quote = _mm_cmpeq_epi8(b, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(b, _mm_set1_epi8('\\'));
    __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(b, _mm_set1_epi8(0x1F)), b);
    return mp_block_mask_(_mm_or_si128(_mm_or_si128(quote, slash), control));
}

/* JSON white space. */
static inline uint32_t mp_block_blank(mp_block b)
{
    __m128i blank = _mm_cmpeq_epi8(b, _mm_set1_epi8(' '));
    __m128i lf = _mm_cmpeq_epi8(b, _mm_set1_epi8('\n'));
    __m128i cr = _mm_cmpeq_epi8(b, _mm_set1_epi8('\r'));
    __m128i tab = _mm_cmpeq_epi8(b, _mm_set1_epi8('\t'));
    return mp_block_mask_(_mm_or_si128(_mm_or_si128(blank, lf), _mm_or_si128(cr, tab)));
}

static inline mp_block mp_block_fold(mp_block b)
{
    /* Slide 'A' down to the least signed byte, so that one comparison finds the 26 letters. */
    __m128i slid = _mm_add_epi8(b, _mm_set1_epi8((char)(0x80 - 'A')));
    __m128i upper = _mm_cmplt_epi8(slid, _mm_set1_epi8((char)(-128 + 26)));
    return _mm_add_epi8(b, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
}

#else

typedef struct mp_block {
    uint64_t w[2];
} mp_block;

static inline mp_block mp_block_load(const char *p)
{
    mp_block b = { { mp_load8(p), mp_load8(p + 8) } };
    return b;
}

static inline void mp_block_store(char *p, mp_block b) { memcpy(p, b.w, sizeof b.w); }

/* Bit 7 of every byte of `w`, gathered; the first byte in memory gives the lowest bit. */
static inline uint32_t mp_block_gather_(uint64_t w)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return (uint32_t)(((w & MP_BYTES(0x80)) >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

/* Bit 7 set in every byte that is zero in `w`, and in no other. */
static inline uint64_t mp_block_zeros_(uint64_t w)
{
    return ~(((w & MP_BYTES(0x7F)) + MP_BYTES(0x7F)) | w | MP_BYTES(0x7F));
}

static inline uint32_t mp_block_pair_(uint64_t first, uint64_t second)
{
    return mp_block_gather_(first) | mp_block_gather_(second) << 8;
}

static inline uint32_t mp_block_eq(mp_block b, char c)
{
    return mp_block_pair_(mp_block_zeros_(b.w[0] ^ MP_BYTES(c)),
                          mp_block_zeros_(b.w[1] ^ MP_BYTES(c)));
}

static inline uint32_t mp_block_same(mp_block a, mp_block b)
{
    return mp_block_pair_(mp_block_zeros_(a.w[0] ^ b.w[0]), mp_block_zeros_(a.w[1] ^ b.w[1]));
}

static inline uint32_t mp_block_high(mp_block b) { return mp_block_pair_(b.w[0], b.w[1]); }

static inline uint64_t mp_block_escapes_(uint64_t w)
{
    return mp_block_zeros_(w ^ MP_BYTES('"')) | mp_block_zeros_(w ^ MP_BYTES('\\')) |
           mp_block_zeros_(w & MP_BYTES(0xE0));
}

static inline uint32_t mp_block_stops(mp_block b)
{
    return mp_block_pair_(mp_block_escapes_(b.w[0]) | b.w[0], mp_block_escapes_(b.w[1]) | b.w[1]);
}

static inline uint32_t mp_block_escapes(mp_block b)
{
    return mp_block_pair_(mp_block_escapes_(b.w[0]), mp_block_escapes_(b.w[1]));
}

static inline uint32_t mp_block_blank(mp_block b)
{
    return mp_block_eq(b, ' ') | mp_block_eq(b, '\n') | mp_block_eq(b, '\r') |
           mp_block_eq(b, '\t');
}

static inline mp_block mp_block_fold(mp_block b)
{
    mp_block folded = { { mp_fold8(b.w[0]), mp_fold8(b.w[1]) } };
    return folded;
}

#endif
#endif
