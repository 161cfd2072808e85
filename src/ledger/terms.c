/* SPDX-License-Identifier: Apache-2.0 */
#include "terms.h"

#include <stdlib.h>

#include "digest.h"

#define HASH_BITS 36
#define HASH_MASK (((uint64_t)1 << HASH_BITS) - 1)
#define LEAF_MASK (MP_TERM_BLOCK - 1)

/* ---- words ---- */

uint64_t mp_term_hash(mp_term_kind kind, mp_str word)
{
    return mp_murmur64(word, (uint32_t)kind) & HASH_MASK;
}

static void add(mp_terms *out, mp_term_kind kind, mp_str word)
{
    if (word.len)
        out->hashes[out->count++] = mp_term_hash(kind, word);
}

mp_str mp_term_path(mp_str path)
{
    unsigned depth = 0;
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    for (size_t i = 1; i < path.len; i++)
        if (path.ptr[i] == '/' && ++depth == MP_TERM_DEPTH)
            path.len = i;
    return mp_str_eq(path, MP_S("/")) ? mp_str_of(path.ptr, 0) : path;
}

static void add_path(mp_terms *out, mp_term_kind kind, mp_str path)
{
    path = mp_term_path(path);
    for (size_t i = 1; i < path.len; i++)
        if (path.ptr[i] == '/')
            add(out, kind, mp_str_of(path.ptr, i));
    add(out, kind, path);
}

void mp_terms_of(mp_terms *out, const mp_leaf_words *words)
{
    out->count = 0;
    add(out, MP_TERM_ACTOR, words->actor);
    add_path(out, MP_TERM_ACTION, words->action);
    add_path(out, MP_TERM_ON, words->on);
    add(out, MP_TERM_REQUEST, words->request);
    if (!mp_str_eq(words->outcome, MP_S("done")))
        add(out, MP_TERM_OUTCOME, words->outcome);
}

static mp_str string_of(const mp_json *object, mp_str name)
{
    const mp_json *v = mp_json_get(object, name);
    return mp_json_is(v, MP_JSON_STRING) ? mp_json_str(v) : mp_str_of("", 0);
}

mp_leaf_words mp_leaf_words_of(const mp_json *leaf)
{
    return (mp_leaf_words){
        .actor = string_of(mp_json_get(leaf, MP_S("who")), MP_S("id")),
        .action = string_of(leaf, MP_S("action")),
        .on = string_of(leaf, MP_S("on")),
        .request = string_of(leaf, MP_S("request")),
        .outcome = string_of(leaf, MP_S("outcome")),
    };
}

/* ---- postings ---- */

mp_code mp_postings_reserve(mp_postings *postings, size_t count, mp_error *err)
{
    size_t cap = postings->cap ? postings->cap : 1024;
    if (count <= postings->cap)
        return MP_OK;
    while (cap < count)
        cap *= 2;
    uint64_t *at = realloc(postings->at, cap * sizeof *at);
    if (!at)
        return mp_no_memory(err);
    postings->at = at;
    postings->cap = cap;
    return MP_OK;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

void mp_postings_sort(uint64_t *at, size_t count)
{
    if (count)
        qsort(at, count, sizeof *at, by_value);
}

/* The first of sorted postings that is not below `least`. */
static size_t lower_bound(const uint64_t *at, size_t count, uint64_t least)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (at[middle] < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t mp_postings_part(const uint64_t *at, size_t count, unsigned part)
{
    return lower_bound(at, count, (uint64_t)part << (HASH_BITS - 8 + MP_TERM_BITS));
}

static uint64_t get(const uint8_t *row)
{
    uint64_t posting = 0;
    for (unsigned i = 0; i < MP_POSTING_BYTES; i++)
        posting = posting << 8 | row[i];
    return posting;
}

bool mp_leaf_set_read(mp_leaf_set *set, uint64_t hash, mp_str row)
{
    const uint8_t *bytes = (const uint8_t *)row.ptr;
    uint64_t       wanted = hash << MP_TERM_BITS & (((uint64_t)1 << (8 * MP_POSTING_BYTES)) - 1);
    size_t         count = row.len / MP_POSTING_BYTES, low = 0, high = count;
    if (row.len % MP_POSTING_BYTES)
        return false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (get(bytes + middle * MP_POSTING_BYTES) < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < count; low++) {
        uint64_t posting = get(bytes + low * MP_POSTING_BYTES);
        if ((posting & ~LEAF_MASK) != wanted)
            break;
        mp_leaf_set_add(set, posting & LEAF_MASK);
    }
    return true;
}
