/* SPDX-License-Identifier: Apache-2.0 */
/* made_package.h - a small package over a log of seven leaves that stands in no store: every kind of member is in it.
 *
 *   leaf 0  names the first key                       leaf 3  names the second key; the head of size 4 has both signatures
 *   leaf 1  a record of evidence, with a sealed "from"   leaf 4  two records, in a list of changes that is sealed
 *   leaf 2  refused                                   leaf 5, 6  nothing special
 *
 * In the package: leaves 1, 3 and 4; the heads of size 2 (time stamp), 4 (rotation) and 7 (the head). */
#ifndef MAPAE_TESTS_MADE_PACKAGE_H
#define MAPAE_TESTS_MADE_PACKAGE_H

#include "package_write.h"

#define MADE_LEAVES 7
#define MADE_EVIDENCE "what an outsider should see\n"

typedef struct made_change {
    mp_part     part;   /* this member... */
    uint64_t    number;
    bool        is_left_out;
    mp_str      bytes;  /* ...has these contents instead; the manifest agrees */
    mp_str      find, put; /* or: the first `find` of its text is `put` */
} made_change;

typedef struct made_package {
    char   folder[64]; /* of evidence and keys */
    char   path[128];
    mp_str keys[2];    /* verifier keys; the second is the newer */
    mp_str since;      /* the head of size 2, signed */
    mp_str head;       /* the head of size 7, signed */
    mp_str stamp_ca;   /* PEM */
    mp_arena arena;
} made_package;

/* A folder for packages, with the time-stamp authority and the evidence in it; the log. */
void made_begin(made_package *made);
/* Write FOLDER/`name` with these changes. */
void made_write(made_package *made, const char *name, const made_change *changes, size_t count);
void made_end(made_package *made);

#endif
