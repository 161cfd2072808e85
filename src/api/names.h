/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - what the ids in an answer are called: people, groups, programs and roles. Private to api.
 *
 * Names are not kept with what refers to them: they are looked up when it is shown, as they are, or were at ?asOf,
 * and are no part of its version. Only display names are told, and of people none that is an e-mail address, unless
 * he who asks may read people anyway. */
#ifndef MAPAE_API_NAMES_H
#define MAPAE_API_NAMES_H

#include "guard.h"
#include "records.h"

/* Records that an answer shows: puts others in the place of their bodies, with names, in the request's arena. */
typedef mp_code (*mp_named_fn)(mp_app *app, mp_http_request *request, mp_record *records, size_t count, mp_error *err);

/* Of assignments: principalName and roleName, for whoever may read the assignment. */
MP_MUST_CHECK mp_code mp_name_assignments(mp_app *app, mp_http_request *request, mp_record *records, size_t count,
                                          mp_error *err);
/* Of groups: memberNames, [{principalId, principalType, principalName}] in the order of members. The name is there
 * for whoever may read assignments, or what is named. */
MP_MUST_CHECK mp_code mp_name_members(mp_app *app, mp_http_request *request, mp_record *records, size_t count,
                                      mp_error *err);

#endif
