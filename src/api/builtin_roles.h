/* SPDX-License-Identifier: Apache-2.0 */
/* builtin_roles.h - roles that are a table of the program, shown like those that are records. Private to api. */
#ifndef MAPAE_API_BUILTIN_ROLES_H
#define MAPAE_API_BUILTIN_ROLES_H

#include "listing.h"
#include "rbac.h"

/* NULL when memory is short. */
const mp_json *mp_builtin_role_json(const mp_builtin_role *role, mp_lang lang, mp_arena *arena);
/* All roles: the built-in ones first, then records; pages go from one to the other. */
MP_MUST_CHECK mp_code mp_list_roles(mp_app *app, mp_http_request *request, mp_http_response *response, mp_error *err);

#endif
