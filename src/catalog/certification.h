/* SPDX-License-Identifier: Apache-2.0 */
/* certification.h - how one is certified by a framework, as its sources say: which scheme, what another
 * certificate replaces, what is due when, what it costs and how long it takes. Beside the catalogue, as
 * FRAMEWORK/certification.json:
 *
 *   {"certification": {"catalog": UUID, "sources": [{"id", "title": WORDS}],
 *     "applicability": {CITED, "by": "people"},
 *     "facts": [{CITED, "kind": "period" or "fee", "schemes": [ID]}],
 *     "finder": finder.h,
 *     "substitution": {"certificate": WORDS, "property", "count", "basis": CITED,
 *       "conditions": [CITED], "effects": [CITED]},
 *     "cycle": {"validity": PERIOD, "notes": [{CITED, "schemes"}], "events": [
 *       {CITED, "title": WORDS, "from": "issued" or "expires", "after": PERIOD, "before": PERIOD,
 *        "every": PERIOD, "times": N, "schemes": [ID]}]}}}
 *
 * CITED is that of cited.h: nothing is said here without its source, and what the source does not say is not
 * said. */
#ifndef MAPAE_CATALOG_CERTIFICATION_H
#define MAPAE_CATALOG_CERTIFICATION_H

#include "cited.h"
#include "finder.h"

struct mp_framework;

typedef struct mp_fact {
    mp_cited said;
    mp_str kind; /* may be empty */
    const mp_str *schemes;
    size_t scheme_count; /* 0: of all */
} mp_fact;

/* What a certificate of another kind replaces: the controls that carry `property` (mp_control_property). */
typedef struct mp_substitution {
    mp_words certificate;
    mp_str property; /* empty: nothing is replaced */
    size_t count;    /* how many the source names; a test compares */
    mp_cited basis;
    const mp_cited *conditions, *effects;
    size_t condition_count, effect_count;
} mp_substitution;

typedef struct mp_span {
    unsigned months, days;
} mp_span;

/* Something that is due: so long after the issue of a certificate, or so long before it expires; and again. */
typedef struct mp_due {
    mp_cited said;
    mp_words title;
    bool is_before_expiry;
    mp_span offset, every; /* every: 0 months and 0 days: once */
    unsigned times;        /* 0: as long as the certificate holds */
    const mp_str *schemes;
    size_t scheme_count;
} mp_due;

typedef struct mp_cycle {
    mp_span validity; /* 0 and 0: the sources do not say */
    const mp_due *events;
    size_t event_count;
    const mp_fact *notes;
    size_t note_count;
} mp_cycle;

typedef struct mp_certification {
    bool is_there; /* false: no document, and everything is empty */
    bool is_justified_by_people; /* that a control applies is decided control by control, and wants a reason */
    mp_cited applicability;      /* of that; its text is empty where nothing is said */
    const mp_fact *facts;
    size_t fact_count;
    const mp_finder *finder; /* NULL: none */
    mp_substitution substitution;
    mp_cycle cycle;
} mp_certification;

/* `framework` has its catalogue and all schemes; it, the document and the arena outlive `out`. Fails with
 * MP_FORMAT, MP_REFERENCE (another catalogue, a scheme that is not there), MP_LIMIT, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_certification_read(mp_certification *out, const mp_json *document,
                                            const struct mp_framework *framework, mp_arena *arena,
                                            mp_error *err);

/* Whether something that is said of these schemes is said of this one. An empty id: of the framework as a
 * whole, of which all is said. */
bool mp_said_of(const mp_str *schemes, size_t count, mp_str scheme);

#endif
