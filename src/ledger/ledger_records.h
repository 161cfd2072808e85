/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_records.h - are the records those that the log tells of? Part of verifying; private to ledger.
 *
 * Leaves name every version by its hash, when it came and when another took its place. So what a log that was
 * read to its end leaves over are the present records, and all the others are past versions that stand in the
 * history until a leaf says that retention removed them. Since a version is as old as its leaf, its times are
 * known, too. Where leaves lost their texts, or lists of changes their openings, nobody can tell any more
 * what they said: then what they may have said is no damage; what is younger than they are they did not say.
 * Kinds that keep no history are not looked at. */
#ifndef MAPAE_LEDGER_RECORDS_H
#define MAPAE_LEDGER_RECORDS_H

#include "store.h"

#include <mapae/json.h>

#define MP_HISTORY_PRUNE_ACTION "Mapae.Store/history/prune"

typedef struct mp_record_audit mp_record_audit;

MP_MUST_CHECK mp_code mp_record_audit_new(mp_record_audit **out, mp_store *store, mp_error *err);
void                  mp_record_audit_free(mp_record_audit *audit); /* NULL is fine */
/* One leaf after the other. `leaf` NULL: its text is gone; `openings` NULL: nothing that it seals is kept. */
MP_MUST_CHECK mp_code mp_record_audit_leaf(mp_record_audit *audit, uint64_t index, mp_ticks at, const mp_json *leaf,
                                           const mp_json *openings, mp_error *err);
/* Then the records, of the snapshot that the leaves were read from. *records: versions that the log tells of.
 * Fails with MP_DAMAGED (names the record, or the leaf), MP_NOMEM, ... */
MP_MUST_CHECK mp_code mp_record_audit_end(uint64_t *records, mp_record_audit *audit, mp_tx *tx, mp_error *err);

#endif
