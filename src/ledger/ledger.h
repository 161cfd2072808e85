/* SPDX-License-Identifier: Apache-2.0 */
/* ledger.h - the log that an outsider can check: every change, refusal and proof is a leaf.
 *
 * A Merkle tree over leaves in order (RFC 6962, section 2.1: SHA-256, 0x00 before leaves, 0x01 before nodes;
 * merkle.h), kept as tiles (C2SP tlog-tiles), its head signed with Ed25519 at every commit that added leaves
 * (C2SP tlog-checkpoint, signed-note; checkpoint.h). A leaf is a canonical JSON text (RFC 8785), at most
 * MP_LEAF_MAX bytes; leaf.h and docs/ledger.md give its members.
 *
 * Nothing personal and no secret stands in a leaf. Who acted is an object id; where from, and whatever else
 * could name a person, stands as a commitment, "sha256:" and hex of SHA-256(salt || value), where salt is 16
 * random bytes and value the canonical text of the JSON value. Salt and value, the opening, are kept beside
 * the log as long as their retention says. After that the leaf and every proof are still true, and nobody can
 * tell whom they were about.
 *
 * Leaves enter within a write of the store and are on disk with it, in one transaction (the ledger is the
 * store's commit hook), or by themselves (mp_ledger_note). Everything that reads may be called by any thread
 * at any time, but not from within a read or a write of the store; it sees what is on disk. */
#ifndef MAPAE_LEDGER_H
#define MAPAE_LEDGER_H

#include "buf.h"
#include "merkle.h"
#include "records.h"

typedef struct mp_ledger mp_ledger;

#define MP_LEAF_MAX ((size_t)65535) /* tlog-tiles: an entry's length is 16 bits */
#define MP_LEDGER_HASH MP_MERKLE_HASH

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
    /* an object of at most MP_SEALED_MAX members; each is committed by itself; may be NULL */
    const mp_json *sealed;
} mp_leaf; /* the changes of the write (mp_tx_changes) are added by the ledger */

#define MP_SEALED_MAX 64      /* members of `sealed`... */
#define MP_SEALED_NAME_MAX 64 /* ...and bytes of a name; "from", "changes" and the other names of members are taken */
#define MP_LEAF_STRING_MAX ((size_t)512) /* bytes: a longer string of a leaf is committed, under the name of its member */

typedef struct mp_ledger_options {
    /* of the checkpoints, "HOST/mapae"; NULL: "mapae.local/" and the installation. Counts when the log is
     * made; it keeps it */
    const char *origin;
    /* retention of sealed values; 0: 400. Access records: at least a year (2.6, financial rules) */
    int64_t     keep_sealed_days;
    int64_t     keep_text_days;   /* retention of the texts of leaves; 0: for ever */
    bool        is_held;          /* a legal hold: nothing is pruned */
    bool        read_only;        /* the log as it was when it was opened */
} mp_ledger_options;

/* Takes its place as the store's hook. The first time it makes the signing key (FOLDER/keys/ledger-1.pem,
 * mode 0600) and the first leaf, which names it. Checks the head's signature, that the last tiles and leaves
 * give its root, and that the last leaf is the head's. `options` may be NULL. Fails with MP_DAMAGED (the
 * sentence says where), MP_FOREIGN (the key in the folder is another one), MP_MISSING (it is not there;
 * read-only: there is no log yet), MP_IO, ... */
MP_MUST_CHECK mp_code mp_ledger_open(mp_ledger **out, mp_store *store, const mp_ledger_options *options, mp_error *err);
/* before the store, when nothing is written any more; NULL is fine */
void                  mp_ledger_close(mp_ledger *ledger);

/* Within a write, as its last act: it stands or falls with the function that is running. What this function
 * changed since the leaf before is named in it. Fails with MP_PARAMETER, MP_SYNTAX (detail or sealed have no
 * canonical form), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_ledger_add(mp_ledger *ledger, mp_tx *tx, const mp_leaf *leaf, mp_error *err);
/* By itself; on disk when this returns. Any thread, not from within a read or write. */
MP_MUST_CHECK mp_code mp_ledger_note(mp_ledger *ledger, const mp_leaf *leaf, mp_error *err);

typedef struct mp_ledger_head {
    uint64_t size;
    uint8_t  root[MP_LEDGER_HASH];
    mp_ticks at; /* of the last leaf */
} mp_ledger_head;

mp_ledger_head mp_ledger_now(mp_ledger *ledger); /* of what is on disk */

/* The signed head as a C2SP checkpoint (text). That of a commit that changed the key has two signatures: the
 * old key's, then the new one's. */
