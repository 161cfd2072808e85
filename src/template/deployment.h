/* SPDX-License-Identifier: Apache-2.0 */
/* deployment.h - an ARM deployment template worked out into the resources it asks for, one after the other.
 *
 *   mp_deployment *d = NULL;
 *   MP_TRY(mp_deployment_new(&d, template, parameters, &context, err));
 *   for (;;) {
 *       const mp_deployment_resource *r;
 *       MP_TRY(mp_deployment_next(&r, d, err));     in an order that dependsOn and reference() allow
 *       if (!r)
 *           break;
 *       ... PUT r->body to r->id, so that lookup() finds it when a later resource asks for it ...
 *   }
 *   MP_TRY(mp_deployment_outputs(&outputs, d, err));
 *
 * In a preview (validate, whatIf) nothing is PUT: what reference() cannot know yet stays the text of its
 * expression, "[reference('x').y]", and secure values are shown as asterisks. A preview finds every fault that
 * can be known before; run one through before the real thing.
 *
 * Every error begins with where: a JSON pointer into the deployment's properties, "/template/resources/0/name:"
 * or "/parameters/size:", as the subject of the sentence (its first subject_len bytes). What an expression
 * that reads a secure parameter fails on is not said.
 *
 * Pure: no clock, no network, no store; all that comes from outside is in the context. One thread at a time. */
#ifndef MAPAE_TEMPLATE_DEPLOYMENT_H
#define MAPAE_TEMPLATE_DEPLOYMENT_H

#include "arena.h"
#include "clock.h"

/* Microsoft Learn, "Azure Resource Manager template best practices", template limits. Beyond: MP_LIMIT. */
#define MP_TEMPLATE_PARAMETERS 256
#define MP_TEMPLATE_VARIABLES 512 /* 256 there; newer tools write more */
#define MP_TEMPLATE_RESOURCES 800 /* of one template, copies included */
#define MP_TEMPLATE_COPIES 800    /* of one loop */
#define MP_TEMPLATE_OUTPUTS 64
#define MP_TEMPLATE_EXPRESSION 24576 /* characters */
#define MP_TEMPLATE_NODES 1000000    /* JSON values of a template, and of its parameters */
/* Ours. */
#define MP_DEPLOYMENT_NESTING 10     /* deployments within deployments */
#define MP_DEPLOYMENT_RESOURCES 4000 /* of all nested templates together */
#define MP_DEPLOYMENT_DEPTH 128      /* containers within containers of a body; expressions within variables */
#define MP_DEPLOYMENT_STEPS 20000000 /* calls, and values made, of the whole deployment */
#define MP_DEPLOYMENT_MIB 256

typedef struct mp_deployment mp_deployment;

/* The document of resource `id` as GET would answer, in `*out`; NULL when there is none. It must live as long as
 * `arena` does, or be made in it. A failure ends mp_deployment_next(). */
typedef mp_code mp_deployment_lookup(const mp_json **out, void *user, mp_str id, mp_str api_version,
                                     mp_arena *arena, mp_error *err);
/* What POST `id`/`function` answers (listKeys, listSecrets...); NULL when nobody can tell. `input` may be NULL. */
typedef mp_code mp_deployment_list(const mp_json **out, void *user, mp_str id, mp_str function,
                                   mp_str api_version, const mp_json *input, mp_arena *arena, mp_error *err);

/* Everything is borrowed and must outlive the deployment. A document that is NULL is asked for with lookup() when
 * an expression wants it, and made up from the scope where nobody knows it. */
typedef struct mp_deployment_context {
    mp_str         scope;    /* "/subscriptions/S/resourceGroups/G", "/subscriptions/S",
                                "/providers/Microsoft.Management/managementGroups/M" or "" (the tenant) */
    mp_str         name;     /* of the deployment */
    mp_str         location; /* of the deployment; empty for a resource group's */
    mp_str         mode;     /* "Incremental" (also when empty) or "Complete": for deployment() */
    const mp_json *tenant, *management_group, *subscription, *resource_group; /* for the functions of these names */
    const mp_json *environment; /* NULL: the public cloud's */
    const mp_json *deployer;    /* {objectId, tenantId}; NULL: deployer() is an error */
    const mp_json *providers;   /* array, as GET S/providers has it under "value"; NULL: providers() is an error */
    mp_ticks       now;         /* for utcNow() */
    mp_str         seed;        /* for newGuid(): random bytes or text; the same seed gives the same GUIDs */
    uint32_t       steps;        /* that it may take; 0: MP_DEPLOYMENT_STEPS */
    bool           is_preview;
    mp_deployment_lookup *lookup; /* NULL: nothing exists */
    mp_deployment_list   *list;   /* NULL: nobody can tell */
    void                 *user;   /* for both */
} mp_deployment_context;

/* Borrowed: lives until the next call of mp_deployment_next(). */
typedef struct mp_deployment_resource {
    mp_str         id, type, name; /* type and name as the id has them: "Ns/type/child", "name/child" */
    mp_str         api_version;
    mp_str         pointer;    /* where the template asks for it: "/template/resources/0" */
    mp_str         deployment; /* id of the (nested) deployment that asks for it */
    const mp_json *body;       /* to PUT: location, tags, sku, kind, identity, plan, zones, properties...; no id, type, name */
    const mp_json *shown;      /* the same without secure values: for logs and pages. In a preview body is this too */
    const mp_str  *depends_on; /* ids */
    uint32_t       depends_on_count;
    bool           is_deployment; /* a nested deployment: its resources came before, body is its record */
    bool           has_unknown;   /* preview: the body holds what cannot be known yet, as the text of its expression */
    bool           is_unknown;    /* preview: a nested deployment that cannot be worked out yet; why: */
    mp_str         why;
} mp_deployment_resource;

/* Take `template` (an object, of mp_json_read()) apart, bind `parameters` ({name: {value}}; may be NULL) and put the
 * resources in order. Both are borrowed as the context is. `*out` is the caller's.
 * Fails with MP_SYNTAX (an expression), MP_COMPILE (a shape, an unknown function), MP_PARAMETER, MP_REFERENCE (what
 * dependsOn or reference() names is not there), MP_CONFLICT (two of one id; a cycle), MP_EVALUATION, MP_UNSUPPORTED
 * (templateLink, extensions), MP_LIMIT or MP_NOMEM. */
MP_MUST_CHECK mp_code mp_deployment_new(mp_deployment **out, const mp_json *template_json,
                                        const mp_json *parameters, const mp_deployment_context *context,
                                        mp_error *err);
void mp_deployment_free(mp_deployment *d); /* NULL is fine */

/* The next resource, NULL at the end. After a failure every call fails with MP_CONFLICT. */
MP_MUST_CHECK mp_code mp_deployment_next(const mp_deployment_resource **out, mp_deployment *d, mp_error *err);

/* After the end, {name: {type, value}}; secure ones have no value. Borrowed from `d`. Before the end MP_CONFLICT. */
MP_MUST_CHECK mp_code mp_deployment_outputs(const mp_json **out, mp_deployment *d, mp_error *err);
/* All parameters as they were bound, {name: {type, value}}; secure ones have no value. Borrowed from `d`. */
MP_MUST_CHECK mp_code mp_deployment_parameters(const mp_json **out, mp_deployment *d, mp_error *err);
/* The id of the deployment itself. Borrowed from `d`. */
mp_str mp_deployment_id(const mp_deployment *d);
/* A number that tells templates apart, as text: templateHash. Borrowed from `d`. */
mp_str mp_deployment_hash(const mp_deployment *d);

#endif
