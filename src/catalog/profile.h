/* SPDX-License-Identifier: Apache-2.0 */
/* profile.h - a scheme: which controls of which catalogues count, and what they say there, as an OSCAL profile says it.
 *
 * Read are: import of catalogues and of other profiles; include-all, include-controls and exclude-controls by id and by
 * pattern ('*' and '?'), with-child-controls; modify with set-parameters and alters (adds, removes). Of `merge` nothing is
 * needed: controls keep the order and the groups of their catalogue.
 *
 * Source: NIST OSCAL 1.1, profile model and profile resolution. */
#ifndef MAPAE_CATALOG_PROFILE_H
#define MAPAE_CATALOG_PROFILE_H

#include "catalog.h"

/* A control that counts. */
typedef struct mp_selected {
    const mp_catalog *catalog;
    const mp_control *base;    /* as the catalogue has it */
    mp_control        control; /* as it is here: the same, unless the profile alters it */
    bool              is_altered;
} mp_selected;

typedef struct mp_profile {
    mp_str   uuid, version;
    mp_words title;
    mp_selected   *controls; /* of one catalogue after the other, each in its own order; none twice */
    size_t         count;
    const mp_json *json;
} mp_profile;

/* What an import refers to: exactly one of the two is given. */
typedef struct mp_imported {
    const mp_catalog *catalog;
    const mp_profile *profile;
} mp_imported;

typedef struct mp_profile_sources {
    /* `href` as the document writes it; of "#UUID" what its back matter links to. Fails with MP_REFERENCE when there is no
     * such document. Who reads profiles of profiles sees to it that none imports itself. */
    mp_code (*find)(void *ctx, mp_imported *out, mp_str href, mp_error *err);
    void *ctx;
} mp_profile_sources;

/* `document` is {"profile": {...}}; it, what it imports, and the arena outlive `out`. Fails with MP_FORMAT, MP_REFERENCE (an import, or a
 * control that is named and not there), MP_UNSUPPORTED, MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_profile_read(mp_profile *out, const mp_json *document, const mp_profile_sources *sources, mp_arena *arena, mp_error *err);

/* By the id of its control; NULL: it does not count here. */
const mp_selected *mp_profile_find(const mp_profile *profile, mp_str id);

#endif
