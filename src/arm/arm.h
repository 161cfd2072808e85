/* SPDX-License-Identifier: Apache-2.0 */
/* arm.h - the Azure-Resource-Manager-compatible face: the requests that az and the Azure SDKs send, answered as they want them (docs/arm.md).
 *
 * An ARM path is a scope, then "/providers/NAMESPACE/TYPE[/NAME[/TYPE/NAME...]]", and sometimes a verb; what it means depends on the type, which may stand on any scope. So
 * the routes of http are few (a path that ends in {rest...}) and this room has its own table: one row for each type, place and method. What no row names is a generic
 * resource. */
#ifndef MAPAE_ARM_H
#define MAPAE_ARM_H

#include "gate.h"
#include "guard.h"
#include "odata.h"
#include "rulebook.h"

extern const mp_system mp_arm_system;
extern const mp_face   mp_face_arm;

typedef struct mp_arm_route mp_arm_route;

typedef enum mp_arm_at {
    MP_ARM_LIST, /* .../TYPE */
    MP_ARM_ITEM, /* .../TYPE/NAME */
    MP_ARM_VERB, /* .../TYPE/NAME/VERB */
} mp_arm_at;

/* An error in ARM's words. */
typedef struct mp_arm_fault {
    unsigned       status;
    const char    *code;    /* "ResourceNotFound" */
    mp_str         message; /* instead of the sentence: one longer than an error holds; else empty */
    mp_str         target;  /* may be empty */
    const mp_json *details, *additional; /* arrays; may be NULL */
} mp_arm_fault;

/* Policy objects as they would be: what is tried may refer to them as if they were stored. */
typedef struct mp_arm_drafts {
    mp_rule_change *list;
    size_t          count, cap;
} mp_arm_drafts;

typedef struct mp_arm_call {
    mp_app           *app;
    mp_compliance    *compliance;
    mp_http_request  *request;
    mp_http_response *response;
    mp_place          scope;   /* what stands before the last "/providers/" */
    mp_arm_at         at;
    mp_str            type;    /* "Microsoft.Authorization/policyAssignments", in the table's spelling when a row has it */
    mp_str            name;    /* of the item; empty for a list */
    mp_str            names[8]; /* all of them, of child types */
    size_t            name_count;
    mp_str            verb;    /* "validate", in the table's spelling; empty: none */
    mp_place          place;   /* of the item; only when there is one; type in the spelling of `type` */
    mp_place          holder;  /* of a list: what it hangs on: the scope, or the parent of children */
    mp_str            api_version;
    const mp_json    *body;    /* NULL: none; an object */
    mp_str            client_base; /* "https://host:port" as the client calls us: for nextLink and Location */
    const mp_arm_route *route;
    mp_arm_fault      fault;   /* of mp_arm_fail() */
    mp_str            allow;   /* of 405 */
    /* Of a request within a request (mp_arm_within()): */
    bool              is_inner;
    bool              is_trial; /* everything but keeping it: what is written is taken back again */
    const mp_json    *answer;   /* that a client would have got; NULL: an empty one */
    mp_arm_drafts    *drafts;   /* of a trial: what was tried before it; may be NULL */
} mp_arm_call;

typedef mp_code (*mp_arm_handler)(mp_arm_call *call, mp_error *err);

enum { /* scopes, as bits */
    MP_ON_TENANT = 1, MP_ON_MANAGEMENT_GROUP = 2, MP_ON_SUBSCRIPTION = 4, MP_ON_GROUP = 8, MP_ON_RESOURCE = 16, MP_ON_ANY = 31
};

struct mp_arm_route {
    mp_method      method; /* MP_GET is asked for HEAD too: request->method tells */
    const char    *type;
    mp_arm_at      at;
    const char    *verb;   /* of MP_ARM_VERB */
    unsigned       scopes; /* that the type may stand on */
    mp_arm_handler handler;
    const char    *action; /* NULL: TYPE/read, TYPE/write, TYPE/delete, TYPE/VERB/action; MP_SIGNED_IN: the handler asks (mp_arm_require), or shows what may be seen */
    bool           is_lenient; /* the body of deployments (arm-api.md, section 7) */
    bool           wants_body; /* InvalidRequestContent without one */
    bool           is_unversioned; /* no api-version is wanted: Graph */
};

/* Tables of this room, one for each file arm_NAME.c; each ends with a row without a type. The list ends with NULL. */
extern const mp_arm_route *const mp_arm_tables[];

/* ---- answers ---- */

