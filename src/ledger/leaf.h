/* SPDX-License-Identifier: Apache-2.0 */
/* leaf.h - the text of a leaf, and what is kept beside it.
 *
 * Members, in the order of RFC 8785; those that are empty are left out:
 *
 *   action    what was done, as rights name it
 *   at        when: the time of the transaction, UTC with seven digits; never before that of the leaf before
 *   changes   [{after, before, key, kind}]: records, with their hashes (records.h); `before` or `after` is
 *             missing where there was, or is, none. `key` is a GUID or a path of an Azure resource; any other
 *             key could name a person and is committed ("changes/N/key"). A list that does not fit into
 *             MP_LEAF_MAX is {"count": n, "digest": commitment} ("changes"): the list is sealed.
 *   detail    an object; one that does not fit is {"digest": commitment} ("detail")
 *   from      commitment: where the request came from
 *   on        path of what it was done to
 *   outcome   "done", "refused", "failed"
 *   reason    code name of why not
 *   request   id of the request
 *   sealed    {name: commitment}
 *   status    what was answered
 *   v         1: the version of this list
 *   who       {id, kind, session}
 *
 * A string over MP_LEAF_STRING_MAX bytes is committed too, under the name of its member. What is committed
 * has its opening in a second text: {"NAME": {"salt": HEX, "value": ...}}. */
#ifndef MAPAE_LEDGER_LEAF_H
#define MAPAE_LEDGER_LEAF_H

#include "ledger.h"
#include "terms.h"

#define MP_COMMITMENT 71 /* characters: "sha256:" and 64 digits */
#define MP_SALT 16       /* bytes */

/* A leaf before it has its time. */
typedef struct mp_prepared {
    mp_buf   text;     /* with room for `at` */
    size_t   at_offset;
    mp_buf   openings; /* empty: nothing is sealed */
    mp_terms terms;
    mp_arena arena;    /* scratch */
} mp_prepared;

#define MP_PREPARED_INIT { .text = MP_BUF_INIT, .openings = MP_BUF_INIT, .arena = MP_ARENA_INIT }

/* What was in `out` before is gone. Fails with MP_PARAMETER, MP_SYNTAX, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_leaf_prepare(mp_prepared *out, const mp_leaf *leaf, const mp_record_change *changes,
                                      size_t change_count, mp_merkle_hasher *hasher, mp_error *err);
void mp_prepared_done(mp_prepared *prepared);
/* Fill in the time: `text` is that of a prepared leaf, or a copy. */
void mp_leaf_set_time(char *text, size_t at_offset, mp_ticks at);

/* Does `commitment` ("sha256:...") hold for this salt and value? `salt` is in hex. Fails with MP_DAMAGED when
 * not, MP_SYNTAX, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_commitment_check(mp_str commitment, mp_str salt, const mp_json *value,
                                          mp_merkle_hasher *hasher, mp_error *err);
/* The commitment of this name in a leaf; empty: it has none. */
mp_str mp_commitment_of(const mp_json *leaf, mp_str name);

#endif
