/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_rights.h - evidence belongs to a place of the cloud, or to the installation: who may do something there may do
 * it with the evidence. And how a piece is sent: as data, which no browser shows.
 *
 * The scope of such routes is "{evidence.scope}": it is known when the record is read. */
#ifndef MAPAE_API_EVIDENCE_RIGHTS_H
#define MAPAE_API_EVIDENCE_RIGHTS_H

#include "app.h"
#include "records.h"

/* The record of a piece, as it is or (`as_of` not 0) was, for whoever may do `action` (NULL: the route's own) where it
 * belongs. Fails with MP_DENIED; with MP_MISSING for whoever may do it at the installation. */
MP_MUST_CHECK mp_code mp_evidence_require(mp_record *out, mp_app *app, mp_http_request *request, const char *action,
                                          mp_str id, mp_ticks as_of, mp_error *err);

/* The file of a record, to be saved under the name that it came with. What was uploaded may be a page with a script, or
 * a picture that no decoder survives: it is never shown, guessed at, unpacked, kept by a cache or framed. Nothing of it is
 * sent before all of it has its hash. */
MP_MUST_CHECK mp_code mp_send_evidence(mp_app *app, mp_http_request *request, mp_http_response *response,
                                       const mp_record *record, mp_error *err);

/* Content-Disposition of a file to be saved (RFC 6266): a name for old readers in ASCII, and beside it as it is
 * (RFC 8187) where that is another. {NULL,0} when memory is short. */
mp_str mp_saved_as(mp_arena *arena, mp_str name);

#endif
