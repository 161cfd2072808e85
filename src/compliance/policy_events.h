/* SPDX-License-Identifier: Apache-2.0 */
/* policy_events.h - what policy did about writes: every one that it refused, changed or took note of, as
 * Microsoft.PolicyInsights shows policy events.
 *
 * A row stands in a table of this file's own schema, written with the write itself, or, of one that was refused, by
 * itself. Rows are kept for MP_EVENT_DAYS. */
#ifndef MAPAE_COMPLIANCE_POLICY_EVENTS_H
#define MAPAE_COMPLIANCE_POLICY_EVENTS_H

#include "enforce.h"
#include "estate.h"
#include "rulebook.h"
#include "states.h"

#define MP_EVENT_DAYS 90

extern const mp_schema mp_event_schema;

/* Those of one write, in an arena. Begin with zeros. */
typedef struct mp_event mp_event;
typedef struct mp_events_of_write {
    mp_event *first, **last;
} mp_events_of_write;
/* What `done` says about the resource at `place`, whose document this is. Copied into the arena. Fails with MP_NOMEM. */
MP_MUST_CHECK mp_code mp_events_collect(mp_events_of_write *to, const mp_enforcement *done, const mp_rulebook *book,
                                        const mp_place *place, const mp_resource *resource, mp_arena *arena,
                                        mp_error *err);
/* Within a write. `by`: object id of who asked. */
MP_MUST_CHECK mp_code mp_events_store(mp_tx *tx, const mp_events_of_write *events, mp_str by, mp_error *err);
/* Those before `before`, at most `limit`, are forgotten; *removed counts them. */
MP_MUST_CHECK mp_code mp_events_forget(int64_t *removed, mp_tx *tx, mp_ticks before, uint32_t limit, mp_error *err);

/* As mp_states_rows(): newest first unless sorted; without dates those of a day. */
MP_MUST_CHECK mp_code mp_events_rows(mp_states_page *out, mp_tx *tx, const mp_states_query *query, mp_arena *arena,
                                     mp_error *err);

#endif
