/* SPDX-License-Identifier: Apache-2.0 */
/* reasons.h - why a verdict is, or was, what it is: every condition with what was found and what was wanted.
 *
 * No reason is stored. It is worked out anew from resource, policy, assignment, exemptions and surroundings as they
 * were at the date, and stands beside the verdict that was recorded. They say the same, but for the moment between a
 * change and its judgement. */
#ifndef MAPAE_COMPLIANCE_REASONS_H
#define MAPAE_COMPLIANCE_REASONS_H

#include "compliance.h"
#include "messages.h"

#define MP_REASONS_MOST 100 /* of one page */

typedef struct mp_reason_query {
    mp_str   resource;   /* key */
    mp_str   assignment; /* key; empty: all that say something of the resource */
    mp_str   policy;     /* of an initiative: reference id, or id or name of a definition, without case; empty: any */
    mp_ticks as_of;      /* 0: now */
    mp_str   after;      /* mp_reason_page.next */
    uint32_t limit;      /* 0: 20 */
    /* Pages for people too, as `mapae explain` prints them. */
    bool     with_text, has_color;
    mp_lang  lang;
    unsigned columns;    /* where lines are broken; 0: nowhere */
    /* key: of related resources that stand elsewhere nothing is told; empty: all are told of (mp_reason_reach) */
    mp_str   related_within;
    const mp_rulebook *beside;  /* mp_rulebook_asked.beside */
    bool     with_expressions; /* and "evaluatedExpressions", as Resource Manager words them */
} mp_reason_query;

typedef struct mp_reason_page {
    /* Array of
     * {"assignmentId","referenceId","definitionId","recorded":{"state","reason","detail","effect","since","until"?}|null,"agrees","explanation":{...}|null,"hasHidden"?,"text"?}.
     * Empty: nothing judges the resource. Of an assignment that was named, also checks that do not apply to it, and
     * why. */
    const mp_json *value;
    mp_str         next; /* empty: that was all */
} mp_reason_page;

/* Within a read. Fails with MP_MISSING (no such resource, or assignment, at that date), MP_NOMEM, ... */
MP_MUST_CHECK mp_code mp_reason_find(mp_reason_page *out, mp_tx *tx, const mp_reason_query *query, mp_arena *arena,
                                     mp_error *err);

/* For mp_reason_query.related_within: as far around the resource (a key) as who asks may read everything. Not within
 * a read or a write. Fails with MP_PARAMETER, MP_NOMEM. */
MP_MUST_CHECK mp_code mp_reason_reach(mp_str *out, mp_app *app, const mp_http_request *request, mp_str resource,
                                      mp_error *err);

#endif
