/* SPDX-License-Identifier: Apache-2.0 */
/* related.h - the resources that other resources' policies look for, by type and place.
 *
 * First filled, in input order; then closed; then asked by any number of threads. */
#ifndef MAPAE_SCAN_RELATED_H
#define MAPAE_SCAN_RELATED_H

#include "judge.h"

typedef struct mp_related_store mp_related_store;

MP_MUST_CHECK mp_code mp_related_store_new(mp_related_store **out, mp_error *err);
void                  mp_related_store_free(mp_related_store *store);

/* Keep a copy of `pack`, which must be detached (mp_pack_detach). `scope` is the id of what the resource stands
 * on. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_related_store_add(mp_related_store *store, const mp_related_type *type,
                                           mp_str id, mp_str scope, const mp_pack *pack, mp_error *err);
/* Keep a copy of the document of a resource group or subscription; of several of one id, the first. Fails with
 * MP_NOMEM. */
MP_MUST_CHECK mp_code mp_related_store_add_container(mp_related_store *store, mp_str id,
                                                     const mp_json *doc, mp_error *err);
/* Index what was added: once, before anything is asked. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_related_store_close(mp_related_store *store, mp_error *err);
/* To ask it; borrowed. */
mp_related mp_related_store_ask(const mp_related_store *store);
/* Memory held for resources, containers apart. */
size_t     mp_related_store_bytes(const mp_related_store *store);

#endif
