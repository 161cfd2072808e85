/* SPDX-License-Identifier: Apache-2.0 */
/* builtin_frameworks.h - the frameworks that come with Mapae: content/catalog, within the program. */
#ifndef MAPAE_CATALOG_BUILTIN_FRAMEWORKS_H
#define MAPAE_CATALOG_BUILTIN_FRAMEWORKS_H

#include "frameworks.h"

/* Their documents, for who reads them together with others: `json` of each is in the arena. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_builtin_documents(const mp_catalog_document **out, size_t *count, mp_arena *arena, mp_error *err);
/* The frameworks of these documents alone. */
MP_MUST_CHECK mp_code mp_builtin_frameworks(mp_frameworks *out, mp_arena *arena, mp_error *err);

#endif
