/* SPDX-License-Identifier: Apache-2.0 */
/* changes.h - verdicts of two moments side by side: what is newly non-compliant, mended, new, vanished.
 *
 * A verdict is followed by resource and check; a check that was made another (its assignment assigns another policy
 * now) is another one. Pages go on behind a pair, and cost what lies between, so memory and time of one stay bounded
 * however much changed. */
#ifndef MAPAE_COMPLIANCE_CHANGES_H
#define MAPAE_COMPLIANCE_CHANGES_H

#include "jsonw.h"
#include "records.h"
#include "state.h"

/* "newlyNonCompliant" (it was something else), "mended" (non-compliant to compliant), "new" (there was none),
 * "vanished" (there is none), "changed". Not applicable stands for none. */
mp_str mp_change_kind(mp_state from, mp_state to);
/* A member; null where the policy does not apply. */
void mp_change_put_state(mp_jsonw *w, const char *name, mp_state state);

typedef struct mp_changes_query {
    mp_ticks from, to;   /* 0: now */
    mp_str   scope;      /* key: it and what is below; empty: all */
    mp_str   assignment; /* key; empty: any */
    mp_str   kind;       /* as above; empty: any */
    mp_str   after;      /* mp_changes_page.next */
    uint32_t rows;       /* 0: 100; at most 1,000 */
} mp_changes_query;

typedef struct mp_changes_page {
    /* array of {"kind","resourceId","assignmentId","referenceId","definitionId","from","to"}; ids of policies in
     * lower case */
    const mp_json *value;
    uint64_t       counts[MP_STATE_COUNT][MP_STATE_COUNT]; /* of this page's rows: [from][to] */
    mp_str         next;  /* empty: that was all. A page may be short, even empty, before the end */
} mp_changes_page;

/* Within a read. Fails with MP_PARAMETER (from behind to, a continuation of another question), ... */
MP_MUST_CHECK mp_code mp_changes_between(mp_changes_page *out, mp_tx *tx, const mp_changes_query *query,
                                         mp_arena *arena, mp_error *err);

#endif
