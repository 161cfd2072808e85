/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes.h - what a Kubernetes API server asks about before it changes something. */
#ifndef MAPAE_INVENTORY_KUBERNETES_H
#define MAPAE_INVENTORY_KUBERNETES_H

#include <mapae/inventory.h>

/* request.object of an AdmissionReview as a resource (of another cloud: "/kubernetes/VERSION/KIND/NAMESPACE/NAME").
 * `review` and the arena must outlive it. Fails with MP_FORMAT (there is none, or it is no object of Kubernetes),
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_admission_read(mp_resource *out, const mp_json *review, struct mp_arena *arena, mp_error *err);

#endif
