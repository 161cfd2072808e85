/* SPDX-License-Identifier: Apache-2.0 */
/* package_read.h - a package as an archive: its members are what the manifest says, and nothing else is there.
 *
 * What the members mean is for package_verify.c. Memory is bounded: evidence is hashed as it passes and not kept. */
#ifndef MAPAE_LEDGER_PACKAGE_READ_H
#define MAPAE_LEDGER_PACKAGE_READ_H

#include "clock.h"

typedef enum mp_part {
    MP_PART_CHECKPOINT,  /* checkpoint */
    MP_PART_OLDER,       /* checkpoints/SIZE */
    MP_PART_CONSISTENCY, /* consistency/SIZE.json */
    MP_PART_EVIDENCE,    /* evidence/HEX */
    MP_PART_INDEX,       /* index.json: what answers which control */
    MP_PART_INDEX_PAGE,  /* index.html: the same for people */
    MP_PART_KEYS,        /* keys.txt */
    MP_PART_LEAF,        /* leaves/INDEX.json */
    MP_PART_OPENED,      /* opened/INDEX.json */
    MP_PART_PROOF,       /* proofs/INDEX.json */
    MP_PART_README,      /* README.txt */
    MP_PART_RECORD,      /* records/N.json */
    MP_PART_RECORD_META, /* records/N.meta.json */
    MP_PART_STAMP,       /* stamps/N.tsr */
    MP_PART_STAMP_CA,    /* stamps/N.pem */
    MP_PART_COUNT
} mp_part;

typedef struct mp_package_member {
    mp_part  part;
    uint64_t number; /* SIZE, INDEX or N */
    mp_str   name;
    mp_str   sha256; /* hex */
    uint64_t size;
    mp_str   bytes; /* no ptr: evidence */
} mp_package_member;

typedef struct mp_package_archive {
    mp_package_member *members; /* by name, bytewise */
    size_t             count;
    mp_str             origin, installation, created;
    bool               has_index; /* the format says so */
} mp_package_archive; /* all of it in the arena */

/* README.txt of every package of this format: Korean, then English. */
extern const mp_str mp_package_readme;

/* Fails as mp_package_verify does. */
MP_MUST_CHECK mp_code mp_package_read(mp_package_archive *out, const char *path, mp_arena *arena, mp_error *err);

/* How a member is named; `number` is not looked at where there is none, `hex` for evidence only. */
mp_str mp_package_name(mp_arena *arena, mp_part part, uint64_t number, mp_str hex);
/* NULL when there is none. */
const mp_package_member *mp_package_find(const mp_package_archive *archive, mp_part part, uint64_t number);

/* The evidence with this hash, or NULL. */
const mp_package_member *mp_package_find_evidence(const mp_package_archive *archive, mp_str hex);

/* A JSON text. What is wrong is said with `name` in front. Fails with MP_DAMAGED, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_package_value(const mp_json **out, mp_str text, mp_str name, mp_arena *arena, mp_error *err);
/* The same for one that must be the canonical text of its value. */
MP_MUST_CHECK mp_code mp_package_json(const mp_json **out, mp_str text, mp_str name, mp_arena *arena, mp_error *err);
/* Hex of SHA-256 over the canonical text of a manifest without its member "digest". */
MP_MUST_CHECK mp_code mp_package_manifest_digest(char out[65], const mp_json *manifest, mp_arena *arena, mp_error *err);

#endif
