/* SPDX-License-Identifier: Apache-2.0 */
/* resource.h - one resource document in normal form: what it is, apart from how it arrived. */
#ifndef MAPAE_RESOURCE_H
#define MAPAE_RESOURCE_H

#include <mapae/json.h>

MP_API_BEGIN

/* Whether there is such a resource, as far as its document tells. */
typedef enum mp_presence {
    MP_PRESENT,
    MP_GONE, /* it was deleted, or a plan deletes it: the document names it and says little else */
    MP_PAST, /* the document is a state that another one followed */
} mp_presence;

/* Everything is borrowed: from the document, or from the arena given to whoever filled it.
 * A slice whose `ptr` is NULL is absent (not the same as empty). Names keep the case in which they
 * were written; compare them without case. */
typedef struct mp_resource {
    const mp_json *doc;      /* the document; ARM-shaped for cloud resources (docs/inventory.md) */
    mp_str         id;       /* cleaned: one leading slash, no empty segment, no trailing slash */
    mp_str         type;     /* "Microsoft.Sql/servers/databases": from the id where the document's own
                              * is absent or wrong */
    mp_str         name;     /* the leaf */
    mp_str         full_name; /* "server1/db1": all names of the id after the provider */
    mp_str         location;  /* as written */
    mp_str         kind;
    mp_str         subscription_id;
    mp_str         resource_group; /* its name */
    mp_str         scope;     /* id of what contains it: the parent resource, the resource an extension
                               * stands on, the resource group, the subscription */
    const mp_json *tags;      /* object, or NULL */
    const mp_json *identity;  /* object, or NULL */
    mp_presence    presence;  /* only what is MP_PRESENT is judged */
} mp_resource;

MP_API_END
#endif
