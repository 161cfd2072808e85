/* SPDX-License-Identifier: Apache-2.0 */
/* certification_show.h - how one is certified, as plain JSON for answers, tables and forms. Each function
 * writes one object. */
#ifndef MAPAE_CATALOG_CERTIFICATION_SHOW_H
#define MAPAE_CATALOG_CERTIFICATION_SHOW_H

#include "frameworks.h"
#include "jsonw.h"

/* What the answers so far lead to, and why: {"kind": "finder", "framework", "outcome", "next", "reasons",
 * "schemes", "conditions", "questions"}. `framework` has a finder; `found` is what mp_finder_decide() said of
 * `answers`. */
void mp_found_show(mp_jsonw *w, const mp_framework *framework, const size_t *answers, const mp_found *found);

/* What a certificate of another kind replaces, control by control, and what is left: {"kind": "substitution",
 * "framework", "scheme", "certificate", "basis", "conditions", "effects", "facts", "totals", "groups", "rows",
 * "elsewhere"}. Of the whole catalogue where `scheme` is NULL. The framework has a substitution. */
void mp_substitution_show(mp_jsonw *w, const mp_framework *framework, const mp_scheme *scheme);

/* A member that is an array of those facts that are said of this scheme (empty: of all), with their "kind". */
void mp_facts_put(mp_jsonw *w, const char *name, const mp_fact *facts, size_t count, mp_str scheme);
/* Members "framework" and "scheme" (where there is one), each {"id", "title"}; "edition". */
void mp_framework_put(mp_jsonw *w, const mp_framework *framework, const mp_scheme *scheme);

#endif