MP_MUST_CHECK mp_code mp_ledger_checkpoint(mp_buf *out, mp_ledger *ledger, mp_error *err);
/* Verifier keys, one a line, newest first: "origin+hash+base64" (signed-note). */
MP_MUST_CHECK mp_code mp_ledger_keys(mp_buf *out, mp_ledger *ledger, mp_error *err);
/* A new signing key. The old one signs the leaf that names the new one ("Mapae.Ledger/key/rotate"; `who` says
 * by whom), the head of that commit is signed by both, later ones by the new one. */
MP_MUST_CHECK mp_code mp_ledger_rotate(mp_ledger *ledger, const mp_leaf *who, mp_error *err);

/* Proofs (mp_proof, merkle.h) about the log at a size it had: hashes in the order of RFC 6962, sections 2.1.1
 * and 2.1.2. Fail with MP_PARAMETER (no such leaf, a size over that of the log), MP_DAMAGED (a tile is not
 * there). */
MP_MUST_CHECK mp_code mp_ledger_inclusion(mp_proof *out, mp_ledger *ledger, uint64_t index, uint64_t size,
                                          mp_error *err);
MP_MUST_CHECK mp_code mp_ledger_consistency(mp_proof *out, mp_ledger *ledger, uint64_t from, uint64_t to,
                                            mp_error *err);
/* The root that the log had at this size. */
MP_MUST_CHECK mp_code mp_ledger_root(uint8_t out[MP_LEDGER_HASH], mp_ledger *ledger, uint64_t size, mp_error *err);

/* One leaf: its text, borrowed from the arena. `*clear` (may be NULL) is an object of what was sealed and is
 * still kept, by name; NULL when nothing is. The text is empty when retention removed it (its hash stays).
 * Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_ledger_leaf(mp_str *text, uint8_t hash[MP_LEDGER_HASH], const mp_json **clear, mp_ledger *ledger,
                                     uint64_t index, mp_arena *arena, mp_error *err);
/* What it takes to prove the sealed values of a leaf to somebody: {"NAME": {"salt": HEX, "value": ...}}, NULL
 * when nothing is kept. */
MP_MUST_CHECK mp_code mp_ledger_openings(const mp_json **out, mp_ledger *ledger, uint64_t index, mp_arena *arena,
                                         mp_error *err);

/* Search, newest first: all that is given must match; pages go on below `before` (0: from the head). */
typedef struct mp_ledger_query {
    /* empty: any. `on`: this path and what is below it; `action` may end in '*' */
    mp_str   actor, action, on, request;
    int      outcome;                    /* an mp_outcome, or -1 */
    mp_ticks from, to;                   /* 0: any. At `from` or later, before `to` */
    uint64_t before;
    uint32_t limit; /* 0: 100; at most 1,000 */
} mp_ledger_query;
typedef struct mp_ledger_entry {
    uint64_t index;
    mp_str   text;
} mp_ledger_entry;
/* *next is `before` of the next page, 0: that was all. A page may be short, even empty, before the end: the
 * work of one call has a limit. Leaves whose texts retention removed are not found. */
MP_MUST_CHECK mp_code mp_ledger_search(mp_ledger_entry **out, size_t *count, uint64_t *next, mp_ledger *ledger,
                                       const mp_ledger_query *query, mp_arena *arena, mp_error *err);

/* A file of the tlog-tiles layout by its path: "checkpoint", "tile/0/x001/234", "tile/entries/000.p/7".
 * Partial tiles are given at any width up to what is there. A bundle of entries of which retention removed
 * one is MP_MISSING, and so is every path that is none. */
MP_MUST_CHECK mp_code mp_ledger_file(mp_buf *out, mp_ledger *ledger, mp_str path, mp_error *err);

typedef struct mp_ledger_report {
    uint64_t size, checked, pruned; /* leaves; recomputed from their text; with the hash only */
    uint64_t sealed;                /* commitments whose openings are kept and hold */
    uint64_t keys;                  /* that signed, one after the other */
    uint64_t stamps;                /* RFC 3161 time stamps that hold */
    uint64_t records;               /* versions of records that are as the leaves tell */
} mp_ledger_report;
/* Everything again, from the leaves up: every tile, the root, signatures, rotations, the search index, the
 * sealed values that are kept, the records of declared kinds with their history (ledger_records.h), stamps.
 * Of one snapshot: writing goes on. The store has mp_stamp_schema too (stamp.h). Fails with MP_DAMAGED (the
 * sentence names the first leaf or tile that is wrong). `progress` may be NULL. */
MP_MUST_CHECK mp_code mp_ledger_verify(mp_ledger_report *out, mp_ledger *ledger,
                                       void (*progress)(void *ctx, uint64_t leaves), void *ctx, mp_error *err);
/* Remove texts of leaves and sealed values that are older than their retention, and say so in a leaf. The
 * leaves that name keys, and the last few thousand, keep their texts. *removed: texts and rows of sealed
 * values. */
MP_MUST_CHECK mp_code mp_ledger_prune(int64_t *removed, mp_ledger *ledger, mp_ticks now, mp_error *err);

#endif
