/* SPDX-License-Identifier: Apache-2.0 */
/* records.h - JSON documents by kind and key, with their history.
 *
 * A record is what a person would call a thing: a user, a role, a resource, a case. It has a kind (a const
 * table), a key (a GUID or an ARM id; compared bytewise, so give it in one casing), a body (a JSON object)
 * and a version that counts from 1. Every version stays readable by date until its retention ends
 * (mp_record_prune). The fields that a kind lists in `indexes` can be filtered and ordered by; pages continue
 * behind the last key (never an offset), so that page 1,000 costs what page 1 costs.
 *
 * Every change within a write is remembered as kind, key, hash before and after: the ledger puts them into
 * the leaf of the request (mp_tx_changes). The hash is SHA-256 over 16 bytes of salt and the canonical text
 * (RFC 8785) of the body. The salt is stored with the version: who has the record can prove what the leaf
 * says, who has only the leaf cannot guess it. */
#ifndef MAPAE_STORE_RECORDS_H
#define MAPAE_STORE_RECORDS_H

#include "store.h"

#define MP_RECORD_HASH 32
#define MP_RECORD_SALT 16
#define MP_RECORD_BODY_MAX ((size_t)16 << 20) /* bytes of canonical text */
#define MP_RECORD_KEY_MAX 1024                /* bytes */

typedef struct mp_record_index {
    const char *name; /* as filters and the API call it; never changes its meaning */
    const char *path; /* member names apart by '/': "properties/state"; an array gives one entry per element */
    bool        is_unique; /* no two records of the kind share a value: MP_EXISTS */
    bool        folds;     /* compared without ASCII case */
} mp_record_index;

/* A kind whose indexes changed is indexed again when the store is opened. */
typedef struct mp_kind {
    const char     *name; /* "user", "role-assignment" */
    const mp_record_index *indexes;
    size_t          index_count;
    bool            forgets; /* keeps no history: sessions, counters */
} mp_kind;

typedef struct mp_record {
    mp_str         key;
    int64_t        version; /* from 1 */
    mp_ticks       since;   /* of this version */
    mp_ticks       until;   /* 0: it is the present one */
    const mp_json *body;    /* NULL: deleted at `since` (in histories only) */
    uint8_t        hash[MP_RECORD_HASH];
} mp_record; /* everything in it is borrowed from the arena it was read into */

/* Fails with MP_MISSING. `as_of` 0: now. */
MP_MUST_CHECK mp_code mp_record_get(mp_record *out, mp_tx *tx, const mp_kind *kind, mp_str key, mp_ticks as_of,
                                    mp_arena *arena, mp_error *err);
/* By the value of a unique index. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_record_find(mp_record *out, mp_tx *tx, const mp_kind *kind, const char *index, mp_str value,
                                     mp_arena *arena, mp_error *err);

#define MP_ANY_VERSION (-1) /* whatever is there, also nothing */
#define MP_NO_VERSION 0     /* must not be there: MP_EXISTS */
/* Make or replace. `expected` is the version that must be there, else MP_CONFLICT. `*out` (may be NULL) is
 * what is stored then, body as given. Writing what is there already (same canonical text) makes no version. */
MP_MUST_CHECK mp_code mp_record_put(mp_record *out, mp_tx *tx, const mp_kind *kind, mp_str key, const mp_json *body,
                                    int64_t expected, mp_error *err);
/* Fails with MP_MISSING, MP_CONFLICT. The history stays. */
MP_MUST_CHECK mp_code mp_record_delete(mp_tx *tx, const mp_kind *kind, mp_str key, int64_t expected, mp_error *err);

typedef enum mp_filter_op {
    MP_FILTER_EQ,
    MP_FILTER_NE, /* has a value, another one */
    MP_FILTER_LT,
    MP_FILTER_LE,
    MP_FILTER_GT,
    MP_FILTER_GE,
    MP_FILTER_STARTS,
} mp_filter_op;

typedef struct mp_record_filter {
    const char  *index;
    mp_filter_op op;
    /* numbers and times as the body has them: order is bytewise on text, so times are ISO 8601 UTC */
    mp_str       value;
} mp_record_filter;

#define MP_FILTERS_MAX 8

typedef struct mp_record_query {
    const mp_kind   *kind;
    const mp_record_filter *filters;
    size_t           filter_count;
    const char      *order;      /* an index; NULL: by key */
    bool             descending;
    mp_str           after;      /* mp_record_page.next of the page before; empty: the first */
    uint32_t         limit;      /* records; 0: 100; at most 1,000 */
    mp_ticks         as_of;      /* 0: now */
    bool             counts;     /* fill mp_record_page.total (costs a pass over the filter's index) */
} mp_record_query;