/* Keeps `fault` and fills `err`, so that the handler may return it: the face says it so. */
mp_code mp_arm_fail(mp_arm_call *call, const mp_arm_fault *fault, mp_error *err, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same where status and code are all. */
#define MP_ARM_FAIL(call_, status_, code_, err_, ...) mp_arm_fail((call_), &(mp_arm_fault){ .status = (status_), .code = (code_) }, (err_), __VA_ARGS__)

/* The same for a failure of a function below: its sentence stays. One that is ours (memory, the store) stays what it is. */
mp_code mp_arm_fault_as(mp_arm_call *call, unsigned status, const char *code, const mp_error *why, mp_error *err);

/* A list in pages: {"value": [...], "nextLink": ...}; `next` (opaque) becomes an absolute link to the same request with $skiptoken. */
MP_MUST_CHECK mp_code mp_arm_list(mp_arm_call *call, const mp_json *value, mp_str next, mp_error *err);
/* The link alone; {NULL,0} when memory is short. */
mp_str mp_arm_next_link(mp_arm_call *call, mp_str next);
MP_MUST_CHECK mp_code mp_arm_answer(mp_arm_call *call, unsigned status, const mp_json *body, mp_error *err);
/* Without a body: 204, and 200 where there is nothing to say. */
MP_MUST_CHECK mp_code mp_arm_answer_empty(mp_arm_call *call, unsigned status, mp_error *err);
/* $skiptoken, or empty; $top as the size of a page (`fallback` without it, at most 1,000); a name of the query, folded. */
mp_str mp_arm_skiptoken(const mp_arm_call *call);
MP_MUST_CHECK mp_code mp_arm_top(uint32_t *out, mp_arm_call *call, uint32_t fallback, mp_error *err);
/* $filter over these rows; NULL without one. Fails with 400 InvalidFilterInQueryString. */
MP_MUST_CHECK mp_code mp_arm_filter(const mp_filter **out, mp_arm_call *call, const mp_odata_table *table, mp_error *err);

/* ---- a request within a request (arm_within.c) ---- */

/* As if who asks had sent it himself: the same row of the tables, the same question about his rights, the same handler, and a leaf of its own for what it changes. */
typedef struct mp_arm_inner {
    mp_method      method;      /* PUT, GET, DELETE */
    mp_str         id;          /* of a place */
    mp_str         api_version; /* anything else than a version: that of the call around it */
    const mp_json *body;
    bool           is_trial;
    mp_arm_drafts *drafts;
    bool           only_asks;   /* for the right: no handler is called */
} mp_arm_inner;
/* *out is what came of it, also when it failed (fault); NULL only when memory was short. */
MP_MUST_CHECK mp_code mp_arm_within(mp_arm_call **out, mp_arm_call *around, const mp_arm_inner *what, mp_error *err);
/* That failure is the call's own: same status, code, sentence; also where a right was lacking. */
mp_code mp_arm_pass_on(mp_arm_call *call, mp_arm_call *inner, const mp_error *why, mp_error *err);
/* What a client would have been told: status, code, message, target, details. */
void mp_arm_told(mp_arm_fault *out, mp_arm_call *call, const mp_error *why);
/* Who asks may not do it. */
bool mp_arm_is_lacking(const mp_arm_call *call, mp_code code);

/* ---- the store ---- */

/* A change: mp_app_write() with what it is about named in the leaf. */
MP_MUST_CHECK mp_code mp_arm_write(mp_arm_call *call, mp_tx_fn fn, void *arg, mp_error *err);
MP_MUST_CHECK mp_code mp_arm_read(mp_arm_call *call, mp_tx_fn fn, void *arg, mp_error *err);
/* Must the caller have `action` on `scope` too? Fails with 403 AuthorizationFailed. */
MP_MUST_CHECK mp_code mp_arm_require(mp_arm_call *call, const char *action, mp_str scope, mp_error *err);
bool mp_arm_may(const mp_arm_call *call, const char *action, mp_str scope);
/* Who asks, as systemData, createdBy and the gate have it. */
void mp_arm_by(mp_str *id, mp_str *kind, const mp_arm_call *call);
/* Is what holds the scope there: subscription (404 SubscriptionNotFound; 409 of a disabled one, when something is to be written), resource group (404 ResourceGroupNotFound),
 * management group (404), resource (404 ResourceNotFound)? */
MP_MUST_CHECK mp_code mp_arm_check_scope(mp_arm_call *call, const mp_place *scope, bool is_write, mp_error *err);
/* The scopes above `scope`, itself first: keys; management groups included, "/" last. */
MP_MUST_CHECK mp_code mp_arm_above(const mp_str **out, size_t *count, mp_arm_call *call, const mp_place *scope, mp_error *err);

/* A change of a resource through the gate (gate.h). `also` (may be NULL) runs in the same write, behind it. Faults of the gate become those of ARM: RequestDisallowedByPolicy,
 * ScopeLocked, ResourceGroupNotFound, ... */
MP_MUST_CHECK mp_code mp_arm_gate(mp_gate_result *out, mp_arm_call *call, mp_gate_act act, const mp_place *place, const mp_json *body, mp_tx_fn also, void *also_arg,
                                  mp_error *err);

/* ---- what takes longer (arm-api, section 5) ---- */

/* arm-operation: {"id","scope","by","status","startTime","endTime","result","error"}; kept a day after its end. */
extern const mp_kind mp_arm_operation_kind;
/* Within a write. `status`: "InProgress", or how it ended already. `id` is made. */
MP_MUST_CHECK mp_code mp_arm_operation_begin(char id[37], const mp_arm_call *call, mp_tx *tx, const char *status, const mp_json *result, mp_error *err);
MP_MUST_CHECK mp_code mp_arm_operation_end(mp_tx *tx, mp_str id, const char *status, const mp_json *result, const mp_json *error, mp_error *err);
/* Where to ask for it, on the answer: Location (202 until it is done, then 200 with the result, or 204), Azure-AsyncOperation (its status); Retry-After. */
MP_MUST_CHECK mp_code mp_arm_location(mp_arm_call *call, mp_str id, mp_error *err);
MP_MUST_CHECK mp_code mp_arm_async(mp_arm_call *call, mp_str id, mp_error *err);

#endif
