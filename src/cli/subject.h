/* SPDX-License-Identifier: Apache-2.0 */
/* subject.h - one policy and one resource, picked out of what the user named and judged, with everything that
 * an explanation needs.
 *
 * Everything lives until mp_subject_done(). One thread. */
#ifndef MAPAE_CLI_SUBJECT_H
#define MAPAE_CLI_SUBJECT_H

#include "cli.h"
#include "explained.h"
#include "library.h"
#include "related.h"

typedef struct mp_subject_choice {
    const char *policy, *resource;
    const char *resource_id; /* its id, or the end of it; NULL: the file holds one */
    const char *reference;   /* of an initiative's policy; NULL: there is one */
    const char *assignment;
    mp_list     libraries, related, parameters;
    const char *aliases, *mapping, *context, *api_version;
    mp_ticks    now;
} mp_subject_choice;

typedef struct mp_subject {
    mp_arena          arena;
    mp_library       *library;
    mp_aliases       *aliases;
    mp_mapping       *mapping;
    const mp_check   *checks;
    uint32_t          check_count;
    mp_explained      said;
    mp_resource       resource;
    mp_surroundings   around;
    mp_related_store *store;
    mp_related        related;
} mp_subject;

/* Read, pick, judge. What is wrong with policies is said on cli->err. `out` is to be given to mp_subject_done() in any
 * case. Fails with MP_IO, MP_SYNTAX, MP_FORMAT, MP_COMPILE, MP_REFERENCE and MP_USAGE (nothing, or more than
 * one thing, is meant), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_subject_read(mp_subject *out, mp_cli *cli, const mp_subject_choice *choice,
                                      mp_error *err);
void                  mp_subject_done(mp_subject *subject);

#endif
