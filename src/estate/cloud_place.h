/* SPDX-License-Identifier: Apache-2.0 */
/* cloud_place.h - where a resource of another cloud stands in the estate.
 *
 * Its account (of AWS), project (of Google and OpenStack) is a subscription here, whose GUID is made from the
 * account's own name: policies, rights and management groups hang on it as on any other. What says no account
 * (Kubernetes, Terraform, a mapping) stands in a subscription of the source that told of it. The id is made of the
 * type and the own id: the same resource has the same place, whoever reads it and when. Objects of a Kubernetes
 * namespace stand below it. */
#ifndef MAPAE_ESTATE_CLOUD_PLACE_H
#define MAPAE_ESTATE_CLOUD_PLACE_H

#include <mapae/resource.h>

#include "arena.h"

typedef struct mp_cloud_resource {
    /* as the readers give them: "arn:...", "//compute.googleapis.com/...", "/openstack/...", "/kubernetes/...",
     * "/terraform/...", "/hosts/NAME" */
    mp_str         id, type;
    const mp_json *document; /* in the readers' form */
    mp_str         source;
} mp_cloud_resource;

typedef struct mp_cloud_place {
    mp_str id;      /* for mp_place_of() */
    mp_str guid;    /* of the subscription */
    mp_str account; /* what it is called: "AWS 111122223333" */
} mp_cloud_place; /* in the arena */

/* It is an id that Azure Resource Manager could have given. */
bool mp_id_is_azure(mp_str id);
/* Fails with MP_FORMAT (no id, no type, or one that cannot stand in an id), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_cloud_place_of(mp_cloud_place *out, const mp_cloud_resource *resource, mp_arena *arena,
                                        mp_error *err);
/* What a reader gives as a document with id and type, and with name, location and tags where its own does not say
 * them (a Kubernetes object has none of these). In the arena; NULL when memory is short. */
const mp_json *mp_cloud_document(const mp_resource *resource, mp_arena *arena);

#endif
