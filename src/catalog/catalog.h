/* SPDX-License-Identifier: Apache-2.0 */
/* catalog.h - a framework: what is demanded, control by control, as an OSCAL catalogue says it.
 *
 * The document stays what it is: a catalogue here is an index over it, and what it says beyond this is still in `json`.
 * OSCAL has one language. A Korean text stands beside the English one as a property `title`, or a part `statement`, of
 * the namespace MP_OSCAL_NS and class "ko"; a document of others has what it has, and the other language is empty.
 *
 * Source: NIST OSCAL 1.1, catalog model. */
#ifndef MAPAE_CATALOG_H
#define MAPAE_CATALOG_H

#include "arena.h"

#define MP_OSCAL_NS "urn:mapae:oscal"
#define MP_NO_GROUP SIZE_MAX

enum { MP_CATALOG_CONTROLS = 20000, MP_CATALOG_DEPTH = 16 };

/* A text in both languages; either may be empty. */
typedef struct mp_words {
    mp_str ko, en;
} mp_words;
/* In one of them: the other where that one is empty. */
static inline mp_str mp_words_in(mp_words words, bool korean)
{
    return (korean && words.ko.len) || !words.en.len ? words.ko : words.en;
}

typedef struct mp_control {
    mp_str   id;        /* token of OSCAL, one in its catalogue: "csap-1.1.1" */
    mp_str   label;     /* as the framework writes it: "1.1.1"; the id where none is given */
    mp_words title;
    mp_words statement; /* with its items, parameters filled in */
    size_t   group;     /* innermost; MP_NO_GROUP: in none */
    size_t   parent;    /* the control that this one belongs to; MP_NO_GROUP: none */
    bool     is_withdrawn;
    const mp_json *json;
} mp_control;

typedef struct mp_control_group {
    mp_str   id, label; /* either may be empty */
    mp_words title;
    size_t   parent;       /* MP_NO_GROUP: at the top */
    size_t   first, count; /* its controls, those of groups within it included: they stand together */
    const mp_json *json;
} mp_control_group;

typedef struct mp_catalog {
    mp_str   uuid, version;
    mp_words title;
    const mp_control       *controls; /* in the document's order */
    size_t                  control_count;
    const mp_control_group *groups;
    size_t                  group_count;
    const mp_control *const *by_id; /* sorted */
    const mp_json          *json;   /* the value of "catalog" */
} mp_catalog;

/* `document` is {"catalog": {...}}; it and the arena outlive `out`. Fails with MP_FORMAT (what is missing or wrong, and of
 * which control; an id twice), MP_LIMIT, MP_UNSUPPORTED (a major version of OSCAL other than 1), MP_NOMEM. */
MP_MUST_CHECK mp_code mp_catalog_read(mp_catalog *out, const mp_json *document, mp_arena *arena, mp_error *err);

/* By id, exactly as written; NULL: there is none. */
const mp_control *mp_catalog_find(const mp_catalog *catalog, mp_str id);

/* One control of OSCAL by itself: all but group and parent. */
MP_MUST_CHECK mp_code mp_control_read(mp_control *out, const mp_json *json, mp_arena *arena, mp_error *err);
/* The value of its property of that name in MP_OSCAL_NS, or empty. */
mp_str mp_control_property(const mp_control *control, const char *name);

#endif
