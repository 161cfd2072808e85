/* SPDX-License-Identifier: Apache-2.0 */
/* cited.h - a statement of fact with the place that it comes from. Private to catalog, but for the type.
 *
 *   {"id": "fee", "text": WORDS, "source": "guide", "place": WORDS, "inferred": true}
 *
 * `source` names one of the document's sources, {"id", "title": WORDS}. `inferred`: no sentence of the source
 * says so. */
#ifndef MAPAE_CATALOG_CITED_H
#define MAPAE_CATALOG_CITED_H

#include "catalog.h"
#include "jsonw.h"
#include "map.h"

typedef struct mp_cited {
    mp_str id; /* may be empty */
    mp_words text;
    mp_words source; /* its title */
    mp_words place;  /* where in it; may be empty */
    bool is_inferred;
} mp_cited;

/* What the readers of one document share. */
typedef struct mp_citing {
    mp_map sources; /* by id */
    mp_arena *arena;
} mp_citing;

/* `sources`, an array or NULL; to be freed whatever comes back. */
MP_MUST_CHECK mp_code mp_citing_read(mp_citing *out, const mp_json *sources, mp_arena *arena, mp_error *err);
void mp_citing_free(mp_citing *citing);

/* Fails with MP_FORMAT: no text, or a source that the document does not name. */
MP_MUST_CHECK mp_code mp_cited_read(mp_cited *out, const mp_json *json, const mp_citing *citing, mp_error *err);
/* The array that is a member of `object`; none where it is absent. */
MP_MUST_CHECK mp_code mp_cited_list(const mp_cited **out, size_t *count, const mp_json *object,
                                    const char *member, const mp_citing *citing, mp_error *err);
/* Names in an array of texts. */
MP_MUST_CHECK mp_code mp_names_read(const mp_str **out, size_t *count, const mp_json *object,
                                    const char *member, const mp_citing *citing, mp_error *err);

/* Its members, into an object that is open: "id", "text", "source" and "place" as words, "inferred". */
void mp_cited_put(mp_jsonw *w, const mp_cited *cited);
/* A member that is an array of them. */
void mp_cited_put_list(mp_jsonw *w, const char *name, const mp_cited *list, size_t count);

#endif
