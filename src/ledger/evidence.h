/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - files that prove something, addressed by their SHA-256, kept compressed below FOLDER/evidence/.
 *
 * The bytes are on disk before the record and its leaf are written, so nothing acknowledged can be missing;
 * bytes that no record names are removed by mp_evidence_prune. The same bytes twice are one file with two
 * records. */
#ifndef MAPAE_EVIDENCE_H
#define MAPAE_EVIDENCE_H

#include "ledger.h"
#include "records.h"

/* Records: title, description, mediaType, sha256, sizeBytes, links[], takenAt, collectedAt, keepUntil,
 * hold[{id, by, since, reason}], source, collectedBy; kind ("document", "log", "verdicts"), owner, every (how long it
 * is fresh: a period of clock.h, "once", "change"), validFrom, validUntil; and of what it is, for good: fileName, scope
 * (the place of the cloud whose rights it is read by; none: the installation), facts (an object: how it was
 * collected). takenAt is the time of the write that made it; collectedAt is what somebody says, and how long it is kept
 * is not counted from it. */
extern const mp_kind mp_evidence_kind;

/* How long a record is kept when nobody says: days from takenAt. Records of access (source "access") may not
 * be kept for less than a year: MP_PARAMETER. */
#define MP_EVIDENCE_KEEP_DAYS 400
#define MP_EVIDENCE_KEEP_ACCESS_DAYS 366

#define MP_EVIDENCE_MAX ((uint64_t)4 << 30) /* bytes of one file */

/* Where an upload goes. Bytes are hashed and compressed as they come. */
typedef struct mp_evidence_sink mp_evidence_sink;
MP_MUST_CHECK mp_code mp_evidence_begin(mp_evidence_sink **out, mp_store *store, mp_error *err);
MP_MUST_CHECK mp_code mp_evidence_write(mp_evidence_sink *sink, mp_str bytes, mp_error *err);
/* The file is in place and on disk; hex of its SHA-256. */
MP_MUST_CHECK mp_code mp_evidence_end(char sha256[65], uint64_t *size, mp_evidence_sink *sink, mp_error *err);
void                  mp_evidence_abandon(mp_evidence_sink *sink); /* frees in any case; NULL is fine */

/* Read the bytes again, checked against their hash while they are read: `each` gets them piece by piece.
 * Fails with MP_MISSING, MP_DAMAGED (also at the end: use what was got only after MP_OK), and what `each`
 * gives. */
MP_MUST_CHECK mp_code mp_evidence_read(mp_store *store, mp_str sha256,
                                       mp_code (*each)(void *ctx, mp_str bytes, mp_error *err), void *ctx,
                                       mp_error *err);

/* Within a write: make or replace. `body` needs title, mediaType, sha256 (of a finished upload); what it may
 * have beside is named above, and filled in where it lacks; sizeBytes, takenAt and hold are ours and stay
 * what they are. Replacing may not change sha256 and not shorten keepUntil: MP_CONFLICT. Fails with
 * MP_PARAMETER, MP_MISSING (no such upload), ... */
MP_MUST_CHECK mp_code mp_evidence_put(mp_record *out, mp_tx *tx, mp_str key, const mp_json *body, mp_error *err);
/* Within a write: a legal hold, `by` whom, from now on; the same id again changes the reason only. And its
 * end. Fail with MP_PARAMETER, MP_LIMIT, MP_MISSING. */
MP_MUST_CHECK mp_code mp_evidence_hold(mp_record *out, mp_tx *tx, mp_str key, mp_str id, mp_str by, mp_str reason,
                                       mp_error *err);
MP_MUST_CHECK mp_code mp_evidence_release(mp_record *out, mp_tx *tx, mp_str key, mp_str id, mp_error *err);
/* Delete the record. Fails with MP_CONFLICT before keepUntil and under a legal hold. */
MP_MUST_CHECK mp_code mp_evidence_delete(mp_tx *tx, mp_str key, int64_t expected, mp_error *err);
/* Remove files that no record names, a day after they came. */
MP_MUST_CHECK mp_code mp_evidence_prune(int64_t *removed, mp_store *store, mp_ticks now, mp_error *err);
/* What was read: records, their files (one may be of several), bytes; and records whose file is not what they say. */
typedef struct mp_evidence_checked {
    uint64_t records, files, bytes, wrong;
} mp_evidence_checked;
/* `why`: MP_DAMAGED (other bytes, or another size), MP_MISSING, MP_IO. What it fails with ends the check. */
typedef mp_code (*mp_evidence_wrong_fn)(void *ctx, const mp_record *record, const mp_error *why, mp_error *err);
/* Read every record's file and compare it with its hash and size; `wrong` (may be NULL) hears of each record that does
 * not hold, in the order of hashes. Writing goes on meanwhile: a record that was deleted since holds. */
MP_MUST_CHECK mp_code mp_evidence_verify(mp_evidence_checked *out, mp_store *store, mp_evidence_wrong_fn wrong, void *ctx,
                                         mp_error *err);

#endif
