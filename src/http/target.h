/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - what a client wrote, taken apart: the target of a request, a form, percent-encoding. */
#ifndef MAPAE_HTTP_TARGET_H
#define MAPAE_HTTP_TARGET_H

#include "router.h"

#define MP_TARGET_BYTES 16384
#define MP_QUERY_PAIRS 100

/* Percent-decoded into the arena. Fails with MP_SYNTAX: a '%' without two hex digits, a control character, no
 * UTF-8. `plus` makes '+' a blank. `what` names it in the sentence. */
MP_MUST_CHECK mp_code mp_percent_decode(mp_str *out, mp_str s, bool plus, const char *what, mp_arena *arena,
                                        mp_error *err);

/* Of "/a//b%20c/": the decoded segments, and "/a/b c". Refused with MP_SYNTAX: what cannot be decoded,
 * segments "." and "..", also within a segment that holds encoded slashes. */
MP_MUST_CHECK mp_code mp_target_path(mp_str *path, mp_str **segments, size_t *count, mp_str raw, mp_arena *arena,
                                     mp_error *err);

/* "a=1&b=" as pairs, of a query or a form. Control characters are allowed in values where `is_form` (a text
 * of several lines), NUL never. */
MP_MUST_CHECK mp_code mp_target_pairs(const mp_pair **pairs, size_t *count, mp_str raw, bool is_form, mp_arena *arena,
                                      mp_error *err);

/* Split request->target: sets path and query; the segments are for the matcher. An absolute target
 * ("http://host/path", RFC 9112 3.2.2) is read like its path. Fails with MP_SYNTAX, MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_target_read(mp_str **segments, size_t *count, mp_http_request *request, mp_error *err);

/* A form as an object of strings. A name that stands twice is refused with MP_SYNTAX: two readers would take
 * different ones. */
MP_MUST_CHECK mp_code mp_form_read(const mp_json **out, mp_str body, mp_arena *arena, mp_error *err);

#endif
