/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - what is measured: an edition of a framework, and the part of the cloud that it is asked of.
 *
 * A record of kind "measure"; its key is its name, in lower case. It keeps the edition that it was made with: a
 * newer one counts only when somebody names it. It may inherit from another measure of the same edition, its
 * provider's: what the provider answers for stands there (control_score.h). Whoever may do something at all of
 * its scopes may do it to the measure. */
#ifndef MAPAE_CONTROLS_MEASURE_H
#define MAPAE_CONTROLS_MEASURE_H

#include "controls.h"

extern const mp_kind mp_measure_kind;

enum {
    MP_MEASURE_SCOPES = 200,
    MP_MEASURE_NAME = 60,
    MP_MEASURE_LEVELS = 8 /* that inherit, one from the other */
};

typedef struct mp_measure {
    mp_str name;              /* its key */
    mp_str title;             /* may be empty, like all that follow */
    mp_str framework, scheme; /* ids; scheme empty: all controls */
    mp_str service, environment, owner;
    mp_str inherits;      /* name of another */
    bool is_shared;       /* others may inherit from it without the right to read it */
    const mp_str *scopes; /* keys (estate.h); at least one */
    size_t scope_count;
    int64_t version; /* of the record */
} mp_measure;

/* As the record has it; borrowed from it and the arena. */
MP_MUST_CHECK mp_code mp_measure_of(mp_measure *out, const mp_record *record, mp_arena *arena, mp_error *err);
/* As it is, or was at `as_of`. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_measure_get(mp_measure *out, mp_tx *tx, mp_str name, mp_ticks as_of, mp_arena *arena,
                                     mp_error *err);
/* Edition and scheme by the names that people use. Fails with MP_MISSING. */
MP_MUST_CHECK mp_code mp_framework_asked(const mp_framework **framework, const mp_scheme **scheme,
                                         const mp_frameworks *all, mp_str name, mp_str scheme_name,
                                         mp_error *err);

/* May who asks do this at all scopes of the measure? */
bool mp_measure_may(mp_app *app, const mp_http_request *request, const char *action, const mp_measure *measure);
/* The measure of this name for who may do the route's action to it; an empty name: `out` is empty, and the
 * action is asked of everything. To who may not read it it is not there. Fails with MP_MISSING, MP_DENIED. */
MP_MUST_CHECK mp_code mp_measure_require(mp_measure *out, mp_app *app, mp_http_request *request, mp_str name,
                                         mp_ticks as_of, mp_error *err);
/* Within a write that says something of a measure: is it still the one that was asked about, with the same places and the same
 * edition? Of none (no scopes) nothing is asked. Fails with MP_CONFLICT, also when it is gone. */
MP_MUST_CHECK mp_code mp_measure_as_seen(mp_tx *tx, const mp_measure *seen, mp_error *err);
/* Fails with MP_CONFLICT: it is another one by now. */
mp_code mp_measure_changed(mp_str name, mp_error *err);
/* Fails with MP_MISSING, and with the names of those that who asks may read. `tx`: within this read or write; NULL: within none. */
MP_MUST_CHECK mp_code mp_measure_none(mp_app *app, mp_http_request *request, mp_tx *tx, mp_str name, mp_error *err);

#endif
