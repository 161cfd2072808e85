/* SPDX-License-Identifier: Apache-2.0 */
/* routes.h - the tables of this room, one for each file routes_NAME.c, and the words that they are written
 * in. Private to api.
 *
 * The id of a route's summary gives its name in the OpenAPI document: "api.users.list" is operation users_list. */
#ifndef MAPAE_API_ROUTES_H
#define MAPAE_API_ROUTES_H

#include "faces.h"
#include "item.h"
#include "listing.h"

#define API(method_, path_, action_, handler_, ...) \
    MP_ROUTE(method_, "/api/v1" path_, action_, handler_, .face = &mp_face_api, __VA_ARGS__)
#define PARAMS(array_) .params = (array_), .param_count = MP_COUNT(array_)

/* A shape of {"value": [...], "next", "count"}. */
#define MP_LIST_SHAPE(name_, of_)                                                                              \
    static const mp_property name_##_members[] = {                                                             \
        { "value", MP_TYPE_ARRAY, .is_required = true, .shape = &(of_), .max = 1000, .doc = "api.list.value" }, \
        { "next", MP_TYPE_STRING, .max = 4096, .doc = "api.list.next" },                                       \
        { "count", MP_TYPE_INTEGER, .max = INT64_MAX, .doc = "api.list.count" },                               \
    };                                                                                                         \
    static const mp_json_shape name_ = { .type = MP_TYPE_OBJECT, .doc = "api.list", MP_PROPERTIES(name_##_members) }

/* What every record has in answers. */
#define MP_RECORD_MEMBERS                                                                                          \
    { "id", MP_TYPE_STRING, .is_read_only = true, .doc = "api.member.id" },                                        \
    { "version", MP_TYPE_INTEGER, .is_read_only = true, .max = INT64_MAX, .doc = "api.member.version" },           \
    { "createdAt", MP_TYPE_TIME, .is_read_only = true, .doc = "api.member.createdAt" }

extern const mp_json_shape mp_shape_history; /* versions of a record (listing.c) */

/* GET of the versions of what has this path (routes_history.c has its kind). */
#define HISTORY(path_, action_, ...) \
    API(MP_GET, path_ "/history", action_, mp_get_history, PARAMS(mp_history_params), .answer = &mp_shape_history, __VA_ARGS__)
extern const mp_param mp_history_params[2];
mp_code mp_get_history(void *app, mp_http_request *request, mp_http_response *response, mp_error *err);

extern const mp_json_shape mp_shape_sessions; /* of a person (routes_users.c) */
MP_MUST_CHECK mp_code mp_respond_sessions(mp_app *app, mp_http_request *request, mp_http_response *response,
                                          mp_str user, mp_error *err);

extern const mp_route mp_routes_sign_in[10];
extern const mp_route mp_routes_me[12];
extern const mp_route mp_routes_users[13];
extern const mp_route mp_routes_groups[8];
extern const mp_route mp_routes_programs[10];
extern const mp_route mp_routes_roles[13];
extern const mp_route mp_routes_scopes[10];
extern const mp_route mp_routes_providers[6];
extern const mp_route mp_routes_ledger[14];
extern const mp_route mp_routes_evidence[8];
extern const mp_route mp_routes_system[9];
extern const mp_route mp_routes_oauth[13];
extern const mp_route mp_routes_pages[6];

#endif
