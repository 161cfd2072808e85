/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_file.h - bytes in FOLDER/evidence/ab/HEX.zst, named by their SHA-256.
 *
 * A file is zstd, and behind the frame stands one that decoders skip (RFC 8878, 3.1.2) with the length of
 * what is inside: 8 bytes, the lowest first. So a reader knows when to stop, whatever the compressed bytes
 * say. */
#ifndef MAPAE_LEDGER_EVIDENCE_FILE_H
#define MAPAE_LEDGER_EVIDENCE_FILE_H

#include "clock.h"

typedef mp_code (*mp_bytes_fn)(void *ctx, mp_str bytes, mp_error *err);

typedef struct mp_evidence_sink mp_evidence_sink; /* as in evidence.h, for a folder */

MP_MUST_CHECK mp_code mp_evidence_file_begin(mp_evidence_sink **out, const char *folder, mp_error *err);
/* What `sha256` (64 hex digits, lower case) names, read and checked. `*size` (may be NULL): bytes. Fails as
 * mp_evidence_read does. */
MP_MUST_CHECK mp_code mp_evidence_file_read(uint64_t *size, const char *folder, mp_str sha256, mp_bytes_fn each,
                                            void *ctx, mp_error *err);
/* It is there, and how long it says that it is: a look at its end. Fails with MP_MISSING, MP_DAMAGED. */
MP_MUST_CHECK mp_code mp_evidence_file_size(uint64_t *size, const char *folder, mp_str sha256, mp_error *err);
/* 64 digits, lower case. */
bool mp_is_sha256_hex(mp_str s);

/* Every file that came before `before`: uploads that were never finished are removed; for each finished one
 * `is_orphan` is asked, and when it says so the file goes, unless the same bytes came again meanwhile. */
typedef mp_code (*mp_orphan_fn)(bool *is_orphan, void *ctx, mp_str sha256, mp_error *err);
MP_MUST_CHECK mp_code mp_evidence_file_sweep(int64_t *removed, const char *folder, mp_ticks before,
                                             mp_orphan_fn is_orphan, void *ctx, mp_error *err);

#endif
