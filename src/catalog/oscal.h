/* SPDX-License-Identifier: Apache-2.0 */
/* oscal.h - what the models of OSCAL have in common: tokens, properties, parts, texts. Private to catalog. */
#ifndef MAPAE_CATALOG_OSCAL_H
#define MAPAE_CATALOG_OSCAL_H

#include "catalog.h"

/* The array of a member; NULL when it is absent. Fails with MP_FORMAT when it is something else. */
MP_MUST_CHECK mp_code mp_oscal_array(const mp_json **out, const mp_json *object, const char *member, mp_error *err);
/* {"document": {...}}: the object below that name, with uuid, metadata and a version of OSCAL that is read here. */
MP_MUST_CHECK mp_code mp_oscal_root(const mp_json **out, const mp_json *document, const char *name, mp_error *err);
/* Letters, digits, '.', '-' and '_', the first a letter or '_' (datatype token). */
bool mp_oscal_is_token(mp_str s);

/* The value of a property; `ns` and `class` NULL: of none. Empty when there is none. */
mp_str mp_oscal_property(const mp_json *object, const char *name, const char *ns, const char *class_);
/* {"ko", "en"} */
mp_words mp_oscal_words(const mp_json *object);
/* Its title in both languages. */
mp_words mp_oscal_title(const mp_json *object);
/* The parts `statement`, in both languages, with their items and with parameters as their values or [labels]. */
MP_MUST_CHECK mp_code mp_oscal_statement(mp_words *out, const mp_json *control, mp_arena *arena, mp_error *err);

#endif
