/* SPDX-License-Identifier: Apache-2.0 */
/* evidence_system.h - evidence as certificates want it: linked to controls, fresh, owned, kept, shared.
 *
 *   evidence_link.h   which control a piece answers: records
 *   evidence_links.h  the same in memory, and how every control stands
 *   evidence_due.h    who is to renew what by when
 *   share_link.h      links that open evidence to outsiders for a time: reading and signing
 *   share.h           what was shared: records, keys
 *
 * The files themselves, their hashes, retention and legal holds are the ledger's (evidence.h). */
#ifndef MAPAE_EVIDENCE_SYSTEM_H
#define MAPAE_EVIDENCE_SYSTEM_H

#include <pthread.h>

#include "evidence_links.h"
#include "followed.h"
#include "system.h"

/* What a statement is about. */
typedef struct mp_evidence_asked {
    const mp_frameworks *frameworks;
    const mp_framework  *framework;
    const mp_scheme     *scheme;  /* NULL: every control */
    mp_str               scope;   /* a place of the cloud; "/" for all; or */
    mp_str               measure; /* empty: none */
    mp_ticks             as_of;
} mp_evidence_asked;

/* What the room above knows, and this one needs: given by it when it opens, outlives the app. */
typedef struct mp_evidence_world {
    /* All frameworks that are held; `drop` gives them back. */
    mp_code (*take)(const mp_frameworks **out, mp_app *app, mp_error *err);
    void (*drop)(const mp_frameworks *frameworks);
    /* The places of the cloud that a measure is about: who may do something on all of them may do it for the measure.
     * Fails with MP_MISSING. NULL: there are no measures, and the installation is asked for. */
    mp_code (*scopes)(const mp_str **out, size_t *count, mp_app *app, mp_str measure, mp_ticks as_of,
                      mp_arena *arena, mp_error *err);
    /* Within a write: is the measure still of these places? Fails with MP_CONFLICT, also when it is gone. NULL as above. */
    mp_code (*still)(mp_tx *tx, mp_str measure, const mp_str *scopes, size_t count, mp_error *err);
    /* How the controls of a framework stand as of a date, as a JSON document that says nothing of when it was made.
     * NULL: nobody works that out. */
    mp_code (*statement)(const mp_json **out, mp_app *app, const mp_evidence_asked *asked, mp_arena *arena,
                         mp_error *err);
    /* Fails with MP_MISSING: there is no measure of this name; and with the names that may have been meant, of those that who asks
     * may read. NULL: there are no measures. */
    mp_code (*none)(mp_app *app, mp_http_request *request, mp_str measure, mp_error *err);
} mp_evidence_world;

typedef struct mp_evidence_room {
    mp_app                  *app;
    const mp_evidence_world *world;
    /* the view of now; made by the first who asks after a change */
    pthread_mutex_t          lock; /* of `current` */
    const mp_evidence_view  *current;
    mp_followed             *followed;
    /* the frameworks that come with Mapae, when no room above knows more; read when first asked for */
    pthread_mutex_t          builtin_lock;
    mp_arena                 builtin_arena;
    mp_frameworks            builtin;
    bool                     has_builtin;
    /* of the thread of jobs */
    mp_ticks                 swept_at, reminded_at;
} mp_evidence_room;

extern const mp_system mp_evidence_system;
static inline mp_evidence_room *mp_evidence_of(const mp_app *app) { return mp_app_state(app, &mp_evidence_system); }

/* To be called by the room above, once, when it opens. */
void mp_evidence_know(mp_app *app, const mp_evidence_world *world);

/* All frameworks, to be dropped. */
MP_MUST_CHECK mp_code mp_evidence_frameworks(const mp_frameworks **out, mp_app *app, mp_error *err);
void                  mp_evidence_frameworks_drop(mp_app *app, const mp_frameworks *frameworks);

#endif
