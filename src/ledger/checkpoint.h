/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.h - the head of a log as text: C2SP tlog-checkpoint. A checkpoint is a note (note.h) whose text is
 *
 *   ORIGIN
 *   SIZE
 *   BASE64(root)
 *   (lines that are not ours, if any)
 *
 * signed by a key whose name is ORIGIN. Pure functions, usable offline. */
#ifndef MAPAE_LEDGER_CHECKPOINT_H
#define MAPAE_LEDGER_CHECKPOINT_H

#include "merkle.h"
#include "note.h"

typedef struct mp_checkpoint {
    mp_str   origin; /* borrowed from the text */
    uint64_t size;
    uint8_t  root[MP_MERKLE_HASH];
} mp_checkpoint;

/* Append the text of one, unsigned. */
MP_MUST_CHECK mp_code mp_checkpoint_text(mp_buf *out, const mp_checkpoint *checkpoint, mp_error *err);
/* Read the text of a note. Proves nothing: mp_checkpoint_open. Fails with MP_SYNTAX (err->pos is the line),
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_checkpoint_parse(mp_checkpoint *out, mp_str text, mp_error *err);
/* Read a whole note and check it: signed by at least one of `keys`, and the name of those that signed is its
 * origin. `signed_by` (may be NULL) has `count` flags. Fails as mp_note_open and mp_checkpoint_parse do. */
MP_MUST_CHECK mp_code mp_checkpoint_open(mp_checkpoint *out, bool *signed_by, mp_str note, const mp_verifier *keys,
                                         size_t count, mp_error *err);

#endif
