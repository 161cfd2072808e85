/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.h - the log that an outsider can check: every change, refusal and proof is a leaf.
 *
 * A Merkle tree over leaves in order (RFC 6962, section 2.1: SHA-256, 0x00 before leaves, 0x01 before nodes), kept as tiles
 * (C2SP tlog-tiles), its head signed with Ed25519 at every commit (C2SP tlog-checkpoint, signed-note). A leaf is a canonical
 * JSON text (RFC 8785), at most MP_LEAF_MAX bytes; docs/ledger.md gives its members.
 *
 * Nothing personal and no secret stands in a leaf. Who acted is an object id; where from, and whatever else could name a person,
 * stands as a commitment, "sha256:" and hex of SHA-256(salt || value), and is kept beside the log (salt and value) as long as
 * its retention says. After that the leaf and every proof are still true, and nobody can tell whom they were about.
 *
 * Leaves enter within a write of the store and are on disk with it, in one transaction (the ledger is the store's commit hook), or by
 * themselves (mp_ledger_note). */
#ifndef MAPAE_LEDGER_H
#define MAPAE_LEDGER_H

#include "buf.h"
#include "records.h"

typedef struct mp_ledger mp_ledger;

#define MP_LEAF_MAX ((size_t)65535) /* tlog-tiles: an entry's length is 16 bits */
#define MP_LEDGER_HASH 32

extern const mp_schema mp_ledger_schema;

typedef enum mp_outcome {
    MP_OUTCOME_DONE,
    MP_OUTCOME_REFUSED, /* who asked might not, or was not who he said */
    MP_OUTCOME_FAILED,  /* he might, and it did not work */
} mp_outcome;

typedef struct mp_leaf {
    mp_str         actor_kind; /* "user", "program", "local" (the command line), "system", "nobody" */
    mp_str         actor;      /* object id; empty for nobody */
    mp_str         session;    /* id of session or token; may be empty */
    mp_str         from;       /* address; committed */
    mp_str         action;     /* "Mapae.Access/users/write" */
    mp_str         on;         /* path of what it was done to, without personal data: "/api/v1/users/GUID" */
    mp_str         request;    /* id of the request, a GUID */
    mp_outcome     outcome;
    int            status;     /* what was answered; 0: no request */
    mp_str         reason;     /* code name of why not: "denied"; empty when done */
    const mp_json *detail;     /* an object, in clear: only what is safe for ever; may be NULL */
    const mp_json *sealed;     /* an object; each member is committed by itself; may be NULL */
} mp_leaf; /* the changes of the transaction (mp_tx_changes) are added by the ledger */

typedef struct mp_ledger_options {
    const char *origin;   /* of the checkpoints, "HOST/mapae"; NULL: "mapae.local/" and the installation */
    int64_t     keep_sealed_days; /* retention of sealed values; 0: 400. Access records: at least a year (2.6, financial rules) */
    bool        read_only;
} mp_ledger_options;

/* Takes its place as the store's hook. The first time it makes the signing key (FOLDER/keys/, mode 0600) and the first leaf. Checks the head's
 * signature, and that the last tiles give its root. Fails with MP_DAMAGED, MP_FOREIGN (another key), MP_IO, ... */
MP_MUST_CHECK mp_code mp_ledger_open(mp_ledger **out, mp_store *store, const mp_ledger_options *options, mp_error *err);
void                  mp_ledger_close(mp_ledger *ledger); /* before the store; NULL is fine */

/* Within a write: it stands or falls with the function that is running. *index (may be NULL) is not final before the commit. */
MP_MUST_CHECK mp_code mp_ledger_add(mp_ledger *ledger, mp_tx *tx, const mp_leaf *leaf, mp_error *err);
/* By itself; on disk when this returns. Any thread. */
MP_MUST_CHECK mp_code mp_ledger_note(mp_ledger *ledger, const mp_leaf *leaf, mp_error *err);

typedef struct mp_ledger_head {
    uint64_t size;
    uint8_t  root[MP_LEDGER_HASH];
    mp_ticks at;
} mp_ledger_head;

mp_ledger_head mp_ledger_now(mp_ledger *ledger); /* of what is on disk */

/* The signed head as a C2SP checkpoint (text). */
MP_MUST_CHECK mp_code mp_ledger_checkpoint(mp_buf *out, mp_ledger *ledger, mp_error *err);
/* Verifier keys, one a line, newest first: "origin+hash+base64" (signed-note). */
MP_MUST_CHECK mp_code mp_ledger_keys(mp_buf *out, mp_ledger *ledger, mp_error *err);
/* A new signing key. The old one signs the leaf that names the new one. */
MP_MUST_CHECK mp_code mp_ledger_rotate(mp_ledger *ledger, const mp_leaf *who, mp_error *err);

/* Proofs: hashes in the order of RFC 6962, sections 2.1.1 and 2.1.2 (RFC 9162, 2.1.3 and 2.1.4, has the algorithms). At most 64. */
typedef struct mp_proof {
    uint8_t  hashes[64][MP_LEDGER_HASH];
    unsigned count;
} mp_proof;
MP_MUST_CHECK mp_code mp_ledger_inclusion(mp_proof *out, mp_ledger *ledger, uint64_t index, uint64_t size, mp_error *err);
MP_MUST_CHECK mp_code mp_ledger_consistency(mp_proof *out, mp_ledger *ledger, uint64_t from, uint64_t to, mp_error *err);

/* One leaf: its text, borrowed from the arena. `*clear` (may be NULL) is an object of what was sealed and is still kept; NULL when
 * nothing is. The text is empty when retention removed it (its hash stays). Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_ledger_leaf(mp_str *text, uint8_t hash[MP_LEDGER_HASH], const mp_json **clear, mp_ledger *ledger,
                                     uint64_t index, mp_arena *arena, mp_error *err);

/* Search, newest first: all that is given must match; pages go on below `before` (0: from the head). */
typedef struct mp_ledger_query {
    mp_str   actor, action, on, request; /* empty: any. `on`: this path and what is below it; `action` may end in '*' */
    int      outcome;                    /* an mp_outcome, or -1 */
    mp_ticks from, to;                   /* 0: any */
    uint64_t before;
    uint32_t limit; /* 0: 100; at most 1,000 */
} mp_ledger_query;
typedef struct mp_ledger_entry {
    uint64_t index;
    mp_str   text;
} mp_ledger_entry;
MP_MUST_CHECK mp_code mp_ledger_search(mp_ledger_entry **out, size_t *count, uint64_t *next, mp_ledger *ledger,
                                       const mp_ledger_query *query, mp_arena *arena, mp_error *err);

/* A file of the tlog-tiles layout by its path: "checkpoint", "tile/0/x001/234", "tile/entries/000.p/7". Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_ledger_file(mp_buf *out, mp_ledger *ledger, mp_str path, mp_error *err);

typedef struct mp_ledger_report {
    uint64_t size, checked, pruned; /* leaves; recomputed from their text; with the hash only */
    uint64_t keys;                  /* that signed, one after the other */
    uint64_t stamps;                /* RFC 3161 time stamps that hold */
} mp_ledger_report;
/* Everything again, from the leaves up: every tile, the root, signatures, rotations, stamps, the sealed values that are kept. Fails with
 * MP_DAMAGED (the sentence names the first leaf or tile that is wrong). `progress` may be NULL. */
MP_MUST_CHECK mp_code mp_ledger_verify(mp_ledger_report *out, mp_ledger *ledger, void (*progress)(void *ctx, uint64_t leaves),
                                       void *ctx, mp_error *err);
/* Remove texts of leaves and sealed values that are older than their retention and under no hold. *removed: texts and values. */
MP_MUST_CHECK mp_code mp_ledger_prune(int64_t *removed, mp_ledger *ledger, mp_ticks now, mp_error *err);

#endif
