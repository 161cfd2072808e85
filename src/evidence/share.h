/* SPDX-License-Identifier: Apache-2.0 */
/* share.h - what was shared with whom: records, stored policies, and the key that links are signed with.
 *
 * A share names pieces of evidence and the terms of its link. The link proves itself by its signature; the record is what
 * makes it end before its time: a share that is deleted opens nothing. A stored policy holds terms for many links, and
 * changes them all at once. A new key ends all links there are.
 *
 * Records: share {"evidence": [ids], "scopes": [where these belong, each once], "name", terms, "policy"?, "key", "by"}; policy {"name", terms}; terms are
 * "permissions", "from"?, "until"?, "addresses"?, "protocols"?. */
#ifndef MAPAE_SHARE_H
#define MAPAE_SHARE_H

#include "app.h"
#include "records.h"
#include "share_link.h"

#define MP_SHARE_PIECES_MAX 1000
#define MP_SHARE_DAYS_MAX 400 /* that a link may hold, from when it is made */

extern const mp_kind mp_share_kind, mp_share_policy_kind, mp_share_key_kind;

/* Within a write: make a share of this body ({"evidence", "name", "policy"?, terms}), and its link but for `share`'s path.
 * Fails with MP_PARAMETER (no end, or one too far; what the link and its policy both say), MP_MISSING (a piece, the
 * policy), MP_LIMIT. */
MP_MUST_CHECK mp_code mp_share_make(mp_record *out, mp_share_link *link, mp_tx *tx, mp_app *app, const mp_json *body,
                                    mp_str by, mp_error *err);
/* Within a write: all links there are end. */
MP_MUST_CHECK mp_code mp_share_key_renew(int64_t *number, mp_tx *tx, mp_app *app, mp_error *err);
/* Within a write; for mp_kept_as. */
MP_MUST_CHECK mp_code mp_share_policy_put(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body,
                                          int64_t expected, mp_error *err);

/* Within a read: does the link hold for this use? *out is the share. Fails with MP_DENIED, one sentence for everything that
 * whoever made the link up could learn from. */
MP_MUST_CHECK mp_code mp_share_open(mp_record *out, mp_tx *tx, mp_app *app, const mp_share_link *link,
                                    const mp_share_use *use, mp_arena *arena, mp_error *err);
/* Not within a read: may who made it still read all of it, and share it? Who lost the right, was suspended or is gone
 * shares nothing any more. Fails with MP_DENIED. */
MP_MUST_CHECK mp_code mp_share_check_maker(mp_app *app, const mp_record *share, mp_ticks now, mp_arena *arena,
                                           mp_error *err);
/* Where its pieces belong, one by one; empty from the end on. */
mp_str mp_share_scope(const mp_record *share, size_t index);
/* Is the piece one of the share's? */
bool mp_share_has(const mp_record *share, mp_str evidence);

#endif
