/* SPDX-License-Identifier: Apache-2.0 */
/* selector.h - read the scopes, selectors and overrides of assignments and exemptions.
 *
 * Microsoft Learn, "Azure Policy assignment structure". Faults go to the parsing's diagnostics; what is
 * read lives in its arena and borrows from its text. The questions that are asked of it are in check.h. */
#ifndef MAPAE_POLICY_SELECTOR_H
#define MAPAE_POLICY_SELECTOR_H

#include "check.h"
#include "definition.h"

#define MP_SELECTIONS_MAX 10      /* resourceSelectors of one assignment or exemption */
#define MP_SELECTORS_MAX 10       /* of one of them, or of an override */
#define MP_SELECTOR_VALUES_MAX 50 /* of "in" or "notIn" */
#define MP_OVERRIDES_MAX 10       /* of one assignment */
#define MP_NOT_SCOPES_MAX 400     /* of one assignment */

/* Each returns false after a diagnostic, or when memory is short (p->failed). A NULL or null `node` is an
 * empty list. */
bool mp_selections_parse(const mp_selection **out, uint32_t *count, mp_parsing *p, const mp_json *node);
/* Overrides of the effect and of the version as they are written: their selections may hold MP_SELECT_REFERENCE. */
bool mp_overrides_parse(const mp_override **out, uint32_t *count, mp_parsing *p, const mp_json *node);
/* An array of strings, `what` in messages; `limit` 0: none. */
bool mp_texts_parse(const mp_str **out, uint32_t *count, mp_parsing *p, const mp_json *node,
                    mp_str what, uint32_t limit);

/* The selector names `text`, compared without case (and blanks, when it is one of locations). */
bool mp_selector_names(const mp_selector *selector, mp_str text);

/* ---- scopes ---- */

/* An id or scope without the slashes at its ends. */
mp_str mp_scope_trim(mp_str scope);
/* What stands before /providers/TYPE/ in the id of an extension resource ("" when nothing does);
 * {NULL,0} when `id` is of no such type. */
mp_str mp_scope_of(mp_str id, mp_str type);
/* The same scope or id: without case and slashes at the ends. */
bool mp_scope_equal(mp_str a, mp_str b);
/* A management group: which subscriptions are below it cannot be told from ids. */
bool mp_scope_is_group(mp_str scope);

#endif
