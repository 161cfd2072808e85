/* SPDX-License-Identifier: Apache-2.0 */
/* item.h - one record as an answer, and the versions that a change names. Private to api.
 *
 * What is shown of a record is its body and its version; the ETag is the version. */
#ifndef MAPAE_API_ITEM_H
#define MAPAE_API_ITEM_H

#include "names.h"

/* Add what is shown of `record` as a value. */
void mp_item_write(mp_jsonw *w, const mp_record *record, const mp_json *body);
/* Status, ETag, body. */
MP_MUST_CHECK mp_code mp_item_respond(mp_http_request *request, mp_http_response *response, unsigned status,
                                      const mp_record *record, mp_error *err);
/* GET of one: as it is, or was at ?asOf; 304 when If-None-Match names its version. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_item_get(mp_app *app, mp_http_request *request, mp_http_response *response,
                                  const mp_kind *kind, mp_str key, mp_error *err);
/* The same with names. */
MP_MUST_CHECK mp_code mp_item_get_named(mp_app *app, mp_http_request *request, mp_http_response *response,
                                        const mp_kind *kind, mp_str key, mp_named_fn named, mp_error *err);
/* The record, in the request's arena. `as_of` 0: now. */
MP_MUST_CHECK mp_code mp_item_read(mp_record *out, mp_app *app, mp_http_request *request, const mp_kind *kind,
                                   mp_str key, mp_ticks as_of, mp_error *err);

/* ---- changes ---- */

/* What a function within a write is given, and gives back. */
typedef struct mp_change {
    mp_app          *app;
    mp_http_request *request;
    const void      *as;     /* the table row of what is changed; the route's own */
    mp_str           id;     /* of what is changed */
    mp_record        out;    /* what stands there then, in the request's arena; beforehand what a handler read */
    mp_str           text, other_text; /* what is shown once: a secret, a link */
    mp_named_fn      named;  /* names for the answer; NULL: none */
    uint64_t         count;
    bool             is_new;
} mp_change;

/* One kind of record as routes make and replace it: one of the two functions. */
typedef struct mp_kept_as {
    const mp_kind *kind;
    mp_code (*put)(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body, int64_t expected,
                   mp_error *err);
    mp_code (*put_by)(mp_record *out, mp_access *access, mp_tx *tx, mp_str id, const mp_json *body, int64_t expected,
                      const mp_who *by, mp_error *err);
    const char *path; /* of a list; what is made has its place behind it: for Location */
    mp_named_fn named; /* names for the answer; NULL: none */
} mp_kept_as;

/* The place of what was made: `path` and "/KEY". */
MP_MUST_CHECK mp_code mp_respond_location(mp_http_request *request, mp_http_response *response, const char *path,
                                          mp_str key, mp_error *err);
/* POST: make one, 201 with Location. */
MP_MUST_CHECK mp_code mp_item_create(mp_app *app, mp_http_request *request, mp_http_response *response,
                                     const mp_kept_as *as, mp_error *err);
/* PUT: replace it; with If-None-Match: * make it under this key, 201. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_item_replace(mp_app *app, mp_http_request *request, mp_http_response *response,
                                      const mp_kept_as *as, mp_str key, mp_error *err);
/* The same for what was decided about as it stood then: fails with MP_CONFLICT when it is another version
 * now. Of a record without a version (there was none) nothing is asked. */
MP_MUST_CHECK mp_code mp_item_replace_seen(mp_app *app, mp_http_request *request, mp_http_response *response,
                                           const mp_kept_as *as, mp_str key, const mp_record *seen, mp_error *err);
/* Any other change of one record: `fn` gets an mp_change with id, and the record is the answer when `fn` sets
 * change->out. */
MP_MUST_CHECK mp_code mp_item_change(mp_app *app, mp_http_request *request, mp_http_response *response, mp_tx_fn fn,
                                     mp_change *change, mp_error *err);
/* Read change->out anew within the write, and keep it: what a function changed that gives no record. */
MP_MUST_CHECK mp_code mp_item_keep(mp_change *change, mp_tx *tx, const mp_kind *kind, mp_error *err);

/* Within a write, before the change: do the request's If-Match and If-None-Match hold? *expected is for the
 * function that changes. Fails with MP_CONFLICT, MP_EXISTS, and with MP_MISSING when a version is wanted of
 * what is not there. */
MP_MUST_CHECK mp_code mp_item_expect(int64_t *expected, mp_tx *tx, mp_http_request *request, const mp_kind *kind,
                                     mp_str key, mp_error *err);

/* The key in a path's {id}: GUIDs in lower case. Fails with MP_MISSING when it is none. */
MP_MUST_CHECK mp_code mp_item_guid(mp_str *out, const mp_http_request *request, const char *name, mp_error *err);

/* The key in a path's {name} of what people name themselves: in lower case. */
MP_MUST_CHECK mp_code mp_item_name(mp_str *out, const mp_http_request *request, const char *name, mp_error *err);

/* An object whose members are texts, as an answer. */
MP_MUST_CHECK mp_code mp_respond_texts(mp_http_request *request, mp_http_response *response, unsigned status,
                                       const mp_pair *members, size_t count, mp_error *err);


#endif