typedef struct mp_record_page {
    mp_record *records;
    size_t     count;
    mp_str     next; /* opaque, URL-safe; empty: that was all */
    int64_t    total; /* -1 unless asked for */
} mp_record_page;

/* Fails with MP_PARAMETER (an index that the kind does not have, a continuation that is not of this query), ... */
MP_MUST_CHECK mp_code mp_record_list(mp_record_page *out, mp_tx *tx, const mp_record_query *query, mp_arena *arena,
                                     mp_error *err);
/* A run of keys, both ends with it, as of a date (0: now). */
typedef struct mp_record_run {
    const mp_kind *kind;
    mp_str         from, last;
    mp_ticks       as_of;
} mp_record_run;
/* Where a run begins that goes on behind `key`, of a kind whose keys have no control characters. ptr NULL when memory is short, or `key` is. */
mp_str mp_record_behind(mp_str key, mp_arena *arena);
/* The first `limit` of a run in the order of their keys, for whoever goes through all there is: cheaper than a list. page->next is the last key when there may be more. */
MP_MUST_CHECK mp_code mp_record_range(mp_record_page *out, mp_tx *tx, const mp_record_run *run, uint32_t limit,
                                      mp_arena *arena, mp_error *err);
/* Where to cut a run so that each piece has `each` of the records that are there now: their last keys, at most *count of them. What is behind the last cut is one
 * piece more, of any size when *count was reached. */
MP_MUST_CHECK mp_code mp_record_cuts(mp_str *keys, size_t *count, mp_tx *tx, const mp_record_run *run, uint32_t each,
                                     mp_arena *arena, mp_error *err);
/* The versions of one record, newest first; pages as above. A deletion is a version with a NULL body. */
MP_MUST_CHECK mp_code mp_record_history(mp_record_page *out, mp_tx *tx, const mp_kind *kind, mp_str key, mp_str after,
                                        uint32_t limit, mp_arena *arena, mp_error *err);
#define MP_RECORD_PRUNE_MOST 10000
/* Forget versions that ended before `before`; the present ones stay. At most MP_RECORD_PRUNE_MOST at once, so
 * that others get to write in between: call it in a write of its own until *removed (versions) is less. */
MP_MUST_CHECK mp_code mp_record_prune(int64_t *removed, mp_tx *tx, const mp_kind *kind, mp_ticks before, mp_error *err);

/* What the hash of a version was made of. */
typedef struct mp_preimage {
    uint8_t salt[MP_RECORD_SALT];
    mp_str  text; /* the body, canonical; in the arena */
} mp_preimage;
/* Of the version with this hash, be it the present one or of the past. Fails with MP_MISSING: it is not kept
 * (any more). */
MP_MUST_CHECK mp_code mp_record_preimage(mp_preimage *out, mp_tx *tx, mp_str kind, mp_str key,
                                         const uint8_t hash[MP_RECORD_HASH], mp_arena *arena, mp_error *err);

/* What this write changed so far, in order; borrowed, valid until the function of the write returns. */
typedef struct mp_record_change {
    const mp_kind *kind;
    mp_str         key;
    bool           had, has; /* there was a record before; there is one after */
    uint8_t        before[MP_RECORD_HASH], after[MP_RECORD_HASH];
} mp_record_change;
const mp_record_change *mp_tx_changes(const mp_tx *tx, size_t *count);

/* A version as it is stored. */
typedef struct mp_record_kept {
    const mp_kind *kind;
    mp_str         key;
    int64_t        version;
    bool           is_past;
    mp_ticks       since, until; /* 0: it is the present one */
    const uint8_t *hash; /* of its body, computed anew: MP_RECORD_HASH bytes */
} mp_record_kept; /* borrowed for the time of the call */
typedef mp_code (*mp_record_kept_fn)(void *ctx, const mp_record_kept *kept, mp_error *err);
/* Every version of every record, in no order, each body against the hash beside it: MP_DAMAGED names the
 * record. `fn` (may be NULL) is given those that have a body and are of a declared kind that keeps history. */
MP_MUST_CHECK mp_code mp_records_each(mp_tx *tx, mp_record_kept_fn fn, void *ctx, mp_error *err);
/* The declared kind of this name, or NULL. */
const mp_kind *mp_records_kind(mp_store *store, mp_str name);

/* The kinds that a program uses: given at the start, so that their indexes are true. Call it once, before the
 * first use. */
MP_MUST_CHECK mp_code mp_records_declare(mp_store *store, const mp_kind *const *kinds, size_t count, mp_error *err);

#endif
