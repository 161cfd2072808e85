/* SPDX-License-Identifier: Apache-2.0 */
/* package.h - leaves, with everything that it takes to check them, as one file for an outsider.
 *
 * A package is a tar archive of one exact form (docs/ledger.md): whoever knows its members and their contents
 * knows every byte of it. It is checked offline, without a store and without trust in who made it, but for
 * one thing: the key of the log, which must come from elsewhere ("pinned"). Without that a package proves
 * that it fits together, and says whose key it would have to be. */
#ifndef MAPAE_PACKAGE_H
#define MAPAE_PACKAGE_H

#include "ledger.h"

#define MP_PACKAGE_FORMAT "mapae-package/1"
#define MP_PACKAGE_FORMAT_INDEXED "mapae-package/2" /* the same, with an index of controls */
#define MP_PACKAGE_INDEX_MAX ((size_t)32 << 20)     /* bytes of index.json */
#define MP_PACKAGE_LEAVES_MAX 100000
#define MP_PACKAGE_KEPT_MAX ((size_t)512 << 20) /* bytes of all members but evidence, which is never held in memory */

/* ---- making one ---- */

typedef struct mp_package_request {
    const uint64_t *leaves; /* indexes, in any order */
    size_t          leaf_count;
    const mp_str   *evidence; /* keys of records; the leaves that wrote them come along */
    size_t          evidence_count;
    const mp_str   *opens; /* names of sealed values that are opened; "*": every one that is still kept */
    size_t          open_count;
    /* names of kinds: records that the leaves wrote are put in, as they were then; "*": of every kind */
    const mp_str   *kinds;
    size_t          kind_count;
    /* a checkpoint that the reader has: the package proves that the log only grew; empty: none */
    mp_str          since;
    bool            stamps; /* for every leaf the oldest time stamp that covers it */
    /* The log as it was when the last of what goes in was written (or named its last key, or was stamped), and not as it
     * is now: the same bytes whatever is written afterwards. */
    bool           at_last;
    /* SHA-256 of one of the pieces of evidence: an index of controls (package_index.h), which stands in front as index.json
     * and as a page; empty: none */
    mp_str         index;
} mp_package_request;

typedef struct mp_package_written {
    uint64_t size;   /* of the tree */
    uint64_t leaves, opened, records, evidence, stamps;
    uint64_t bytes;  /* of the file */
    uint8_t  digest[32]; /* SHA-256 of the file */
} mp_package_written;

/* To a new file `path`, in its place only when it is whole and on disk; compressed with zstd when its name
 * ends in ".zst". The same request over the same checkpoint gives the same bytes. What retention removed (a
 * sealed value, an older record) is left out. Not from within a read or a write. Fails with MP_MISSING (a
 * leaf, evidence), MP_LIMIT, MP_PARAMETER (`since` is of another log), MP_DAMAGED (evidence), MP_FULL,
 * MP_OUTPUT, ... */
MP_MUST_CHECK mp_code mp_package_write(mp_package_written *out, mp_store *store, mp_ledger *ledger,
                                       const mp_package_request *request, const char *path, mp_error *err);

/* ---- checking one ---- */

typedef struct mp_package_trust {
    mp_str keys;     /* verifier keys that the reader has from elsewhere, one a line; empty: none is pinned */
    mp_str since;    /* a checkpoint that the reader has; empty: none */
    mp_str stamp_ca; /* PEM: certificates that the reader trusts for time stamps; empty: none is pinned */
} mp_package_trust;

typedef struct mp_package_stamp {
    uint64_t size; /* every leaf below was there */
    mp_ticks at;
    mp_str   signer;
    mp_str   ca; /* hex of the SHA-256 of the certificate that it ends in */
    bool     is_pinned;
} mp_package_stamp;

typedef struct mp_package_report {
    mp_str           origin;       /* of the log, as its checkpoints say */
    mp_str           installation; /* what who made it says: not proved */
    mp_str           created;
    uint64_t         size;
    char             root[65]; /* hex */
    mp_str           key;      /* the verifier key that signed the checkpoint */
    bool             is_pinned; /* it is one that the reader gave, or follows from one */
    bool             is_since;  /* the log only grew since the checkpoint that the reader gave */
    uint64_t         members, leaves, opened, records, evidence, evidence_bytes, checkpoints;
    bool             has_index; /* it says which evidence answers which control */
    mp_str           index_framework, index_subject, index_as_of;
    uint64_t         index_controls, index_files;
    uint64_t         keys; /* that signed the log, one after the other, as far as the package shows */
    mp_package_stamp *stamps;
    size_t           stamp_count;
} mp_package_report; /* everything in it is borrowed from the arena */

/* MP_OK: everything in it holds, and `out` says what that is; look at is_pinned. Fails with MP_DAMAGED (what
 * does not hold; the sentence names the member), MP_FORMAT (no package at all), MP_UNSUPPORTED (a format of a
 * later version), MP_LIMIT, MP_PARAMETER (what `trust` gives cannot be read), MP_IO, MP_NOMEM. `path` "-" is
 * standard input; a package compressed with zstd is recognised. */
MP_MUST_CHECK mp_code mp_package_verify(mp_package_report *out, const char *path, const mp_package_trust *trust,
                                        mp_arena *arena, mp_error *err);

#endif
