/* SPDX-License-Identifier: Apache-2.0 */
/* frameworks.h - all frameworks that are known, with their schemes, what answers their controls, and how they map to each other.
 *
 * They come as documents with names, as content/catalog has them:
 *
 *   FRAMEWORK/catalog.json          an OSCAL catalogue
 *   FRAMEWORK/SCHEME.profile.json   OSCAL profiles of it: "csap-2025-02/iaas.profile.json"
 *   FRAMEWORK/answers.json          answers.h; may be absent
 *   FRAMEWORK/certification.json    certification.h; may be absent
 *   mappings/NAME.json              mapping.h */
#ifndef MAPAE_CATALOG_FRAMEWORKS_H
#define MAPAE_CATALOG_FRAMEWORKS_H

#include "answers.h"
#include "certification.h"
#include "mapping.h"
#include "profile.h"

typedef struct mp_scheme {
    mp_str     id; /* "iaas" */
    mp_profile profile;
} mp_scheme;

typedef struct mp_framework {
    mp_str     id; /* "csap-2025-02" */
    mp_catalog catalog;
    mp_answers answers; /* one for each control, also where there is no such document: gaps then */
    mp_scheme *schemes; /* by id */
    size_t     scheme_count;
    bool       is_own; /* brought by somebody: it does not come with Mapae. Whoever puts them together says so */
    mp_certification certification;
} mp_framework;

typedef struct mp_frameworks {
    mp_framework  *of; /* by id */
    size_t         count;
    mp_mapping_of *mappings; /* by the name of their documents */
    size_t         mapping_count;
} mp_frameworks;

typedef struct mp_catalog_document {
    mp_str         name;
    const mp_json *json;
} mp_catalog_document;

/* Documents in any order; they and the arena outlive `out`. Fails as the readers do, with the document's name in front; with MP_REFERENCE when schemes or answers
 * stand without a catalogue; with MP_EXISTS when two documents have one name, or two catalogues one uuid. */
MP_MUST_CHECK mp_code mp_frameworks_read(mp_frameworks *out, const mp_catalog_document *documents, size_t count, mp_arena *arena, mp_error *err);

const mp_framework *mp_framework_find(const mp_frameworks *all, mp_str id);
const mp_scheme    *mp_scheme_find(const mp_framework *framework, mp_str id);
/* A control by what people call it: its label ("1.1.1", "A.5.1", without case), or its id. NULL: there is none. */
const mp_control *mp_framework_control(const mp_framework *framework, mp_str label);

/* A framework, and maybe a scheme of it, by what people call them: the id ("csap-2025-02"), the id without its edition for the newest
 * one ("csap", "iso-27001"), with a scheme behind it ("csap-2025-02-iaas", "csap-iaas", "csap/iaas"). Without case. *scheme is NULL
 * where none is said. False: there is none. */
bool mp_framework_named(const mp_framework **framework, const mp_scheme **scheme, const mp_frameworks *all, mp_str name);
/* Fails with `code`, and with the names that there are: the schemes of what the name begins with, else what comes with Mapae. */
MP_MUST_CHECK mp_code mp_framework_none(const mp_frameworks *all, mp_code code, mp_str name, mp_error *err);
/* mp_framework_control(), which fails with `code` when there is none. */
MP_MUST_CHECK mp_code mp_framework_has(const mp_control **control, const mp_framework *framework, mp_code code, mp_str label, mp_error *err);
/* What answers a control in another framework: lines of mappings, whichever way the document has them. */
typedef struct mp_counterpart {
    const mp_control *control; /* of the other framework */
    mp_relation       relation; /* of that to ours: MP_SUPERSET demands all that ours does, and more */
    bool              is_stated; /* by a source; else inferred */
    mp_words          note;
    size_t            mapping, line; /* where to go on: both 0 at first */
} mp_counterpart;
/* The next one in `other` of `ours`, a control of `framework`; false: there is none left. */
bool mp_counterpart_next(mp_counterpart *c, const mp_frameworks *all, const mp_framework *other,
                         const mp_framework *framework, const mp_control *ours);
/* Is there a mapping between the two? */
bool mp_frameworks_are_mapped(const mp_frameworks *all, const mp_framework *one, const mp_framework *other);

/* The id without its edition: what comes from the year on. */
mp_str mp_framework_family(mp_str id);

#endif
