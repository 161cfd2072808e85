/* SPDX-License-Identifier: Apache-2.0 */
/* arm_internal.h - what the files of this room share beside arm.h. */
#ifndef MAPAE_ARM_INTERNAL_H
#define MAPAE_ARM_INTERNAL_H

#include "arm.h"
#include "jsonw.h"
#include "map.h"
#include "time_put.h"

extern const mp_arm_route mp_arm_resource_graph[];
extern const mp_arm_route mp_arm_subscriptions[], mp_arm_providers[], mp_arm_groups[], mp_arm_generic[],
    mp_arm_resource_lists[], mp_arm_tags[], mp_arm_management_groups[], mp_arm_locks[], mp_arm_roles[],
    mp_arm_role_assignments[], mp_arm_graph[], mp_arm_operations[], mp_arm_policy[], mp_arm_policy_versions[],
    mp_arm_insights[], mp_arm_tracked[], mp_arm_policy_metadata[], mp_arm_remediations[], mp_arm_restrictions[],
    mp_arm_security[], mp_arm_deployments[];
extern const mp_kind mp_arm_subscription_tags_kind, mp_arm_deployment_operations_kind;

/* mp_route.ask and handler of all routes of this face. */
mp_code mp_arm_ask(void *app, mp_http_request *request, mp_str *action, mp_str *scope, mp_error *err);
mp_code mp_arm_handle(void *app, mp_http_request *request, mp_http_response *response, mp_error *err);
/* The place and the row of call->request->path, and what the guard is to ask. */
MP_MUST_CHECK mp_code mp_arm_find(mp_arm_call *call, mp_str *action, mp_str *scope, mp_error *err);
bool mp_arm_is_version(mp_str s);
/* NULL before mp_arm_ask() was there. */
static inline mp_arm_call *mp_arm_call_of(const mp_http_request *request) { return request->stream; }
/* "https://host:port" as the client calls us. */
mp_str mp_arm_base(const mp_app *app, const mp_http_request *request);

/* ---- types (arm_types.c) ---- */

typedef struct mp_arm_type {
    const char *space, *type; /* "Microsoft.Network", "virtualNetworks/subnets" */
    const char *versions;     /* newest first, apart by blanks */
    bool        is_located;   /* has a location */
} mp_arm_type;
const mp_arm_type *mp_arm_type_at(size_t index); /* those of one namespace together; NULL from the end on */
const mp_arm_type *mp_arm_type_find(mp_str type); /* without case; NULL: nobody knows it */
/* The type as providers spell it; as it came when nobody knows it. */
mp_str mp_arm_spelling(mp_str type, mp_arena *arena);
/* Lists over all types have what stands by itself or has a place of its own; the parts of things (subnets, rules,
 * settings) are in the lists of their types. */
bool mp_arm_is_listed(mp_str type);
extern const char mp_arm_versions[]; /* of types that nobody knows */

typedef struct mp_arm_region {
    const char *name, *display, *group; /* "koreacentral", "Korea Central", "Asia Pacific" */
} mp_arm_region;
const mp_arm_region *mp_arm_region_at(size_t index); /* NULL from the end on */

/* ---- the estate ---- */

typedef struct mp_arm_estate_list {
    mp_str      scope;    /* key */
    mp_str      type;     /* empty: any */
    const char *action;   /* to see one; NULL: TYPE/read */
    bool        is_whole; /* with properties */
} mp_arm_estate_list;
/* {"value", "nextLink"} by $filter, $top, $expand: what is there and the caller may see. */
MP_MUST_CHECK mp_code mp_arm_list_estate(mp_arm_call *call, const mp_arm_estate_list *what, mp_error *err);
/* Before a list: what it hangs on is there, if the caller may know. */
MP_MUST_CHECK mp_code mp_arm_check_readable(mp_arm_call *call, mp_error *err);
/* One resource. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_arm_item(mp_estate_item *out, mp_arm_call *call, mp_str key, mp_error *err);
/* GET and HEAD of what the call names: a resource, a group. */
MP_MUST_CHECK mp_code mp_arm_get_item(mp_arm_call *call, mp_error *err);

/* Within the write that takes a scope away: what its deployments gave out is not for who makes another one of its
 * name. Key of the scope. */
MP_MUST_CHECK mp_code mp_arm_forget_deployments(mp_tx *tx, mp_str scope, mp_error *err);

/* ---- small ones ---- */

mp_str         mp_arm_text(const mp_json *object, const char *member); /* folded name; empty when absent or no string */
const mp_json *mp_arm_member(const mp_json *object, const char *member);
void           mp_arm_put(mp_jsonw *w, const char *name, mp_str value);
mp_code        mp_arm_nomem(mp_error *err);
mp_str mp_arm_say(const mp_http_request *request, const char *id, const mp_str *args,
                  size_t count); /* a message; empty when memory is short */
mp_str         mp_arm_tenant(const mp_arm_call *call);
/* A body that lacks what is wanted. */
mp_code mp_arm_lacks(mp_arm_call *call, const char *member, mp_error *err);
/* The member systemData; `old` (may be NULL) has what was there before. */
void mp_arm_put_system_data(mp_jsonw *w, const mp_arm_call *call, const mp_json *old, mp_ticks now);
/* What reading a page gave: a continuation that is none is 400. */
MP_MUST_CHECK mp_code mp_arm_bad_token(mp_arm_call *call, mp_code code, mp_error *why, mp_error *err);
/* 409 ScopeLocked when a lock forbids it. */
MP_MUST_CHECK mp_code mp_arm_locked(mp_arm_call *call, const mp_place *place, bool is_delete, mp_error *err);
/* A record as it is; *is_there false: none. In the request's arena. */
MP_MUST_CHECK mp_code mp_arm_record(mp_record *out, bool *is_there, mp_arm_call *call, const mp_kind *kind,
                                    mp_str key, mp_error *err);
/* The subscriptions that the caller sees something of though he may not read them whole: GUIDs. */
MP_MUST_CHECK mp_code mp_arm_subscriptions_seen(const mp_str **out, size_t *count, mp_arm_call *call, mp_error *err);

#endif
